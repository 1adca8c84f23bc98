import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ReplyOrder } from '../../../../src/main/gateway/reply-order.js';
import { WriteLog } from '../../../../src/main/gateway/write-log.js';
import { limits } from '../../../../src/shared/limits.js';
import type { BatchMessage, BatchOutcome } from '../../../../src/shared/messages.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const OK = Buffer.from('+OK\r\n');
const ZERO = Buffer.from(':0\r\n');
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function harness() {
  const sent: BatchMessage[] = [];
  let drained = 0;
  const log = new WriteLog(1_000, 5_000, { send: (message) => sent.push(message), delivered() {}, drained: () => drained++ });
  const client = () => {
    const state = { text: '' };
    const order = new ReplyOrder({ emit: (buffer, start, end) => (state.text += buffer.toString('latin1', start, end)) });
    return { state, order, write: (frame: string, reply = OK) => log.append(order, Buffer.from(frame), 0, frame.length, reply) };
  };
  const body = (message: BatchMessage): string => Buffer.from(message.body, 0, message.bodyBytes).toString();
  const outcome = ({ batch, body: bytes, lengths }: BatchMessage, error?: BatchOutcome['error']): BatchOutcome =>
    ({ batch, offset: error === undefined ? 10 : undefined, error, body: bytes, lengths });
  return { log, sent, client, body, outcome, drained: () => drained };
}

test('a lone write goes at the end of the turn, alone', async () => {
  const { sent, client, body } = harness();
  client().write('one');
  assert.equal(sent.length, 0);
  await turn();
  assert.equal(sent.length, 1);
  assert.equal(body(sent[0]), 'one');
  assert.deepEqual([sent[0].commands, new Uint8Array(sent[0].lengths)[0]], [1, 3]);
});

test('up to five are on their way; what comes meanwhile becomes one record', async () => {
  const { log, sent, client, body, outcome } = harness();
  const writer = client();
  for (let i = 0; i < limits.recordsInFlightMax; i++) {
    writer.write(`w${i}`);
    await turn();
  }
  assert.equal(sent.length, limits.recordsInFlightMax);
  for (const frame of ['a', 'b', 'c']) {
    writer.write(frame);
    await turn();
  }
  assert.equal(sent.length, limits.recordsInFlightMax);
  log.settle([outcome(sent[0])]);
  assert.equal(sent.length, limits.recordsInFlightMax + 1);
  assert.equal(body(sent[limits.recordsInFlightMax]), 'abc');
});

test('replies go out when the log has the batch, each client its own, mixed kinds in order', async () => {
  const { log, sent, client, outcome } = harness();
  const [a, b] = [client(), client()];
  a.write('1');
  b.write('2', ZERO);
  a.write('3', ZERO);
  a.write('4');
  a.write('5');
  await turn();
  assert.equal(a.state.text, '');
  log.settle([outcome(sent[0])]);
  assert.equal(a.state.text, '+OK\r\n:0\r\n+OK\r\n+OK\r\n');
  assert.equal(b.state.text, ':0\r\n');
  assert.equal(log.idle, true);
  assert.equal(log.queuedBytes, 0);
});

test('many equal replies come out complete', async () => {
  const { log, sent, client, outcome } = harness();
  const writer = client();
  for (let i = 0; i < 1_500; i++) writer.write('x');
  await turn();
  log.settle(sent.map((message) => outcome(message)));
  assert.equal(writer.state.text, '+OK\r\n'.repeat(1_500));
});

test('a failed batch answers each of its writes with the error, and no other', async () => {
  const { log, sent, client, outcome } = harness();
  const writer = client();
  writer.write('1');
  writer.write('2');
  await turn();
  writer.write('3');
  await turn();
  log.settle([outcome(sent[0], { code: 'PYLON_UNKNOWN', message: 'Kafka: timed out' }), outcome(sent[1])]);
  assert.equal(writer.state.text, '-PYLON_UNKNOWN Kafka: timed out; it may be in the log or not: read before you write again\r\n'.repeat(2) + '+OK\r\n');
});

test('a record holds no more than its target, but for a larger single command', async () => {
  const { sent, client } = harness();
  const writer = client();
  const large = 'L'.repeat(limits.recordBytesTarget + 1);
  writer.write('small');
  writer.write(large);
  writer.write('after');
  await turn();
  assert.deepEqual(sent.map(({ bodyBytes }) => bodyBytes), [5, large.length, 5]);
});

test('a record holds no more commands than its limit', async () => {
  const { sent, client } = harness();
  const writer = client();
  for (let i = 0; i < limits.recordCommandsMax + 1; i++) writer.write('x');
  await turn();
  assert.deepEqual(sent.map(({ commands }) => commands), [limits.recordCommandsMax, 1]);
});

test('beyond the limit of bytes it is full, until half has gone', async () => {
  const { log, sent, client, outcome, drained } = harness();
  const writer = client();
  const megabyte = 'M'.repeat(1 << 20);
  while (!log.full) writer.write(megabyte);
  assert.ok(log.queuedBytes > limits.writeQueueBytesMax);
  await turn();
  for (let at = 0; at < sent.length && log.full; at++) log.settle([outcome(sent[at])]);
  assert.equal(log.full, false);
  assert.ok(log.queuedBytes <= limits.writeQueueBytesMax / 2);
  assert.equal(drained(), 1);
});

test('what waited too long for a place is refused for sure, what is on its way is not touched', async () => {
  const { log, sent, client, outcome } = harness();
  const writer = client();
  for (let i = 0; i < limits.recordsInFlightMax; i++) {
    writer.write(`w${i}`);
    await turn();
  }
  writer.write('waits');
  await turn();
  log.expire(Date.now() + 500);
  assert.equal(sent.length, limits.recordsInFlightMax);
  log.settle([outcome(sent[0])]);
  assert.equal(sent.length, limits.recordsInFlightMax + 1, 'not late: sent when there was a place');
  writer.write('late');
  await turn();
  log.expire(Date.now() + 2_000);
  for (const message of sent.slice(1)) log.settle([outcome(message)]);
  const ok = '+OK\r\n'.repeat(limits.recordsInFlightMax + 1);
  assert.match(writer.state.text.slice(ok.length), /^-PYLON_NOT_LOGGED Kafka took no write for 1000 ms; [^\r]*\r\n$/);
  assert.equal(log.queuedBytes, 0);
});

test('an outcome of a batch that is not in flight is a bug that is noticed', () => {
  const { log } = harness();
  const stranger = { batch: 99, offset: 1, error: undefined, body: new ArrayBuffer(1), lengths: new ArrayBuffer(1) };
  assert.throws(() => log.settle([stranger]), /outcome is of a batch in flight/);
});

// Cause: a settled batch stayed the source of an idle connection's last segment, and kept the segments of all the others.
test('an idle connection keeps no other alive', async () => {
  const { log, sent, client, outcome } = harness();
  const idle = client();
  let gone: ReturnType<typeof client> | null = client();
  idle.write('1');
  gone.write('2');
  await turn();
  const order = new WeakRef(gone.order);
  gone = null;
  log.settle([outcome(sent[0])]);
  await turn(); // a WeakRef holds on until the turn is over
  collectGarbage();
  assert.equal(order.deref(), undefined);
  assert.equal(idle.state.text, '+OK\r\n');
});

test('a batch that is not late stays open while others wait: its buffer is not spent', async () => {
  const { log, sent, client } = harness();
  const writer = client();
  for (let i = 0; i <= limits.recordsInFlightMax; i++) {
    writer.write('x'.repeat(limits.recordBytesTarget));
    await turn();
  }
  writer.write('a');
  for (let i = 0; i < 3; i++) {
    log.expire(Date.now());
    writer.write('b');
  }
  log.settle(sent.map((message) => ({ batch: message.batch, offset: 1, error: undefined, body: message.body, lengths: message.lengths })));
  assert.deepEqual(sent.slice(limits.recordsInFlightMax).map(({ commands }) => commands), [1, 4]);
});
