/**
 * The applier worker on real Kafka and real Redis: the happy road, poison, and all that Redis may do in between.
 */

import assert from 'node:assert/strict';
import { after, before, test, type TestContext } from 'node:test';
import { decodeFence, fenceKey } from '../../src/shared/fence-value.js';
import { limits } from '../../src/shared/limits.js';
import { encodeCommand } from '../../src/shared/resp/encode.js';
import type { ApplierFixture } from '../support/applier-fixture.js';
import { startRack, type Rack } from '../support/applier-rack.js';
import { kafkaFixture, type KafkaFixture, type TestAuthor, type TestLog } from '../support/log-fixture.js';

let kafka: KafkaFixture;
before(async () => {
  kafka = await kafkaFixture();
});
after(async () => {
  await kafka.close();
});

const rackOf = (t: TestContext, redisArgs: readonly string[] = []): Promise<Rack> => startRack(t, kafka, redisArgs);

test('a new rack is filled from the log; poison is passed over, data errors are counted', async (t) => {
  const { log, client, author, applier } = await rackOf(t);
  await log.append(
    author.frames(
      encodeCommand('SET', 'a', '1'),
      Buffer.from('*3\r\n$3\r\nSET\r\n$1\r\n'),
      encodeCommand('SET', 'a'),
      encodeCommand('SET', '__pylon__:fence', 'x'),
      encodeCommand('SUBSCRIBE', 'a'),
      encodeCommand('LPUSH', 'a', 'x'), // WRONGTYPE
      encodeCommand('INCR', 'n'),
    ),
    Buffer.from('not of Pylon'),
    author.barrier(),
  );
  const again = author.commands(['INCR', 'n']);
  const last = await log.append(again, again, author.commands(['SET', 'ttl', 'x', 'EX', '100']));
  const it = applier();
  await it.untilApplied(last);
  assert.equal(it.state, 'applying');
  assert.deepEqual([await client.get('a'), await client.get('n')], ['1', '2']);
  const { poisonCommands, dataErrors, foreignRecords, duplicateRecords, ...others } = it.counters.snapshot();
  const { commandsApplied, recordsApplied } = others;
  assert.deepEqual(
    { poisonCommands, dataErrors, foreignRecords, duplicateRecords, commandsApplied, recordsApplied },
    { poisonCommands: 4, dataErrors: 1, foreignRecords: 1, duplicateRecords: 1, commandsApplied: 5, recordsApplied: 6 },
  );
  const fence = decodeFence((await client.get(fenceKey)) ?? '');
  assert.deepEqual(fence.next, { offset: 6, index: 0 });
  assert.equal(fence.topicId, log.topicId);
  assert.deepEqual([...fence.incarnations].map(([id, mark]) => [id, mark.batch]), [[author.incarnation, 4]]);
  assert.equal(Number(await client.call('PEXPIRETIME', 'ttl')), fence.logClockMs + 100_000);
});

test('two racks hold the same bytes, the fence too, however their steps fall', async (t) => {
  const east = await rackOf(t);
  const west = await rackOf(t);
  const commands = Array.from({ length: 3000 }, (_, i): string[] => {
    const kinds = [
      ['SET', `s${i % 97}`, `${i}`, 'PX', '10000000'],
      ['RPUSH', 'l', `${i}`],
      ['SADD', 's', `${i % 50}`],
      ['HINCRBY', 'l', 'f', '1'], // WRONGTYPE
    ];
    return kinds[i % 4] as string[];
  });
  let last = -1;
  for (let at = 0; at < commands.length; at += 150) {
    last = await east.log.append(east.author.commands(...commands.slice(at, at + 150)));
  }
  const one = east.applier({ stepCommands: 7, group: 'east' });
  const two = west.applier({ stepCommands: 1000, group: 'west', log: east.log });
  await Promise.all([one.untilApplied(last), two.untilApplied(last)]);
  assert.equal(await east.client.debug('DIGEST'), await west.client.debug('DIGEST'));
  assert.equal(one.counters.get('runningHash'), two.counters.get('runningHash'));
  assert.equal(one.counters.get('dataErrors'), 750);
});

test('Redis is out of memory, then has more: waiting says so, nothing is skipped', async (t) => {
  const { log, client, author, applier } = await rackOf(t);
  const it = applier();
  await it.untilApplied(await log.append(author.commands(['RPUSH', 'ids', 'a'])));
  await client.set('__pylon__:ballast', Buffer.alloc(limits.outOfMemoryHeadroomBytes));
  await client.config('SET', 'maxmemory', '1'); // so far below what is used that there is no headroom either
  const [b, c, d] = ['b', 'c', 'd'].map((id) => ['RPUSH', 'ids', id]) as [string[], string[], string[]];
  const last = await log.append(author.commands(b, c), author.commands(d));
  await it.untilState('waiting');
  assert.ok(it.messages.some((message) => message.type === 'state' && /OOM/.test(message.detail)));
  assert.equal(it.counters.get('leader'), 1);
  const retried = it.counters.get('stepsRetried');
  await it.until('retrying', () => it.counters.get('stepsRetried') > retried + 2);
  await client.config('SET', 'maxmemory', '0');
  await it.untilApplied(last);
  assert.equal(it.state, 'applying');
  assert.deepEqual(await client.lrange('ids', 0, -1), ['a', 'b', 'c', 'd']);
});

test('Redis is full, and what the log holds next frees memory: it gets there by itself', async (t) => {
  const { log, client, author, applier } = await rackOf(t);
  const it = applier();
  const value = 'x'.repeat(100_000);
  const filling = Array.from({ length: 300 }, (_, i) => ['SET', `k${i}`, value]);
  await it.untilApplied(await log.append(author.commands(...filling)));
  // Full to the brim: ordinary steps are refused, DEL too.
  const used = Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1]);
  await client.config('SET', 'maxmemory', String(used - 1_000_000));
  const last = await log.append(
    author.commands(['SET', 'grows', 'x'], ['LPOP', 'grows'], ['GETDEL', 'k0']), // LPOP: WRONGTYPE
    author.barrier(),
    author.commands(...Array.from({ length: 150 }, (_, i) => ['DEL', `k${i}`]), ['SET', 'after', 'y']),
  );
  await it.untilApplied(last);
  assert.equal(it.state, 'applying');
  assert.deepEqual(await client.mget('grows', 'after', 'k0', 'k149', 'k150'), ['x', 'y', null, null, value]);
  assert.ok(it.messages.some((message) => message.type === 'trouble' && /out of memory/.test(message.error.message)));
  const { dataErrors, poisonCommands, commandsApplied } = it.counters.snapshot();
  // Counted as it would be in a rack whose Redis is not full.
  assert.deepEqual({ dataErrors, poisonCommands, commandsApplied }, { dataErrors: 1, poisonCommands: 0, commandsApplied: 454 });
});

test('Redis becomes a read-only replica that cannot load, and a master again', async (t) => {
  const { log, client, author, applier } = await rackOf(t);
  const it = applier();
  await it.untilApplied(await log.append(author.commands(['RPUSH', 'ids', 'a'])));
  await client.call('REPLICAOF', '127.0.0.1', '1'); // nobody listens there
  const last = await log.append(author.commands(['RPUSH', 'ids', 'b']));
  await it.untilState('waiting');
  assert.ok(it.messages.some((message) => message.type === 'state' && /READONLY/.test(message.detail)));
  await client.call('REPLICAOF', 'NO', 'ONE');
  await it.untilApplied(last);
  assert.deepEqual(await client.lrange('ids', 0, -1), ['a', 'b']);
});

test('a takeover while Redis is out of memory waits, and goes on', async (t) => {
  const { log, client, author, applier } = await rackOf(t);
  const first = applier();
  await first.untilApplied(await log.append(author.commands(['RPUSH', 'ids', 'a'])));
  await first.stop();
  const last = await log.append(author.commands(['RPUSH', 'ids', 'b']));
  await client.set('__pylon__:ballast', Buffer.alloc(limits.outOfMemoryHeadroomBytes));
  await client.config('SET', 'maxmemory', '1');
  const it = applier();
  await it.untilState('waiting');
  await client.config('SET', 'maxmemory', '0');
  await it.untilApplied(last);
  assert.deepEqual(await client.lrange('ids', 0, -1), ['a', 'b']);
});

/** Appends records of ids and counts until told to stop. */
async function load(log: TestLog, author: TestAuthor, ids: string[], isOver: () => boolean): Promise<number> {
  let last = -1;
  while (!isOver()) {
    const commands: string[][] = [];
    for (let i = 0; i < 40; i++) {
      ids.push(`${ids.length}`);
      commands.push(['RPUSH', 'ids', ids.at(-1) as string], ['INCR', 'count']);
    }
    last = await log.append(author.commands(...commands));
  }
  return last;
}

test('Redis is killed and comes back with its append-only file, several times under load', async (t) => {
  const { log, redis, client, author, applier } = await rackOf(t, ['--appendfsync', 'always']);
  const it = applier({ stepCommands: 50 });
  const ids: string[] = [];
  let isOver = false;
  const loading = load(log, author, ids, () => isOver);
  for (let round = 0; round < 3; round++) {
    const applied = it.counters.get('commandsApplied');
    await it.until('under way', () => it.state === 'applying' && it.counters.get('commandsApplied') > applied + 500);
    await redis.kill('SIGKILL');
    await it.untilState('waiting');
    await redis.restart();
  }
  isOver = true;
  await it.untilApplied(await loading);
  assert.deepEqual(await client.lrange('ids', 0, -1), ids);
  assert.equal(Number(await client.get('count')), ids.length);
});

test('two appliers that both believe to lead: each command once', async (t) => {
  const { log, client, author, applier } = await rackOf(t);
  const ids: string[] = [];
  const racers = [applier({ group: 'one', stepCommands: 20 }), applier({ group: 'two', stepCommands: 20 })] as const;
  const hasFought = (it: ApplierFixture): boolean =>
    it.counters.get('fenceLost') > 2 && it.counters.get('stepsApplied') > 10;
  // Whoever finds the fence moving holds back until it rests. So: a burst for both, rest, another burst.
  for (let burst = 0; burst < 100 && !racers.every(hasFought); burst++) {
    let records = 0;
    const last = await load(log, author, ids, () => records++ === 5);
    for (const it of racers) await it.untilApplied(last);
  }
  assert.ok(racers.every(hasFought), JSON.stringify(racers.map((it) => it.counters.snapshot())));
  assert.deepEqual(await client.lrange('ids', 0, -1), ids);
  assert.equal(Number(await client.get('count')), ids.length);
});

test('the same fight with the fence broken is noticed', async (t) => {
  const { log, client, author, applier } = await rackOf(t);
  const ids: string[] = [];
  let isOver = false;
  const entry = new URL('../support/sabotaged-applier.js', import.meta.url);
  const one = applier({ group: 'one', stepCommands: 20, entry });
  applier({ group: 'two', stepCommands: 20, entry });
  const loading = load(log, author, ids, () => isOver);
  await one.until('wrong', async () => {
    return Number(await client.get('count')) > ids.length || (await client.llen('ids')) > ids.length;
  });
  isOver = true;
  await loading;
});

test('the group hands the partition over: the next one goes on where the first stopped', async (t) => {
  const { log, client, author, applier } = await rackOf(t);
  const first = applier();
  await first.untilApplied(await log.append(author.commands(['RPUSH', 'ids', 'a'])));
  const second = applier();
  // The group takes a new member in by giving the partition away anew: the leader has it again, or the new one has it.
  await first.until('decided', () => first.counters.get('term') + second.counters.get('term') === 2);
  const [leader, standby] = second.counters.get('term') === 0 ? [first, second] : [second, first];
  await leader.untilApplied(await log.append(author.commands(['SET', 'a', '1'])));
  assert.deepEqual([standby.state, standby.counters.get('leader')], ['standby', 0]);
  await leader.stop();
  await standby.untilApplied(await log.append(author.commands(['RPUSH', 'ids', 'b'])));
  assert.deepEqual(await client.lrange('ids', 0, -1), ['a', 'b']);
  assert.equal(standby.counters.get('leader'), 1);
});

test('it halts, with the reason, on a Redis that it must not touch', async (t) => {
  const { log, client, author, applier } = await rackOf(t);
  await log.append(author.commands(['SET', 'a', '1']));
  await client.set('own', 'data');
  const it = applier();
  await it.until('halted', () => it.messages.some((message) => message.type === 'halted'));
  assert.ok(it.messages.some((message) => message.type === 'halted' && message.error.code === 'PYLON_FENCE_MISSING'));
  assert.equal(it.state, 'halted');
  assert.deepEqual(await client.keys('*'), ['own']);
});

/** CRC-64 as Redis has it (Jones, reflected). */
function crc64(bytes: Buffer): bigint {
  let crc = 0n;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1n) === 1n ? (crc >> 1n) ^ 0x95ac9329ac4bc9b5n : crc >> 1n;
  }
  return crc;
}

test('what other racks may answer otherwise halts the rack, over restarts, until the note of it is deleted', async (t) => {
  const { log, client, author, applier } = await rackOf(t);
  // Made by a Redis that is newer than this one.
  const payload = Buffer.from('00017affff0000000000000000', 'hex');
  payload.writeBigUInt64LE(crc64(payload.subarray(0, -8)), payload.length - 8);
  const last = await log.append(author.commands(['SET', 'a', '1'], ['RESTORE', 'b', '0', payload], ['SET', 'c', '1']));
  const first = applier();
  const error = async (it: ApplierFixture): Promise<string> => {
    await it.until('halted', () => it.messages.some((message) => message.type === 'halted'));
    const halted = it.messages.find((message) => message.type === 'halted');
    return halted?.type === 'halted' ? `${halted.error.code} ${halted.error.message}` : '';
  };
  const said = await error(first);
  assert.match(said, /^PYLON_TAINTED command 0:1 \(restore\) was answered 'ERR DUMP payload version/);
  assert.match((await client.get('__pylon__:tainted')) ?? '', /^command 0:1 \(restore\)/);
  await first.stop();
  const second = applier();
  assert.equal(await error(second), said);
  await second.stop();
  await client.del('__pylon__:tainted');
  await applier().untilApplied(await log.append(author.commands(['SET', 'd', '1'])));
  assert.deepEqual(await client.mget('a', 'b', 'c', 'd'), ['1', null, '1', '1']);
  assert.equal(last, 0);
});

test('a value of 10 MB goes through, and the log keeps flowing behind it', async (t) => {
  const { log, client, author, applier } = await rackOf(t);
  const it = applier();
  const value = Buffer.alloc(10 * 1024 * 1024, 0x61);
  const last = await log.append(author.commands(['SET', 'large', value], ['SET', 'small', 'x']));
  await it.untilApplied(last);
  assert.deepEqual([await client.strlen('large'), await client.get('small')], [value.length, 'x']);
});
