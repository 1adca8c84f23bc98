import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeReplies, decodeReply, RespError, type RespValue } from '../../../src/shared/resp/decode.js';
import { encodeArray, encodeBulk, encodeError, encodeInteger, encodeSimple } from '../../../src/shared/resp/encode.js';
import { replyEnd, ReplyScanner } from '../../../src/shared/resp/scan-reply.js';

interface HiredisReader {
  feed(bytes: Buffer): void;
  get(): unknown;
}
// A native module: when it is not built this file must fail, not pass for lack of an oracle.
const hiredis = createRequire(import.meta.url)('hiredis') as {
  Reader: new (options: { return_buffers: boolean }) => HiredisReader;
};

test('max is obeyed, and what is left over is found by the next scan', () => {
  const scanner = new ReplyScanner();
  const bytes = Buffer.from('+a\r\n:1\r\n$1\r\nx\r\n+b\r\n');
  assert.equal(scanner.scan(bytes, 0, bytes.length, 3), 15);
  assert.equal(scanner.done, 3);
  assert.equal(scanner.scan(bytes, 15, bytes.length, 3), bytes.length);
  assert.equal(scanner.done, 1);
});

test('a bulk of 100 MB announced in one chunk and skipped in many costs nothing', () => {
  const scanner = new ReplyScanner();
  const head = Buffer.from('$100000000\r\n');
  const body = Buffer.alloc(1_000_000);
  scanner.scan(head, 0, head.length, 1);
  for (let i = 0; i < 100; i++) scanner.scan(body, 0, body.length, 1);
  assert.equal(scanner.done, 0);
  const tail = Buffer.from('\r\n+OK\r\n');
  assert.equal(scanner.scan(tail, 0, tail.length, 1), 2);
  assert.equal(scanner.done, 1);
});

test('nesting a million deep neither recurses nor grows', () => {
  const scanner = new ReplyScanner();
  const bytes = Buffer.from(`${'*1\r\n'.repeat(1_000_000)}:1\r\n`);
  assert.equal(scanner.scan(bytes, 0, bytes.length, 1), bytes.length);
  assert.equal(scanner.done, 1);
});

test('counts that multiply beyond all measure are bad, not wrong', () => {
  const scanner = new ReplyScanner();
  const bytes = Buffer.from('*9999999999\r\n'.repeat(100_000));
  scanner.scan(bytes, 0, bytes.length, 1);
  assert.equal(scanner.bad, true);
});

test('the end of a reply, of each element of an EXEC reply as of the whole', () => {
  const elements = ['+OK\r\n', ':3\r\n', '$-1\r\n', '*2\r\n:1\r\n$1\r\nx\r\n', '-WRONGTYPE no\r\n', '*-1\r\n',
    '$0\r\n\r\n'];
  const head = `xx*${elements.length}\r\n`;
  const bytes = Buffer.from(`${head}${elements.join('')}+behind\r\n`);
  const end = replyEnd(bytes, 2, bytes.length);
  const found: string[] = [];
  for (let at = head.length; at < end; at = replyEnd(bytes, at, end)) {
    found.push(bytes.toString('latin1', at, replyEnd(bytes, at, end)));
  }
  assert.deepEqual(found, elements);
  assert.equal(replyEnd(Buffer.from('*2\r\n:1\r\n'), 0, 8), -1, 'cut off inside an element');
  assert.equal(replyEnd(Buffer.from('hello\r\n'), 0, 7), -1, 'not RESP');
});

test('decoded values', () => {
  const bytes = Buffer.from('+OK\r\n-ERR x\r\n:7\r\n$1\r\na\r\n$-1\r\n*2\r\n:1\r\n*0\r\n*-1\r\n'
    + '_\r\n#t\r\n,1.5\r\n,-inf\r\n'
    + '(12345678901234567890\r\n'
    + '%1\r\n+k\r\n:1\r\n=5\r\ntxt:a\r\n!3\r\nERR\r\n|1\r\n+a\r\n+b\r\n:9\r\n:9223372036854775807\r\n');
  const shown = (value: RespValue): unknown =>
    Buffer.isBuffer(value) ? `bulk ${value}` : value instanceof RespError ? `error ${value.message}`
      : Array.isArray(value) ? value.map(shown) : value;
  assert.deepEqual(decodeReplies(bytes).map(shown), ['OK', 'error ERR x', 7, 'bulk a', null, [1, []], null, null, true,
    1.5, -Infinity,
    12345678901234567890n, ['k', 1], 'bulk a', 'error ERR', 9, 9223372036854775807n]);
  assert.equal(decodeReply(Buffer.from('$3\r\nab')), null);
});

/** RESP2 replies nested as deep as hiredis goes. */
const leaf = fc.oneof(
  fc.stringMatching(/^[ -~]{0,20}$/).map(encodeSimple),
  fc.stringMatching(/^[ -~]{1,20}$/).map(encodeError),
  fc.integer().map(encodeInteger),
  fc.uint8Array({ maxLength: 50 }).map((bytes) => encodeBulk(Buffer.from(bytes))),
  fc.constantFrom('$-1\r\n', '*-1\r\n', '*0\r\n', '$0\r\n\r\n').map((text) => Buffer.from(text)),
);
const { reply } = fc.letrec<{ reply: Buffer }>((tie) => ({
  reply: fc.oneof({ depthSize: 'small', maxDepth: 6, withCrossShrink: true }, leaf, fc.array(tie('reply'),
    { maxLength: 5 }).map(encodeArray)),
}));

function hiredisCount(chunks: readonly Buffer[]): number[] {
  const reader = new hiredis.Reader({ return_buffers: true });
  let count = 0;
  return chunks.map((chunk) => {
    reader.feed(chunk);
    while (reader.get() !== undefined) count++;
    return count;
  });
}

test('fuzz: after each chunk as many replies are complete as hiredis finds', (t) => {
  const seed = Number(process.env.PYLON_TEST_SEED ?? Date.now() % 2 ** 31);
  t.diagnostic(`seed ${seed}`);
  let compared = 0;
  fc.assert(
    fc.property(fc.array(reply, { minLength: 1, maxLength: 10 }), fc.array(fc.nat(3000), { maxLength: 10 }), (replies,
      places) => {
      const bytes = Buffer.concat(replies);
      const cuts = [...new Set([...places.map((place) => place % bytes.length),
        bytes.length])].filter((cut) => cut > 0).sort((a, b) => a - b);
      const chunks = cuts.map((cut, i) => Buffer.from(bytes.subarray(i === 0 ? 0 : cuts[i - 1], cut)));
      const scanner = new ReplyScanner();
      let count = 0;
      const ours = chunks.map((chunk) => {
        for (let at = 0; at < chunk.length;) {
          at = scanner.scan(chunk, at, chunk.length, 3);
          assert.equal(scanner.bad, false);
          count += scanner.done;
        }
        return count;
      });
      assert.deepEqual(ours, hiredisCount(chunks));
      assert.equal(count, replies.length);
      assert.equal(scanner.idle, true);
      compared++;
    }),
    { seed, interruptAfterTimeLimit: 4_000, numRuns: 5_000 },
  );
  assert.ok(compared > 100, `only ${compared} runs`);
});
