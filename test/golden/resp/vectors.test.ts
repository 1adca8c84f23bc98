import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameArguments } from '../../../src/shared/resp/frame-arguments.js';
import { DEFAULT_REQUEST_LIMITS } from '../../../src/shared/resp/request-limits.js';
import { ReplyScanner } from '../../../src/shared/resp/scan-reply.js';
import { parseRequests } from '../../support/parse-requests.js';
import { BAD_REPLIES, REPLY_VECTORS } from './reply-vectors.js';
import { REQUEST_VECTORS, VECTOR_COMMAND_BYTES_MAX, type RequestVector } from './request-vectors.js';

const LIMITS = { ...DEFAULT_REQUEST_LIMITS, commandBytesMax: VECTOR_COMMAND_BYTES_MAX };
const args = new FrameArguments();

/** Whole, byte by byte, and cut once at every place. */
function* cuttings(length: number): Generator<number[]> {
  yield [length];
  yield Array.from({ length }, (_, i) => i + 1);
  for (let cut = 1; cut < length; cut++) yield [cut, length];
}

function checkRequest(vector: RequestVector, bytes: Buffer, cuts: number[], capacity: number): void {
  const parsed = parseRequests(bytes, cuts, LIMITS, capacity);
  const rows = parsed.frames.map((frame, row) => {
    if (parsed.commands[row] === 'too big') return 'too big';
    args.read(frame, 0, frame.length);
    return [parsed.commands[row], ...Array.from({ length: args.count - 1 }, (_, i) => args.text(i + 1))].join('|');
  });
  const where = `cut at ${cuts}, table of ${capacity}`;
  assert.deepEqual(rows, vector.rows, where);
  assert.equal(parsed.errorText, vector.error ?? '', where);
  assert.equal(parsed.unfinished, vector.unfinished ?? false, where);
  if (vector.flags !== undefined) assert.deepEqual(parsed.flags, vector.flags, where);
}

for (const vector of REQUEST_VECTORS) {
  test(`request: ${vector.name}`, () => {
    const bytes = Buffer.from(vector.bytes, 'latin1');
    for (const cuts of cuttings(bytes.length)) {
      checkRequest(vector, bytes, cuts, 8);
      checkRequest(vector, bytes, cuts, 1);
    }
  });
}

/** Ends of the replies found; `>` in front of those of pushes. */
function scanReplies(bytes: Buffer, cuts: number[], max: number): { ends: string[]; bad: boolean; idle: boolean } {
  const scanner = new ReplyScanner();
  const ends: string[] = [];
  let from = 0;
  for (const cut of cuts) {
    const chunk = Buffer.from(bytes.subarray(from, cut));
    for (let at = 0; at < chunk.length;) {
      const next = scanner.scan(chunk, at, chunk.length, max);
      if (scanner.bad) return { ends, bad: true, idle: false };
      assert.ok(next > at, 'no progress');
      if (scanner.push && scanner.idle) ends.push(`>${from + next}`);
      else if (scanner.done > 0 && max === 1) ends.push(String(from + next));
      else if (scanner.done > 0) ends.push(...Array<string>(scanner.done).fill('reply'));
      assert.ok(!scanner.push || scanner.done === 0);
      at = next;
    }
    from = cut;
  }
  return { ends, bad: false, idle: scanner.idle };
}

for (const vector of REPLY_VECTORS) {
  test(`reply: ${vector.name}`, () => {
    const bytes = Buffer.from(vector.replies.join(''), 'latin1');
    let end = 0;
    const expected = vector.replies.map((reply) => {
      end += reply.length;
      return reply.startsWith('>') ? `>${end}` : String(end);
    });
    for (const cuts of cuttings(bytes.length)) {
      assert.deepEqual(scanReplies(bytes, cuts, 1), { ends: expected, bad: false, idle: true }, `cut at ${cuts}`);
      const many = scanReplies(bytes, cuts, 1000);
      assert.equal(many.ends.length, expected.length, `cut at ${cuts}`);
      assert.deepEqual(many.ends.filter((found) => found !== 'reply'),
        expected.filter((found) => found.startsWith('>')));
    }
    for (let length = 1; length < bytes.length; length++) {
      const whole = expected.filter((found) => Number(found.replace('>', '')) <= length);
      const part = scanReplies(bytes.subarray(0, length), [length], 1);
      assert.deepEqual(part.ends, whole, `only ${length} bytes`);
      assert.equal(part.idle, whole.length > 0 && Number(whole.at(-1)!.replace('>', '')) === length);
    }
  });
}

test('bad replies are refused, however they are cut', () => {
  for (const reply of BAD_REPLIES) {
    const bytes = Buffer.from(reply, 'latin1');
    for (const cuts of cuttings(bytes.length)) {
      assert.ok(scanReplies(bytes, cuts, 1000).bad, `${JSON.stringify(reply)} cut at ${cuts}`);
    }
  }
});
