import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PylonError } from '../../../src/shared/errors.js';
import { makeIncarnation } from '../../../src/shared/incarnation.js';
import { appendVarint, decodeRecord, encodeCommands, frameFlags } from '../../../src/shared/record.js';

const author = { rack: 'r', pylon: 'p', incarnation: makeIncarnation(1, Buffer.alloc(6, 1)), batch: 1 };

function encode(frames: readonly Uint8Array[], flags = new Uint8Array(0)): Buffer {
  const lengths = new Uint8Array(frames.length * 5);
  let used = 0;
  for (const frame of frames) used = appendVarint(lengths, used, frame.length);
  return encodeCommands(author, Buffer.concat(frames), lengths.subarray(0, used), flags);
}

function code(value: Buffer): string {
  try {
    decodeRecord(value);
  } catch (error) {
    assert.ok(error instanceof PylonError, String(error));
    return error.code;
  }
  return 'none';
}

test('any frames come back as they were, with their bounds', () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { minLength: 1 }), (frames) => {
    const record = decodeRecord(encode(frames));
    assert.ok(record?.kind === 'commands');
    let start = 0;
    frames.forEach((frame, index) => {
      assert.deepEqual(Buffer.from(record.body.subarray(start, record.frameEnds[index])), Buffer.from(frame));
      start = record.frameEnds[index];
    });
    assert.equal(start, record.body.length);
  }));
});

test('authors come back as they were, whoever wrote the record before', () => {
  const authors = [1, 2, 1, 1, 3, 2].map((n) => ({ ...author, incarnation: makeIncarnation(n, Buffer.alloc(6, n)), batch: n }));
  const read = authors.map((one) => decodeRecord(encodeCommands(one, Buffer.alloc(0), new Uint8Array(0), new Uint8Array(0))));
  assert.deepEqual(read.map((record) => record?.incarnation), authors.map(({ incarnation }) => incarnation));
});

test('what does not carry the magic is not ours', () => {
  for (const value of [null, Buffer.alloc(0), Buffer.from('P'), Buffer.from('garbage'), Buffer.from('{"json":1}')]) {
    assert.equal(decodeRecord(value), undefined);
  }
});

test('a version, kind or flag from the future is unknown, not corrupt', () => {
  const good = encode([Buffer.from('x')]);
  const version = Buffer.from(good);
  version[2] = 2;
  assert.equal(code(version), 'PYLON_RECORD_UNKNOWN');
  for (const kind of [0, 2, 4, 11, 200]) {
    const other = Buffer.from(good);
    other[3] = kind;
    assert.equal(code(other), 'PYLON_RECORD_UNKNOWN');
  }
  assert.equal(code(encode([Buffer.from('x')], Uint8Array.of(0x80))), 'PYLON_RECORD_UNKNOWN');
  assert.equal(code(encode([Buffer.from('x')], Uint8Array.of(frameFlags.replyOwed))), 'none');
});

test('a damaged record is corrupt: cut off anywhere, or with lengths that do not add up', () => {
  const good = encode([Buffer.from('hello'), Buffer.from('world')]);
  for (let cut = 2; cut < good.length; cut++) {
    assert.equal(code(good.subarray(0, cut)), 'PYLON_RECORD_CORRUPT', `cut at ${cut}`);
  }
  assert.equal(code(Buffer.concat([good, Buffer.from('x')])), 'PYLON_RECORD_CORRUPT');
  assert.equal(code(encode([Buffer.alloc(0), Buffer.from('x')])), 'PYLON_RECORD_CORRUPT', 'empty frame');
  assert.equal(code(encode([Buffer.from('x')], Uint8Array.of(0, 0))), 'PYLON_RECORD_CORRUPT', 'flags do not match');
  const overlong = encodeCommands(author, Buffer.from('x'), Uint8Array.of(0x81, 0x80, 0x80, 0x80, 0x80, 0), new Uint8Array(0));
  assert.equal(code(overlong), 'PYLON_RECORD_CORRUPT', 'overlong varint');
});

test('no damage to a record is anything but a typed error or another record', () => {
  const good = encode([Buffer.from('hello'), Buffer.from('world')]);
  fc.assert(fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
    const damaged = Buffer.from(good);
    damaged[at] = byte;
    assert.match(code(damaged), /^(none|PYLON_RECORD_(UNKNOWN|CORRUPT))$/);
  }));
});
