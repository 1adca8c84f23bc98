import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OwedBatch, OwedReplyBook } from '../../../../src/main/gateway/owed-replies.js';
import { ReplyOrder } from '../../../../src/main/gateway/reply-order.js';
import type { OwedReplies } from '../../../../src/shared/messages.js';

const timeoutMs = 1_000;

function client() {
  const state = { text: '' };
  const order = new ReplyOrder({ emit: (buffer, start, end) => (state.text += buffer.toString('latin1', start, end)) });
  return { state, order };
}

/** A batch that owes `frames` replies to one client. */
function owing(order: ReplyOrder, ...frames: number[]): OwedBatch {
  const batch = new OwedBatch();
  for (const frame of frames) {
    const segment = order.open(batch);
    segment.awaited++;
    batch.add(frame, segment);
  }
  return batch;
}

function replies(...entries: [batch: number, frame: number, text: string][]): OwedReplies {
  let end = 0;
  return {
    pylon: 'p', incarnation: 'i',
    batches: Float64Array.from(entries, ([batch]) => batch),
    frames: Uint32Array.from(entries, ([, frame]) => frame),
    ends: Uint32Array.from(entries, ([, , text]) => (end += text.length)),
    bytes: Uint8Array.from(Buffer.from(entries.map(([, , text]) => text).join(''))),
  };
}

test('each reply finds its client, whether the log or the applier is heard first', () => {
  const [a, b] = [client(), client()];
  const book = new OwedReplyBook(timeoutMs);
  book.expect(1, owing(a.order, 0, 2));
  book.expect(2, owing(b.order, 5));
  book.logged(1, 100, 0);
  book.applied(replies([1, 0, ':1\r\n'], [1, 2, ':2\r\n'], [2, 5, '$1\r\nx\r\n']));
  book.logged(2, 101, 0);
  assert.equal(a.state.text, ':1\r\n:2\r\n');
  assert.equal(b.state.text, '$1\r\nx\r\n');
  assert.equal(book.isEmpty, true);
});

test('a record may be applied in several steps', () => {
  const { state, order } = client();
  const book = new OwedReplyBook(timeoutMs);
  book.expect(1, owing(order, 0, 1));
  book.applied(replies([1, 0, ':1\r\n']));
  assert.equal(state.text, ':1\r\n');
  book.applied(replies([1, 1, ':2\r\n']));
  assert.equal(state.text, ':1\r\n:2\r\n');
});

test('after a takeover, what stands before its position is told that its reply is lost, and where it is', () => {
  const { state, order } = client();
  const book = new OwedReplyBook(timeoutMs);
  book.expect(1, owing(order, 0, 3));
  book.expect(2, owing(order, 1));
  book.logged(1, 100, 0);
  book.lostBefore({ offset: 100, index: 2 });
  assert.match(state.text, /^-PYLON_NO_REPLY the write is in the log at 100:0, but it was applied, and its reply was lost;[^\r]*\r\n$/);
  book.applied(replies([1, 3, ':4\r\n']));
  assert.match(state.text, /\r\n:4\r\n$/, 'what stands behind it still gets its reply');
  book.lostBefore({ offset: 90, index: 0 });
  book.logged(2, 99, 0);
  assert.match(state.text, /in the log at 99:1/, 'also one of which the log is heard later');
  assert.equal(book.isEmpty, true);
});

test('a reply that is passed over is told as lost, in its place', () => {
  const { state, order } = client();
  const book = new OwedReplyBook(timeoutMs);
  book.expect(1, owing(order, 0, 1));
  book.applied(replies([1, 1, ':2\r\n']));
  assert.match(state.text, /^-PYLON_NO_REPLY [^\r]*\r\n:2\r\n$/);
});

test('time runs from the confirmation of the log; what comes later is dropped', () => {
  const { state, order } = client();
  const book = new OwedReplyBook(timeoutMs);
  book.expect(1, owing(order, 0));
  book.expire(1e9);
  assert.equal(state.text, '', 'not yet in the log');
  book.logged(1, 7, 5_000);
  book.expire(5_999);
  assert.equal(state.text, '');
  book.expire(6_000);
  assert.match(state.text, /^-PYLON_NO_REPLY the write is in the log at 7:0, but no reply of the rack's Redis has come within 1000 ms/);
  const told = state.text;
  book.applied(replies([1, 0, ':1\r\n']));
  assert.equal(state.text, told);
});

test('what is lost concerns what was on its way then: an odd position from long ago takes no later reply', () => {
  const { state, order } = client();
  const book = new OwedReplyBook(timeoutMs);
  book.lostBefore({ offset: Number.MAX_SAFE_INTEGER, index: 0 });
  book.expect(1, owing(order, 0));
  book.logged(1, 100, 0);
  book.applied(replies([1, 0, ':1\r\n']));
  assert.equal(state.text, ':1\r\n');
});

test('an empty reply stands for one that was too large', () => {
  const { state, order } = client();
  const book = new OwedReplyBook(timeoutMs);
  book.expect(1, owing(order, 0, 1));
  book.logged(1, 100, 0);
  book.applied(replies([1, 0, ''], [1, 1, ':2\r\n']));
  assert.match(state.text, /^-PYLON_NO_REPLY the write is in the log at 100:0, but [^\r]* too large[^\r]*\r\n:2\r\n$/);
});

test('a small reply that has to wait does not keep the large message that it came in', () => {
  const { state, order } = client();
  const blocker = order.open({ name: 'slow' });
  blocker.awaited++;
  const book = new OwedReplyBook(timeoutMs);
  book.expect(1, owing(order, 0));
  const message = replies([1, 0, ':1\r\n'], [9, 0, 'x'.repeat(100_000)]);
  book.applied(message);
  message.bytes.fill(0);
  order.deliver(blocker, Buffer.from('+A\r\n'), 0, 4, 1, null);
  assert.equal(state.text, '+A\r\n:1\r\n');
});

test('a Pylon that stops tells what the log has; of the rest it is not known', () => {
  const { state, order } = client();
  const book = new OwedReplyBook(timeoutMs);
  book.expect(1, owing(order, 0));
  book.expect(2, owing(order, 0));
  book.logged(1, 100, 0);
  book.giveUp();
  assert.match(state.text, /^-PYLON_NO_REPLY the write is in the log at 100:0, but this Pylon stops[^\r]*\r\n$/);
  book.applied(replies([1, 0, ':1\r\n']));
  book.applied(replies([2, 0, ':2\r\n']));
  assert.match(state.text, /^[^\r]*\r\n:2\r\n$/);
});

test('replies to strangers are dropped', () => {
  const book = new OwedReplyBook(timeoutMs);
  book.applied(replies([9, 0, ':1\r\n']));
  book.logged(9, 1, 0);
  assert.equal(book.isEmpty, true);
});

test('flags say which commands of the record are owed their replies', () => {
  assert.deepEqual([...owing(client().order, 1, 3).flags(5)], [0, 1, 0, 1, 0]);
});
