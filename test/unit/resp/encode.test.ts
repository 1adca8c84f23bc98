import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  encodeArray, encodeBulk, encodeCommand, encodeError, encodeInteger, encodeMap, encodeNull, encodeNullArray,
    encodeSimple,
} from '../../../src/shared/resp/encode.js';
import { frameArguments, FrameArguments } from '../../../src/shared/resp/frame-arguments.js';
import { INT64_MAX, INT64_MIN, parseInteger } from '../../../src/shared/resp/integer.js';

test('commands', () => {
  assert.equal(encodeCommand('SET', Buffer.from('k'), 'é', '').toString(),
    '*4\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\né\r\n$0\r\n\r\n');
  for (const length of [0, 9, 10, 99, 100, 999, 1000, 99_999, 100_000]) {
    const frame = encodeCommand('x', 'y'.repeat(length));
    assert.equal(frame.toString(), `*2\r\n$1\r\nx\r\n$${length}\r\n${'y'.repeat(length)}\r\n`);
  }
});

test('replies', () => {
  assert.equal(encodeSimple('OK').toString(), '+OK\r\n');
  assert.equal(encodeError('ERR a\r\nb \xff').toString('latin1'), '-ERR a  b \xff\r\n');
  assert.equal(encodeInteger(-3n).toString(), ':-3\r\n');
  assert.equal(encodeBulk('é').toString(), '$2\r\né\r\n');
  assert.equal(encodeArray([encodeInteger(1), encodeBulk('')]).toString(), '*2\r\n:1\r\n$0\r\n\r\n');
  assert.equal(encodeMap([encodeBulk('a'), encodeInteger(1)], 3).toString(), '%1\r\n$1\r\na\r\n:1\r\n');
  assert.equal(encodeMap([encodeBulk('a'), encodeInteger(1)], 2).toString(), '*2\r\n$1\r\na\r\n:1\r\n');
  assert.equal(`${encodeNull()}${encodeNull(3)}${encodeNullArray()}${encodeNullArray(3)}`, '$-1\r\n_\r\n*-1\r\n_\r\n');
});

test('arguments of a frame', () => {
  const frame = Buffer.concat([Buffer.from('..'), encodeCommand('MSET', 'a', '', 'b', '\r\n'), Buffer.from('..')]);
  const out = new Int32Array(10);
  assert.equal(frameArguments(frame, 2, frame.length - 2, out), 5);
  const texts = Array.from({ length: 5 }, (_, i) => frame.toString('latin1', out[2 * i], out[2 * i + 1]));
  assert.deepEqual(texts, ['MSET', 'a', '', 'b', '\r\n']);
  const short = new Int32Array(4);
  assert.equal(frameArguments(frame, 2, frame.length - 2, short), 5, 'says how many there are');
  assert.deepEqual([...short], [...out.subarray(0, 4)]);
});

test('FrameArguments grows for a long frame and shrinks afterwards', () => {
  const args = new FrameArguments();
  const long = encodeCommand('DEL', ...Array.from({ length: 50_000 }, (_, i) => `k${i}`));
  args.read(long, 0, long.length);
  assert.equal(args.count, 50_001);
  assert.equal(args.text(50_000), 'k49999');
  const short = encodeCommand('GET', 'a');
  args.read(short, 0, short.length);
  assert.equal(args.text(1), 'a');
  assert.ok(args.bounds.length < 1000);
});

test('words are compared as C strings, whatever their case', () => {
  const frame = encodeCommand('x', 'Get', 'GET\0x', 'GETS', 'GE', 'get ', '');
  const args = new FrameArguments().read(frame, 0, frame.length);
  assert.deepEqual([1, 2, 3, 4, 5, 6].map((index) => args.is(index, 'get')), [true, true, false, false, false, false]);
});

test('integers are read as Redis reads them', () => {
  const read = (text: string): bigint | null => parseInteger(Buffer.from(text, 'latin1'), 0, text.length);
  for (const [text, value] of [['0', 0n], ['7', 7n], ['-1', -1n], ['10', 10n], [String(INT64_MAX), INT64_MAX],
    [String(INT64_MIN), INT64_MIN]] as const) {
    assert.equal(read(text), value);
  }
  for (const text of ['', '-', '-0', '00', '01', '+1', ' 1', '1 ', '1.0', 'a', '0x1', '1e1', '9223372036854775808',
    '-9223372036854775809', '1'.repeat(21), '1\0']) {
    assert.equal(read(text), null, JSON.stringify(text));
  }
});
