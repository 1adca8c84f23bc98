/**
 * Frozen forms: bytes that stand in logs and databases of running worlds. A change here is a new version of the form,
 * never an edit of a vector.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeFence, encodeFence } from '../../src/shared/fence-value.js';
import { makeIncarnation } from '../../src/shared/incarnation.js';
import { groupNames, topicNames } from '../../src/shared/topics.js';
import { appendVarint, decodeRecord, encodeBarrier, encodeCommands, recordKinds } from '../../src/shared/record.js';

const incarnation = makeIncarnation(0x0198_7654_3210, Buffer.from('a1b2c3d4e5f6', 'hex'));
const author = { rack: 'east', pylon: 'east-1', incarnation, batch: 7 };
const frames = ['*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n', '*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n'];
const body = Buffer.from(frames.join(''));
const lengths = Uint8Array.from(frames.map((frame) => frame.length));

// 'PY', version, kind, header length; msgpack array: 'east', 'east-1', bin 12, 7, bin lengths, bin flags; frames.
const commandsHex = [
  '50590101', '22000000', '96', 'a465617374', 'a6656173742d31', 'c40c019876543210a1b2c3d4e5f6', '07', 'c4021b15', 'c400',
  body.toString('hex'),
].join('');
const barrierHex = [
  '50590103', '1c000000', '94', 'a465617374', 'a6656173742d31', 'c40c019876543210a1b2c3d4e5f6', '07',
].join('');

test('incarnation: 6 bytes of time, 6 random, base64url', () => {
  assert.equal(incarnation, 'AZh2VDIQobLD1OX2');
});

test('record version 1, kind commands', () => {
  const bytes = encodeCommands(author, body, lengths, new Uint8Array(0));
  assert.equal(bytes.toString('hex'), commandsHex);
  const record = decodeRecord(bytes);
  assert.deepEqual(record, {
    kind: 'commands', ...author,
    frameEnds: Uint32Array.of(27, 48), frameFlags: Buffer.alloc(0), body,
  });
});

test('record version 1, kind barrier', () => {
  const bytes = encodeBarrier(author);
  assert.equal(bytes.toString('hex'), barrierHex);
  assert.deepEqual(decodeRecord(bytes), { kind: 'barrier', ...author });
});

test('numbers of the record kinds', () => {
  assert.deepEqual(recordKinds, {
    commands: 1, block: 2, barrier: 3, proposal: 4, vote: 5, tick: 6, epoch: 7, rule: 8, checkpoint: 9, worldLevel: 10,
    verify: 11,
  });
});

test('frame lengths are LEB128', () => {
  const target = new Uint8Array(5);
  for (const [value, hex] of [[1, '01'], [127, '7f'], [128, '8001'], [300, 'ac02'], [2 ** 31 - 1, 'ffffffff07']] as const) {
    const end = appendVarint(target, 0, value);
    assert.equal(Buffer.from(target.subarray(0, end)).toString('hex'), hex);
  }
});

test('fence value version 1', () => {
  const fence = {
    topicId: 'b1f0a4ce-0000-4000-8000-0123456789ab',
    next: { offset: 1234, index: 56 },
    logClockMs: 1_700_000_000_123,
    rewindOffset: undefined,
    runningHash: 0xbeef,
    incarnations: new Map([[incarnation, { batch: 7, clockMs: 1_700_000_000_000 }]]),
  };
  const text =
    'pylon-fence/1 b1f0a4ce-0000-4000-8000-0123456789ab 1234:56 1700000000123 - 0000beef AZh2VDIQobLD1OX2.7.loyw3v28';
  assert.equal(encodeFence(fence), text);
  assert.deepEqual(decodeFence(text), fence);
  const open = { ...fence, rewindOffset: 1200, incarnations: new Map() };
  assert.equal(
    encodeFence(open),
    'pylon-fence/1 b1f0a4ce-0000-4000-8000-0123456789ab 1234:56 1700000000123 1200 0000beef -',
  );
  assert.deepEqual(decodeFence(encodeFence(open)), open);
});

test('names of topics and consumer groups', () => {
  assert.equal(topicNames.log('w'), 'pylon.w.log');
  assert.equal(topicNames.members('w'), 'pylon.w.members');
  assert.equal(topicNames.world('w'), 'pylon.w.world');
  assert.equal(groupNames.rack('w', 'east'), 'pylon.w.east');
  assert.equal(groupNames.world('w'), 'pylon.w.world');
});
