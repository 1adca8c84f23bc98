/**
 * The applier's decisions: whom it takes over, when it waits, when it halts. Redis and Kafka are scripted.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CounterBlock, createCounterMemory } from '../../../src/shared/counters.js';
import { encodeFence } from '../../../src/shared/fence-value.js';
import { limits } from '../../../src/shared/limits.js';
import { taintedKey } from '../../../src/shared/reserved-keys.js';
import type { ApplierEffect } from '../../../src/workers/applier/applier-events.js';
import { Applier } from '../../../src/workers/applier/applier.js';
import { ApplyTally } from '../../../src/workers/applier/apply-tally.js';
import { fenceCommands } from '../../../src/workers/applier/fence-commands.js';
import { FencedSession } from '../../../src/workers/applier/fenced-session.js';
import { encodeCommand } from '../../../src/shared/resp/encode.js';
import { commandsValue, entry, fenceAt, incarnationA, newRack, queueOf, set, stepOf } from '../../support/apply-records.js';

const OK = '+OK\r\n';
const bulk = (text: string | undefined): string => (text === undefined ? '$-1\r\n' : `$${text.length}\r\n${text}\r\n`);
/** What a look at the fence is answered with. */
const look = (fence: string | undefined, taint?: string): string => bulk(taint) + bulk(fence);
const queued = (count: number): string => '+QUEUED\r\n'.repeat(count);

class Script {
  readonly counters = new CounterBlock(createCounterMemory({ producers: 0, appliers: 1 }), 'applier');
  readonly applier = new Applier(
    { topic: 'pylon.test.log', topicId: 'topic', rack: 'east', stepCommands: 100, stepBytes: 1 << 20 },
    fenceCommands,
    this.counters,
    () => 0.5,
  );
  effects: ApplierEffect[] = [];

  handle(event: Parameters<Applier['handle']>[0]): this {
    this.effects.push(...this.applier.handle(event));
    return this;
  }

  /** Redis answers. */
  redis(...replies: readonly string[]): this {
    this.effects.push(...this.applier.receive(Buffer.from(replies.join(''))));
    return this;
  }

  /** Leader with a connection; the fence was asked for. */
  leads(): this {
    return this.handle({ type: 'joined' }).handle({ type: 'link-up' }).handle({ type: 'assigned' });
  }

  /** Kafka answers. */
  range(start: number, end: number): this {
    return this.handle({ type: 'log-range', start, end });
  }

  /** Applying from a fence, nothing queued. */
  applies(fence: string, end = 10): this {
    return this.leads().redis(look(fence)).handle({ type: 'log-range', start: 0, end });
  }

  records(...values: readonly Buffer[]): this {
    const reading = this.of('read-log').at(-1);
    assert.ok(reading !== undefined);
    const entries = values.map((value, i) => entry(reading.offset + i, value));
    return this.handle({ type: 'records', reading: reading.reading, entries });
  }

  of<T extends ApplierEffect['type']>(type: T): Extract<ApplierEffect, { type: T }>[] {
    return this.effects.filter((effect) => effect.type === type) as Extract<ApplierEffect, { type: T }>[];
  }

  get halted(): string | undefined {
    return this.of('halt')[0]?.error.code;
  }

  /** Forgets what was said so far. */
  clear(): this {
    this.effects = [];
    return this;
  }

  sent(): string {
    return this.of('send').map((effect) => Buffer.concat(effect.chunks).toString('latin1')).join('');
  }
}

test('a new rack: no fence, no keys, a log from 0', () => {
  const it = new Script().leads().redis(look(undefined)).redis(':0\r\n:0\r\n').range(0, 5);
  assert.deepEqual(it.of('read-log'), [{ type: 'read-log', reading: 1, offset: 0 }]);
  assert.equal(it.applier.state, 'applying');
  assert.deepEqual([it.counters.get('leader'), it.counters.get('term'), it.counters.get('appliedOffset')], [1, 1, 0]);
});

test('the key of a running self-test does not make a database full', () => {
  const it = new Script().leads().redis(look(undefined)).redis(':1\r\n:1\r\n').range(0, 5);
  assert.equal(it.applier.state, 'applying');
});

test('data without a fence is refused, after a second look', () => {
  const it = new Script().leads().redis(look(undefined)).redis(':0\r\n:3\r\n');
  assert.equal(it.halted, undefined);
  assert.equal(it.redis(look(undefined)).halted, 'PYLON_FENCE_MISSING');
});

test('another applier began the rack between the two looks', () => {
  const it = new Script().leads().redis(look(undefined)).redis(':0\r\n:3\r\n').redis(look(fenceAt(2)));
  it.handle({ type: 'log-range', start: 0, end: 5 });
  assert.deepEqual(it.of('read-log').map((effect) => effect.offset), [2]);
});

test('an empty Redis cannot be filled from a log that lost its beginning', () => {
  const it = new Script().leads().redis(look(undefined)).redis(':0\r\n:0\r\n').range(3, 5);
  assert.equal(it.halted, 'PYLON_FENCE_MISSING');
});

test('a fence of another log, an unreadable one', () => {
  const foreign = encodeFence({ ...newRack, topicId: 'other' });
  assert.equal(new Script().leads().redis(look(foreign)).halted, 'PYLON_FENCE_FOREIGN');
  assert.equal(new Script().leads().redis(look('nonsense')).halted, 'PYLON_FENCE_CORRUPT');
});

test('a fence before the start of the log', () => {
  assert.equal(new Script().leads().redis(look(fenceAt(2))).range(3, 5).halted, 'PYLON_FENCE_RANGE');
});

for (const fence of [fenceAt(6), fenceAt(5, 1)]) {
  test(`a fence beyond the end of the log is believed after several looks: ${fence.slice(14, 26)}`, () => {
    const it = new Script().leads().redis(look(fence));
    for (let round = 1; round < limits.logRangeChecksMax; round++) {
      it.handle({ type: 'log-range', start: 0, end: 5 });
      assert.equal(it.halted, undefined);
      it.handle({ type: 'timer' }).redis(look(fence));
    }
    assert.equal(it.handle({ type: 'log-range', start: 0, end: 5 }).halted, 'PYLON_FENCE_RANGE');
    assert.equal(it.applier.state, 'halted');
  });
}

test('an end of the log that was only hidden for a moment', () => {
  const it = new Script().leads().redis(look(fenceAt(6))).handle({ type: 'log-range', start: 0, end: 5 });
  it.handle({ type: 'timer' }).redis(look(fenceAt(6))).handle({ type: 'log-range', start: 0, end: 6 });
  assert.equal(it.applier.state, 'applying');
});

const record = commandsValue(1, [set('a', '1'), set('b', '2')]);
const step = stepOf(queueOf(entry(0, record)));

test('the fence vanishes while leading', () => {
  const it = new Script().applies(fenceAt(0)).records(record);
  it.redis(OK, bulk(undefined), OK, queued(3), OK).redis(look(undefined));
  assert.equal(it.halted, 'PYLON_FENCE_GONE');
});

test('an abort of our own: tried again at once, no takeover', () => {
  const it = new Script().applies(fenceAt(0)).records(record);
  it.redis(OK, bulk(fenceAt(0)), OK, queued(3)).redis('*-1\r\n').redis(look(fenceAt(0))).clear();
  it.redis(OK, bulk(fenceAt(0)), OK, queued(3)).redis('*3\r\n', OK, OK, OK);
  assert.deepEqual([it.counters.get('stepsRetried'), it.counters.get('fenceLost'), it.counters.get('term')], [1, 0, 1]);
  const { appliedOffset, queueRecords, queueBytes } = it.counters.snapshot();
  assert.deepEqual([appliedOffset, queueRecords, queueBytes], [1, 0, 0]);
});

test('the fence moved by another: a pause, a second look, and only if it rests we go on from there', () => {
  const it = new Script().applies(fenceAt(0)).records(record);
  it.redis(OK, bulk(fenceAt(3)), OK, queued(3), OK).redis(look(fenceAt(3))).clear();
  assert.deepEqual([it.applier.state, it.counters.get('leader'), it.counters.get('fenceLost')], ['taking-over', 0, 1]);
  it.handle({ type: 'timer' }).redis(look(fenceAt(4)));
  assert.deepEqual([it.of('read-log').length, it.counters.get('fenceLost')], [0, 2]);
  it.handle({ type: 'timer' }).redis(look(fenceAt(4))).handle({ type: 'log-range', start: 0, end: 9 });
  assert.deepEqual(it.of('read-log').map((effect) => effect.offset), [4]);
  assert.equal(it.applier.state, 'applying');
});

/** EXEC is on its way when the connection breaks. */
function broken(): Script {
  const it = new Script().applies(fenceAt(0)).records(record);
  it.redis(OK, bulk(fenceAt(0)), OK, queued(3));
  it.handle({ type: 'link-down', reason: 'ECONNRESET' }).handle({ type: 'link-up' });
  assert.equal(it.applier.state, 'waiting');
  return it.clear();
}

test('connection lost, EXEC took effect: the fence says so', () => {
  const it = broken().redis(look(step.fence));
  assert.deepEqual([it.counters.get('appliedOffset'), it.counters.get('commandsApplied')], [1, 2]);
  assert.deepEqual([it.counters.get('fenceLost'), it.counters.get('stepsRetried')], [0, 0]);
  assert.deepEqual([it.applier.state, it.sent(), it.of('read-log').length], ['applying', '', 0]);
  assert.equal(it.counters.get('runningHashFromOffset'), 1, 'its replies are lost');
});

test('connection lost, EXEC did not take effect: once more', () => {
  const it = broken().redis(look(fenceAt(0)));
  assert.match(it.sent(), /SET\r\n\$1\r\na\r\n/);
  assert.deepEqual([it.counters.get('fenceLost'), it.counters.get('stepsRetried')], [0, 1]);
});

test('Redis came back without its last writes: the log is read again from where it is', () => {
  const it = new Script().applies(fenceAt(5));
  it.handle({ type: 'link-down', reason: 'gone' }).handle({ type: 'link-up' }).redis(look(fenceAt(3)));
  it.handle({ type: 'log-range', start: 0, end: 10 });
  assert.deepEqual(it.of('read-log').map((effect) => effect.offset), [5, 3]);
  assert.deepEqual([it.counters.get('fenceLost'), it.applier.state], [0, 'applying']);
  assert.match(it.of('trouble').at(-1)?.error.message ?? '', /went back from 5:0 to 3:0/);
});

test('Redis refuses: waiting with the reason, one command at a time, nothing skipped', () => {
  const it = new Script().applies(fenceAt(0)).records(record);
  it.redis(OK, bulk(fenceAt(0)), OK, '-MISCONF no\r\n'.repeat(3), OK);
  assert.deepEqual([it.applier.state, it.counters.get('leader')], ['waiting', 1]);
  assert.match(it.of('state').at(-1)?.detail ?? '', /MISCONF/);
  const first = it.of('timer').at(-1)?.delayMs ?? 0;
  it.clear().handle({ type: 'timer' }).redis(look(fenceAt(0)));
  assert.doesNotMatch(it.sent(), /\$1\r\nb\r\n/);
  it.redis(OK, bulk(fenceAt(0)), OK, '-MISCONF no\r\n'.repeat(2), OK);
  assert.ok((it.of('timer').at(-1)?.delayMs ?? 0) > first, 'pauses grow');
  assert.deepEqual(it.of('state'), [], 'said once');
  it.handle({ type: 'timer' }).redis(look(fenceAt(0)));
  it.redis(OK, bulk(fenceAt(0)), OK, queued(2)).redis('*2\r\n', OK, OK);
  assert.deepEqual([it.applier.state, it.counters.get('appliedIndex')], ['applying', 1]);
});

test('out of memory: one command at a time as a script, first one that may not grow, then one that may', () => {
  const it = new Script().applies(fenceAt(0)).records(record);
  it.redis(OK, bulk(fenceAt(0)), OK, '-OOM no\r\n'.repeat(3), OK).clear();
  it.redis(look(fenceAt(0)));
  assert.match(it.sent(), /EVAL/);
  assert.doesNotMatch(it.sent(), /allow-oom|MULTI|\$1\r\nb\r\n/);
  it.clear().redis('-OOM no\r\n').redis(look(fenceAt(0)));
  assert.match(it.sent(), /EVAL[^]*allow-oom[^]*SET\r\n\$1\r\na\r\n/);
  assert.equal(it.applier.state, 'applying');
  it.clear().redis(OK);
  assert.deepEqual([it.counters.get('appliedOffset'), it.counters.get('appliedIndex')], [0, 1]);
  assert.match(it.sent(), /EVAL[^]*SET\r\n\$1\r\nb\r\n/);
  // No headroom either: now it waits.
  const half = stepOf(queueOf(entry(0, record)), newRack, { commands: 1, bytes: 99 });
  it.redis('-OOM no\r\n').redis(look(half.fence)).redis('-OOM no\r\n');
  assert.equal(it.applier.state, 'waiting');
  assert.match(it.of('state').at(-1)?.detail ?? '', /OOM/);
});

test('out of memory: somebody else moved the fence before the script ran', () => {
  const it = new Script().applies(fenceAt(0)).records(record);
  it.redis(OK, bulk(fenceAt(0)), OK, '-OOM no\r\n'.repeat(3), OK).redis(look(fenceAt(0)));
  it.redis('-PYLONMOVED x\r\n').redis(look(fenceAt(3)));
  assert.deepEqual([it.applier.state, it.counters.get('fenceLost')], ['taking-over', 1]);
});

test('a command that only this Redis refuses is passed over, its neighbours are applied', () => {
  const it = new Script().applies(fenceAt(0)).records(record);
  it.redis(OK, bulk(fenceAt(0)), OK, "-ERR wrong number of arguments for 'set' command\r\n", queued(2), OK).clear();
  it.redis(look(fenceAt(0)));
  assert.doesNotMatch(it.sent(), /\$1\r\na\r\n/);
  it.redis(OK, bulk(fenceAt(0)), OK, queued(2)).redis('*2\r\n', OK, OK);
  assert.deepEqual([it.counters.get('poisonCommands'), it.counters.get('appliedOffset')], [1, 1]);
});

const strange = ['*3\r\n', OK, '-ERR strange\r\n', OK];
const mark = encodeCommand('SET', taintedKey, "command 0:1 (set) was answered 'ERR strange' while applied", 'NX').toString();

/** A step whose second command was answered with an unlisted error. */
function tainted(): Script {
  return new Script().applies(fenceAt(0)).records(record).redis(OK, bulk(fenceAt(0)), OK, queued(3)).clear().redis(...strange);
}

test('an unlisted error inside EXEC is noted in Redis, then halts at its position', () => {
  const it = tainted();
  assert.equal(it.sent(), mark);
  assert.deepEqual([it.halted, it.counters.get('appliedOffset')], [undefined, 1]);
  assert.equal(it.redis(OK).halted, 'PYLON_TAINTED');
  assert.match(it.of('halt')[0]?.error.message ?? '', /^command 0:1 \(set\) was answered 'ERR strange'/);
});

test('a tainted rack is noted until Redis takes it: lost connection, full Redis, partition taken away', () => {
  const lost = tainted().handle({ type: 'link-down', reason: 'gone' }).clear().handle({ type: 'link-up' });
  assert.equal(lost.sent(), mark);
  assert.equal(lost.redis(bulk(undefined)).halted, 'PYLON_TAINTED', 'it is marked already');

  const full = tainted().clear().redis('-OOM no\r\n');
  assert.match(full.sent(), /EVAL.*allow-oom/s);
  assert.equal(full.redis(OK).halted, 'PYLON_TAINTED');

  const refused = tainted().redis('-READONLY no\r\n').clear();
  assert.equal(refused.applier.state, 'waiting');
  assert.equal(refused.handle({ type: 'timer' }).sent(), mark);

  const revoked = tainted().handle({ type: 'revoked' }).handle({ type: 'assigned' });
  assert.equal(revoked.redis(OK).halted, 'PYLON_TAINTED');

  const stopped = tainted().handle({ type: 'stop' }).redis(OK, bulk(undefined));
  assert.equal(stopped.applier.state, 'stopped');
});

test('a step that comes back tainted when the partition is gone is noted too', () => {
  const it = new Script().applies(fenceAt(0)).records(record).redis(OK, bulk(fenceAt(0)), OK, queued(3));
  it.handle({ type: 'revoked' }).clear().redis(...strange);
  assert.match(it.sent(), /__pylon__:tainted.*command 0:1/s);
  assert.equal(it.redis(OK).halted, 'PYLON_TAINTED');
});

test('a take-over that finds a tainted rack halts at once, with the same words', () => {
  const it = new Script().leads().redis(look(fenceAt(1), "command 0:1 (set) was answered 'ERR strange' while applied"));
  assert.equal(it.halted, 'PYLON_TAINTED');
  const [before] = tainted().redis(OK).of('halt');
  assert.deepEqual(it.of('halt'), [before]);
  assert.match(before?.error.message ?? '', /DEL __pylon__:tainted/);
});

test('a gap in the log, a record from the future', () => {
  const gap = new Script().applies(fenceAt(0));
  gap.handle({ type: 'records', reading: 1, entries: [entry(1, record)] });
  assert.equal(gap.halted, 'PYLON_LOG_GAP');
  const future = Buffer.from(record);
  future[2] = 99;
  assert.equal(new Script().applies(fenceAt(0)).records(future).halted, 'PYLON_RECORD_UNKNOWN');
});

test('records of an earlier reading are dropped', () => {
  const it = new Script().applies(fenceAt(0));
  it.handle({ type: 'records', reading: 0, entries: [entry(7, record)] });
  assert.deepEqual([it.halted, it.counters.get('queueRecords')], [undefined, 0]);
});

test('revoked in the middle, given again at once: the late commit is not counted to the new leadership', () => {
  const it = new Script().applies(fenceAt(0)).records(record).redis(OK, bulk(fenceAt(0)), OK, queued(3));
  it.handle({ type: 'revoked' });
  assert.deepEqual([it.applier.state, it.counters.get('leader'), it.counters.get('appliedOffset')], ['standby', 0, -1]);
  it.handle({ type: 'assigned' }).clear().redis('*3\r\n', OK, OK, OK);
  assert.equal(it.counters.get('appliedOffset'), -1);
  it.redis(look(step.fence)).handle({ type: 'log-range', start: 0, end: 10 });
  assert.deepEqual([it.counters.get('appliedOffset'), it.counters.get('term'), it.applier.state], [1, 2, 'applying']);
});

test('stop: what executes is waited for, what is queued is discarded', () => {
  const it = new Script().applies(fenceAt(0)).records(record).clear();
  it.handle({ type: 'stop' });
  assert.deepEqual(it.of('stopped'), []);
  it.redis(OK, bulk(fenceAt(0)), OK, queued(3));
  assert.match(it.sent(), /DISCARD/);
  assert.equal(it.redis(OK).of('stopped').length, 1);
  assert.equal(it.applier.state, 'stopped');
});

test('what Redis says to a step that executes while leadership ends is still told to those who wait for it', () => {
  const value = commandsValue(1, [encodeCommand('INCR', 'n'), set('a', '1')], incarnationA, Uint8Array.of(1, 0));
  for (const type of ['stop', 'revoked'] as const) {
    const it = new Script().applies(fenceAt(0)).records(value).redis(OK, bulk(fenceAt(0)), OK, queued(3)).clear();
    it.handle({ type });
    assert.deepEqual(it.of('replies'), []);
    it.redis('*3\r\n', ':1\r\n', OK, OK);
    assert.deepEqual(it.of('replies').flatMap(({ replies }) => replies.map(({ bytes }) => Buffer.from(bytes).toString())), [':1\r\n']);
    assert.equal(it.of('stopped').length, type === 'stop' ? 1 : 0);
  }
});

test('stop without a connection, stop when halted', () => {
  assert.equal(new Script().handle({ type: 'stop' }).of('stopped').length, 1);
  const halted = new Script().leads().redis(look('nonsense')).handle({ type: 'stop' });
  assert.equal(halted.of('stopped').length, 1);
});

test('nonsense from Redis costs the connection, not the worker', () => {
  const it = new Script().applies(fenceAt(0)).redis('+WHAT\r\n');
  assert.equal(it.of('drop-link').length, 1);
  assert.equal(it.applier.state, 'waiting');
  assert.equal(it.handle({ type: 'link-up' }).redis(look(fenceAt(0))).applier.state, 'applying');
});

test('a data error met while out of memory is counted and hashed as on the ordinary way', () => {
  const commands = [set('a', '1'), encodeCommand('LPUSH', 'a', 'x'), set('b', '2')];
  const wrongType = 'WRONGTYPE Operation against a key holding the wrong kind of value';
  const step = stepOf(queueOf(entry(0, commandsValue(1, commands))));
  const ordinary = new Script().applies(fenceAt(0)).records(commandsValue(1, commands));
  ordinary.redis(OK, bulk(fenceAt(0)), OK, queued(4)).redis('*4\r\n', OK, `-${wrongType}\r\n`, OK, OK);
  assert.equal(ordinary.counters.get('appliedOffset'), 1);

  const rejected = new Map([['0:1', { error: wrongType, isData: true }]]);
  const again = stepOf(queueOf(entry(0, commandsValue(1, commands))), undefined, undefined, rejected);
  assert.equal(again.fence, step.fence);
  const session = new FencedSession(fenceCommands);
  session.queue(again, fenceAt(0));
  session.receive(Buffer.from(OK + bulk(fenceAt(0)) + OK + queued(3)));
  session.execute();
  session.receive(Buffer.from(`*3\r\n${OK}${OK}${OK}`));
  assert.equal(session.hash, ordinary.counters.get('runningHash'));
  const counters = new CounterBlock(createCounterMemory({ producers: 0, appliers: 1 }), 'applier');
  new ApplyTally(counters).applied(again);
  for (const slot of ['dataErrors', 'poisonCommands', 'commandsApplied'] as const) {
    assert.equal(counters.get(slot), ordinary.counters.get(slot), slot);
  }
});
