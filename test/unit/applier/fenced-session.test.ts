/**
 * The fence protocol, race by race: what Redis answers goes in, what is sent and what is reported comes out.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { encodeCommand } from '../../../src/shared/resp/encode.js';
import { fenceCommands } from '../../../src/workers/applier/fence-commands.js';
import { FencedSession } from '../../../src/workers/applier/fenced-session.js';
import type { SessionEvent } from '../../../src/workers/applier/session-events.js';
import type { Step } from '../../../src/workers/applier/step.js';
import { commandsValue, entry, fenceAt, newRack, queueOf, set, stepOf } from '../../support/apply-records.js';

const OK = '+OK\r\n';
const QUEUED = '+QUEUED\r\n';
const ABORTED = '*-1\r\n';
const bulk = (text: string | undefined): string => (text === undefined ? '$-1\r\n' : `$${text.length}\r\n${text}\r\n`);

const queue = queueOf(
  entry(0, commandsValue(1, [set('a', '1'), set('b', '2')])),
  entry(1, commandsValue(2, [set('c', '3'), encodeCommand('GET', 'poison'), set('d', '4')])),
);
const first = stepOf(queue, newRack, { commands: 2, bytes: 1 << 20 });
const second = stepOf(queue, first.after);

const session = (): FencedSession => new FencedSession(fenceCommands);
const feed = (to: FencedSession, ...replies: readonly string[]): SessionEvent[] =>
  to.receive(Buffer.from(replies.join('')));
const sent = (from: FencedSession): string => Buffer.concat(from.takeWrites()).toString('latin1');
/** What arms and queues a step. */
const armed = (step: Step): string =>
  Buffer.concat([
    ...[fenceCommands.arm, fenceCommands.multi, ...step.chunks],
    fenceCommands.set(step.fence),
  ]).toString('latin1');
const EXEC = encodeCommand('EXEC').toString();
const DISCARD = encodeCommand('DISCARD').toString();

/** A session whose first step executes and whose second is on the wire behind it. */
function inFlight(): FencedSession {
  const it = session();
  it.queue(first, undefined);
  assert.equal(sent(it), armed(first));
  assert.deepEqual(feed(it, OK, bulk(undefined), OK, QUEUED.repeat(3)), [{ type: 'ready' }]);
  it.execute();
  it.queue(second, undefined);
  assert.equal(sent(it), EXEC + armed(second), 'EXEC and the next step leave in one write');
  return it;
}

test('the road: checked, executed, the next step behind it', () => {
  const it = inFlight();
  assert.equal(it.inDoubt, first);
  const hash = crc32(`${OK}${OK}`);
  assert.deepEqual(feed(it, '*3\r\n', OK, OK, OK), [
    { type: 'committed', step: first, dataErrors: 0, hash, tainted: undefined, repliesLost: false, replies: undefined },
  ]);
  assert.deepEqual(feed(it, OK, bulk(first.fence), OK, QUEUED.repeat(3)), [{ type: 'ready' }]);
  it.execute();
  assert.equal(sent(it), EXEC);
  const events = feed(it, '*3\r\n', OK, '-WRONGTYPE no\r\n', OK);
  const poison = `-${(second.passedOver[0] as { error: string }).error}\r\n`;
  const both = crc32(`${OK}${OK}${OK}${poison}-WRONGTYPE no\r\n`);
  assert.deepEqual(events, [
    { type: 'committed', step: second, dataErrors: 1, hash: both, tainted: undefined, repliesLost: false, replies: undefined },
  ]);
  assert.ok(it.isIdle);
});

test('EXEC is withheld until the very last QUEUED', () => {
  const it = session();
  it.queue(first, undefined);
  sent(it);
  for (const reply of [OK, bulk(undefined), OK, QUEUED, QUEUED]) assert.deepEqual(feed(it, reply), []);
  assert.equal(sent(it), '');
  assert.throws(() => it.execute(), { code: 'PYLON_BUG' });
  assert.deepEqual(feed(it, QUEUED), [{ type: 'ready' }]);
});

test('the fence moved before WATCH: GET shows it while the step is queued already; it is discarded', () => {
  const it = session();
  it.queue(first, undefined);
  sent(it);
  assert.deepEqual(feed(it, OK, bulk(fenceAt(5)), OK, QUEUED.repeat(2)), []);
  assert.equal(sent(it), '', 'not before all is answered');
  assert.deepEqual(feed(it, QUEUED), []);
  assert.equal(sent(it), DISCARD);
  assert.deepEqual(feed(it, OK), [{ type: 'failed', failure: { type: 'moved' } }]);
  assert.ok(it.canQueue);
});

test('the fence is gone', () => {
  const it = session();
  it.queue(second, first.fence);
  const events = feed(it, OK, bulk(undefined), OK, QUEUED.repeat(3), OK);
  assert.deepEqual(events.at(-1), { type: 'failed', failure: { type: 'moved' } });
});

test('EXEC nil: the step behind it believes what never was, and is discarded', () => {
  const it = inFlight();
  assert.deepEqual(feed(it, ABORTED, OK, bulk(undefined), OK, QUEUED.repeat(3)), []);
  assert.equal(it.inDoubt, undefined);
  assert.equal(sent(it), DISCARD);
  assert.deepEqual(feed(it, OK), [{ type: 'failed', failure: { type: 'aborted' } }]);
});

test('EXEC nil: even a GET that shows just what the next step believes does not save it', () => {
  const it = inFlight();
  feed(it, ABORTED, OK, bulk(first.fence), OK, QUEUED.repeat(3));
  assert.equal(sent(it), DISCARD);
});

test('a command refused while queued is known by its place, and EXEC is withheld', () => {
  const it = session();
  it.queue(first, undefined);
  sent(it);
  const error = "ERR wrong number of arguments for 'set' command";
  feed(it, OK, bulk(undefined), OK, QUEUED, `-${error}\r\n`, QUEUED);
  assert.equal(sent(it), DISCARD);
  assert.deepEqual(feed(it, OK), [{ type: 'failed', failure: { type: 'rejected', step: first, index: 1, error, isData: false } }]);
});

for (const at of ['command', 'fence'] as const) {
  test(`Redis has no memory for the ${at}`, () => {
    const it = session();
    it.queue(first, undefined);
    sent(it);
    const oom = '-OOM command not allowed\r\n';
    feed(it, OK, bulk(undefined), OK, at === 'command' ? oom + QUEUED + QUEUED : QUEUED + QUEUED + oom);
    assert.equal(sent(it), DISCARD);
    const failure = { type: 'refused', error: 'OOM command not allowed' };
    assert.deepEqual(feed(it, OK), [{ type: 'failed', failure }]);
  });
}

test('EXEC refused: nothing happened, what is behind it is discarded', () => {
  const it = inFlight();
  const error = 'EXECABORT Transaction discarded because of: LOADING Redis is loading';
  feed(it, `-${error}\r\n`, '-LOADING x\r\n', '-LOADING x\r\n', OK, '-LOADING x\r\n'.repeat(3));
  assert.equal(sent(it), DISCARD);
  assert.deepEqual(feed(it, OK), [{ type: 'failed', failure: { type: 'refused', error } }]);
});

test('an error inside EXEC that is on no list taints the rack; the step behind is not executed', () => {
  const it = inFlight();
  const events = feed(it, '*3\r\n', OK, '-ERR never heard of\r\n', OK);
  assert.deepEqual(events.map((event) => event.type), ['committed']);
  assert.deepEqual(events[0]?.type === 'committed' && events[0].tainted, { index: 1, error: 'ERR never heard of' });
  assert.deepEqual(feed(it, OK, bulk(first.fence), OK, QUEUED.repeat(3)), []);
  assert.equal(sent(it), DISCARD);
});

test('the fence not set inside EXEC taints, whatever the error', () => {
  const it = inFlight();
  const [event] = feed(it, '*3\r\n', OK, OK, '-WRONGTYPE x\r\n');
  assert.deepEqual(event?.type === 'committed' && event.tainted?.index, 2);
});

test('MULTI refused, and all behind it: nothing happened', () => {
  const it = session();
  it.queue(first, undefined);
  const error = 'NOPERM no multi';
  const events = feed(it, OK, bulk(undefined), `-${error}\r\n`, '-NOPERM x\r\n'.repeat(3));
  assert.deepEqual(events, [{ type: 'failed', failure: { type: 'refused', error } }]);
});

for (const reply of [OK, ':1\r\n', bulk('x'), QUEUED]) {
  test(`MULTI refused, but a command behind it not (${JSON.stringify(reply)}): it ran bare`, () => {
    const it = session();
    it.queue(first, undefined);
    const events = feed(it, OK, bulk(undefined), '-NOPERM no multi\r\n', reply, '-NOPERM x\r\n'.repeat(2));
    assert.equal(events.at(-1)?.type === 'failed' && events.at(-1)?.type, 'failed');
    assert.equal((events.at(-1) as { failure: { type: string } }).failure.type, 'tainted');
  });
}

test('an array answers a command that ran bare', () => {
  const it = session();
  it.queue(first, undefined);
  assert.throws(() => feed(it, OK, bulk(undefined), '-NOPERM no multi\r\n', '*1\r\n:1\r\n'), { code: 'PYLON_TAINTED' });
});

test('given up while queueing: discarded once all is answered', () => {
  const it = session();
  it.queue(first, undefined);
  sent(it);
  feed(it, OK, bulk(undefined));
  assert.deepEqual(it.abandon(), []);
  feed(it, OK, QUEUED.repeat(3));
  assert.equal(sent(it), DISCARD);
  assert.deepEqual(feed(it, OK), [{ type: 'failed', failure: { type: 'abandoned' } }]);
});

test('given up while executing: the commit is still reported', () => {
  const it = inFlight();
  it.abandon();
  assert.deepEqual(feed(it, '*3\r\n', OK, OK, OK).map((event) => event.type), ['committed']);
  feed(it, OK, bulk(first.fence), OK, QUEUED.repeat(3));
  assert.deepEqual(feed(it, OK), [{ type: 'failed', failure: { type: 'abandoned' } }]);
});

test('given up while idle', () => {
  assert.deepEqual(session().abandon(), [{ type: 'failed', failure: { type: 'abandoned' } }]);
});

test('looking: the fence, and keys that are not of self-tests', () => {
  const it = session();
  it.readFence();
  assert.deepEqual(feed(it, bulk(undefined), bulk('x')), [{ type: 'fence', value: 'x', taint: undefined }]);
  it.readFence();
  assert.deepEqual(feed(it, bulk('why'), bulk(undefined)), [{ type: 'fence', value: undefined, taint: 'why' }]);
  it.readFence();
  assert.deepEqual(feed(it, '-LOADING x\r\n'.repeat(2)), [{ type: 'failed', failure: { type: 'refused', error: 'LOADING x' } }]);
  it.countKeys();
  assert.deepEqual(feed(it, ':1\r\n:4\r\n'), [{ type: 'keys', foreign: 3 }]);
});

for (const [name, replies] of [
  ['a reply nobody asked for', '+OK\r\n'],
  ['an array', '*1\r\n:1\r\n'],
] as const) {
  test(`misaligned: ${name}`, () => assert.throws(() => feed(session(), replies), { code: 'PYLON_MISALIGNED' }));
}

test('misaligned: fewer replies than commands', () => {
  assert.throws(() => feed(inFlight(), '*2\r\n', OK, OK), { code: 'PYLON_MISALIGNED' });
});
