import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { ReplyReader, type ReplyHandler } from '../../../src/workers/applier/reply-reader.js';

/** Writes down what it is told; an array's bytes as one checksum per cut. */
class Recorder implements ReplyHandler {
  readonly seen: string[] = [];
  expected = 0;
  cuts: number[] = [];
  #hash = 0;

  queuedExpected(): number {
    return this.expected;
  }
  queued(count: number): void {
    this.expected -= count;
    for (let i = 0; i < count; i++) this.seen.push('queued');
  }
  line(type: number, text: string): void {
    this.seen.push(String.fromCharCode(type) + text);
  }
  bulk(value: Buffer | undefined): void {
    this.seen.push(`$${value?.toString('latin1') ?? 'nil'}`);
  }
  arrayStart(count: number): void {
    this.seen.push(`*${count}`);
    this.#hash = 0;
  }
  arrayCut(): number {
    return this.cuts[0] ?? -1;
  }
  arrayBytes(chunk: Buffer, start: number, end: number, elements: number): void {
    this.#hash = crc32(chunk.subarray(start, end), this.#hash);
    if (elements !== this.cuts[0]) return;
    this.cuts.shift();
    this.seen.push(`cut ${elements} ${this.#hash}`);
    this.#hash = 0;
  }
  arrayError(index: number, text: string): void {
    this.seen.push(`error ${index} ${text}`);
  }
  arrayEnd(): void {
    this.seen.push(`end ${this.#hash}`);
  }
}

const elements = [
  ...['+OK\r\n', ':-12\r\n', '$5\r\na\r\nbc\r\n', '*2\r\n$1\r\nx\r\n*1\r\n:1\r\n'],
  ...['-WRONGTYPE no\r\n', '$-1\r\n', '*-1\r\n', '*0\r\n', '$0\r\n\r\n'],
];
const stream =
  '+OK\r\n$3\r\nabc\r\n$-1\r\n$0\r\n\r\n' +
  '+QUEUED\r\n'.repeat(70) +
  '-ERR no\r\n+QUEUED\r\n' +
  `*${elements.length}\r\n${elements.join('')}` +
  '*-1\r\n*0\r\n:7\r\n';

function read(pieces: readonly Buffer[]): string[] {
  const recorder = new Recorder();
  recorder.expected = 71;
  recorder.cuts = [3, 5];
  const reader = new ReplyReader(recorder);
  for (const piece of pieces) reader.push(piece);
  return recorder.seen;
}

const hash = (from: number, to: number): number => crc32(elements.slice(from, to).join(''));
const wanted = [
  ...['+OK', '$abc', '$nil', '$'],
  ...Array.from({ length: 70 }, () => 'queued'),
  ...['-ERR no', 'queued', '*9', `cut 3 ${hash(0, 3)}`],
  ...['error 4 WRONGTYPE no', `cut 5 ${hash(3, 5)}`, `end ${hash(5, 9)}`],
  ...['*-1', '*0', 'end 0', ':7'],
];

test('replies come out the same in one piece, byte by byte, and cut anywhere', () => {
  const bytes = Buffer.from(stream, 'latin1');
  assert.deepEqual(read([bytes]), wanted);
  assert.deepEqual(read([...bytes].map((byte) => Buffer.from([byte]))), wanted);
  for (let cut = 1; cut < bytes.length; cut++) {
    assert.deepEqual(read([bytes.subarray(0, cut), bytes.subarray(cut)]), wanted, `cut at ${cut}`);
  }
});

test('the buffer may be reused after each push', () => {
  const bytes = Buffer.from(stream, 'latin1');
  const shared = Buffer.alloc(7);
  const recorder = new Recorder();
  recorder.expected = 71;
  recorder.cuts = [3, 5];
  const reader = new ReplyReader(recorder);
  for (let at = 0; at < bytes.length; at += 7) {
    const length = bytes.copy(shared, 0, at, at + 7);
    reader.push(shared.subarray(0, length));
    shared.fill(0x58);
  }
  assert.deepEqual(recorder.seen, wanted);
});

for (const bad of ['_\r\n', '$x\r\n', '$99999999\r\n', '*1\r\n(3\r\n', '$\r\n']) {
  test(`what is not RESP2 ends the connection: ${JSON.stringify(bad)}`, () => {
    assert.throws(() => read([Buffer.from(bad)]), { code: 'PYLON_MISALIGNED' });
  });
}
