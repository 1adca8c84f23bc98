/**
 * Writes whose reply is information are answered with what the rack's Redis said when it applied them: in order, also
 * with thousands in flight, also through a Pylon that does not lead; and since the log decides, everything that can be
 * had once has one owner in the world. When there is no reply to be had, the client is told that its write is in the log.
 */

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { eventually } from '../support/eventually.js';
import { oneWorld } from '../support/one-world.js';
import type { PylonProcess } from '../support/pylon-process.js';
import { RackRedis } from '../support/rack-redis.js';
import type { Reply, RespClient } from '../support/resp-client.js';

/** Every kind of write whose reply tells something, and some that fail at the data. */
const tour: readonly (readonly (string | number)[])[] = [
  ['DEL', 'none'], ['INCR', 'n'], ['INCRBY', 'n', 41], ['DECR', 'n'], ['INCRBYFLOAT', 'f', '1.5'], ['APPEND', 'a', 'xyz'],
  ['SETNX', 'once', 'first'], ['SETNX', 'once', 'second'], ['SET', 'once', 'third', 'NX'], ['SET', 'once', 'third', 'XX'],
  ['SET', 'once', 'fourth', 'GET'], ['GETSET', 'once', 'fifth'], ['GETDEL', 'once'], ['GETDEL', 'once'], ['SET', 'e', 'v'],
  ['GETEX', 'e', 'PERSIST'], ['SETRANGE', 'e', 3, 'yz'], ['SETBIT', 'bits', 7, 1], ['SETBIT', 'bits', 7, 0],
  ['BITFIELD', 'bf', 'INCRBY', 'u8', 0, 255, 'INCRBY', 'u8', 0, 1], ['MSETNX', 'm1', 1, 'm2', 2], ['MSETNX', 'm2', 1, 'm3', 2],
  ['RPUSH', 'l', 'a', 'b', 'c', 'd'], ['LPUSH', 'l', 'z'], ['LPUSHX', 'nolist', 'z'], ['LINSERT', 'l', 'BEFORE', 'b', 'aa'],
  ['LPOP', 'l'], ['RPOP', 'l', 2], ['LMOVE', 'l', 'l2', 'LEFT', 'RIGHT'], ['RPOPLPUSH', 'l', 'l2'], ['LREM', 'l2', 0, 'a'],
  ['LSET', 'l2', 0, 'set'], ['LSET', 'l2', 9, 'set'], ['LTRIM', 'l2', 0, 0], ['LPOP', 'nolist'], ['LMPOP', 1, 'l2', 'LEFT'],
  ['HSET', 'h', 'f', 1, 'g', 2], ['HSETNX', 'h', 'f', 3], ['HINCRBY', 'h', 'f', 5], ['HINCRBYFLOAT', 'h', 'g', '0.5'],
  ['HDEL', 'h', 'f', 'none'], ['SADD', 's', 'a', 'b', 'a'], ['SREM', 's', 'a', 'none'], ['SMOVE', 's', 's2', 'b'],
  ['SUNIONSTORE', 's3', 's', 's2'], ['ZADD', 'z', 1, 'a', 2, 'b'], ['ZADD', 'z', 'CH', 3, 'a'], ['ZADD', 'z', 'INCR', 2, 'b'],
  ['ZADD', 'z', 'NX', 'INCR', 2, 'b'], ['ZINCRBY', 'z', 1, 'c'], ['ZPOPMIN', 'z'], ['ZPOPMAX', 'z', 2], ['ZREM', 'z', 'a'],
  ['EXPIRE', 'n', 100], ['EXPIRE', 'none', 100], ['PERSIST', 'n'], ['RENAME', 'n', 'nn'], ['RENAME', 'none', 'x'],
  ['RENAMENX', 'nn', 'e'], ['COPY', 'nn', 'copy'], ['INCR', 'l2'], ['INCR', 'h'], ['LPUSH', 'e', 'x'], ['UNLINK', 'nn', 'copy'],
  ['SORT', 's2', 'ALPHA', 'STORE', 'sorted'], ['SPOP', 's2'], ['FLUSHALL'],
];

async function tell(client: RespClient): Promise<Reply[]> {
  return client.pipeline(tour);
}

describe('true replies', { timeout: 180_000 }, () => {
  const shared = oneWorld({
    racks: [{ name: 'east', pylons: 2 }, { name: 'west' }],
    env: { PYLON_REPLY: 'auto', PYLON_REPLY_TIMEOUT_MS: '3000' },
  });
  let leader: PylonProcess;
  let other: PylonProcess;

  before(async () => {
    leader = await shared.east.leader();
    other = shared.east.running.find((pylon) => pylon !== leader) as PylonProcess;
  });

  it('are what a bare Redis says, through the leader and through another', async (t) => {
    const bare = await RackRedis.start();
    t.after(() => bare.remove());
    const client = await bare.connect();
    // SPOP is refused by Pylon, and by its name alone.
    const spop = tour.findIndex(([name]) => name === 'SPOP');
    const wanted = await tell(client);
    for (const pylon of [leader, other]) {
      const told = await tell(await pylon.connect());
      tour.forEach((command, index) => {
        if (index !== spop) assert.deepEqual(told[index], wanted[index], command.join(' '));
      });
      assert.match(String((told[spop] as { value: unknown }).value), /^ERR PYLON refuses 'spop'/);
    }
    client.destroy();
  });

  it('come in order, each number once, with thousands in flight through both Pylons', async () => {
    const clients = [await leader.connect(), await other.connect(), await leader.connect(), await other.connect()];
    const each = 3_000;
    const increments = Array.from({ length: each }, () => ['INCR', 'counter']);
    const told = await Promise.all(clients.map((client) => client.pipeline(increments)));
    const numbers = told.map((replies) => replies.map((reply) => {
      assert.equal(reply.type, 'integer', JSON.stringify(reply));
      return Number((reply as { value: unknown }).value);
    }));
    for (const own of numbers) assert.ok(own.every((value, index) => index === 0 || value > own[index - 1]), 'in order');
    const all = numbers.flat().sort((a, b) => a - b);
    assert.deepEqual(all, Array.from({ length: each * clients.length }, (_, index) => index + 1));
    for (const client of clients) client.destroy();
  });

  it('keep their place between reads and writes that are answered at the log', async () => {
    const client = await other.connect();
    const commands = Array.from({ length: 500 }, (_, index) => [
      ['SET', `k${index}`, index], ['INCR', 'place'], ['PING', index], ['GET', 'never'], ['RPUSH', 'places', index],
    ]).flat();
    const told = await client.pipeline(commands);
    for (let index = 0; index < 500; index++) {
      const values = told.slice(index * 5, index * 5 + 5).map((reply) => String((reply as { value?: unknown }).value ?? null));
      assert.deepEqual(values, ['OK', String(index + 1), String(index), 'null', String(index + 1)]);
    }
    client.destroy();
  });

  it('give every element of a list, and every SETNX, one owner in the world', async () => {
    const [east, west] = [await other.connect(), await shared.west.connect()];
    const elements = Array.from({ length: 2_000 }, (_, index) => `e${index}`);
    await east.command('RPUSH', 'shared', ...elements);
    const pops = Array.from({ length: 1_200 }, () => ['LPOP', 'shared']);
    const races = Array.from({ length: 300 }, (_, index) => ['SETNX', `race${index}`, 'mine']);
    const [fromEast, fromWest] = await Promise.all([east, west].map((client) => client.pipeline([...pops, ...races])));
    const popped = [fromEast, fromWest].flatMap((replies) => replies.slice(0, pops.length))
      .filter((reply) => reply.type === 'bulk' && reply.value !== null).map((reply) => String((reply as { value: unknown }).value));
    assert.deepEqual(popped.sort(), elements.sort());
    races.forEach((_, index) => {
      const winners = [fromEast, fromWest].filter((replies) => String((replies[pops.length + index] as { value: unknown }).value) === '1');
      assert.equal(winners.length, 1, `race ${index}`);
    });
    east.destroy();
    west.destroy();
    await shared.world.converge();
  });

  it('can be had at the log, or with all writes, as the connection likes', async () => {
    const client = await leader.connect();
    assert.equal(await client.text('PYLON', 'REPLY'), 'auto');
    await client.text('PYLON', 'REPLY', 'log');
    await client.text('SET', 'mode', 5);
    assert.equal(await client.text('INCR', 'mode'), '0');
    await client.text('PYLON', 'REPLY', 'applied');
    await client.text('SET', 'mode', 7);
    assert.equal(await client.text('GET', 'mode'), '7', 'applied when answered');
    const { type, value } = (await client.command('PYLON', 'REPLY', 'later')) as { type: string; value: unknown };
    assert.equal(type, 'error');
    assert.match(String(value), /auto, log, applied/);
    client.destroy();
  });

  it('may be large, also through a Pylon that does not lead', async () => {
    const client = await other.connect();
    const value = 'v'.repeat(10_000_000);
    await client.text('SET', 'large', value);
    assert.equal(await client.text('GETDEL', 'large'), value);
    const element = 'e'.repeat(20_000);
    for (let round = 0; round < 4; round++) await client.pipeline(Array.from({ length: 200 }, () => ['RPUSH', 'heavy', element]));
    const popped = await client.pipeline(Array.from({ length: 800 }, () => ['LPOP', 'heavy']));
    for (const reply of popped) assert.equal(String((reply as { value: unknown }).value).length, element.length);
    client.destroy();
  });

  it('are bounded: a client that asks for too much at once is told so, and nobody else notices', async () => {
    const value = 'v'.repeat(2_000_000);
    for (const pylon of [leader, other]) {
      const client = await pylon.connect();
      await client.text('SET', 'wide', value);
      await client.pipeline(Array.from({ length: 1_000 }, () => ['INCR', 'window']));
      const told = await client.pipeline(Array.from({ length: 200 }, () => ['GETEX', 'wide', 'PERSIST']));
      const refused = told.filter(({ type }) => type === 'error').map((reply) => String((reply as { value: unknown }).value));
      for (const line of refused) assert.match(line, /^PYLON_NO_REPLY .* too large/);
      for (const reply of told) if (reply.type === 'bulk') assert.equal(String(reply.value), value);
      assert.ok(refused.length < told.length);
      client.destroy();
    }
    assert.ok(leader.running && other.running);
  });

  it('are not disturbed by what others publish in the rack\'s Redis', async () => {
    const client = await other.connect();
    await shared.east.redis.use(async (redis) => {
      const channels = (await redis.pipeline([['PUBSUB', 'CHANNELS', '__pylon__:*']]))[0] as { value: Reply[] };
      const names = channels.value.map((name) => String((name as { value: unknown }).value));
      assert.equal(names.length, 3, names.join());
      const nonsense = ['', 'nonsense', '\x92\x01', '\xdd\xff\xff\xff\xff', '\x95\xa1a\xc4\x01x\xc4\x01x\xc4\x01x\xc4\x00', '\x92\xff\xc0'];
      for (const name of names) for (const bytes of nonsense) await redis.command('PUBLISH', name, Buffer.from(bytes, 'latin1'));
    });
    assert.equal(await client.text('SETNX', 'calm', 1), '1');
    assert.ok(leader.running && other.running);
    client.destroy();
  });

  it('are given up after a while when Redis does not answer, and the write is applied once all the same', async () => {
    const client = await other.connect();
    await shared.east.redis.pause();
    const { value } = (await client.command('INCR', 'late')) as { value: unknown };
    assert.match(String(value), /^PYLON_NO_REPLY the write is in the log at \d+:0, but no reply of the rack's Redis has come within 3000 ms/);
    await shared.east.redis.resume();
    await shared.world.converge();
    const east = shared.east.redis;
    await eventually('the write', () => east.use((redis) => redis.text('GET', 'late')), (text) => text === '1');
    client.destroy();
  });

  it('are told to be missing when a Pylon stops before they come', async (t) => {
    const leaving = await shared.east.startPylon({ PYLON_REPLY_TIMEOUT_MS: '60000' });
    const client = await leaving.connect();
    await shared.east.redis.pause();
    t.after(() => shared.east.redis.resume());
    const [logged, told] = [client.command('SET', 'left', 1), client.command('INCR', 'left')];
    await logged;
    const [{ value }] = (await Promise.all([told, leaving.stop()])) as unknown as [{ value: unknown }, unknown];
    assert.match(String(value), /^PYLON_NO_REPLY the write is in the log at \d+:[01], but this Pylon stops/);
    client.destroy();
  });

  it('do not come twice or from nowhere when the leader is killed', async () => {
    const client = await other.connect();
    const replies: Reply[] = [];
    let killed: Promise<void> | undefined;
    for (let round = 0; round < 12; round++) {
      if (round === 4) killed = leader.kill();
      replies.push(...(await client.pipeline(Array.from({ length: 500 }, () => ['INCR', 'survivor']))));
    }
    await killed;
    const numbers = replies.filter(({ type }) => type === 'integer').map((reply) => Number((reply as { value: unknown }).value));
    assert.equal(new Set(numbers).size, numbers.length);
    for (const reply of replies) {
      if (reply.type !== 'integer') assert.match(String((reply as { value: unknown }).value), /^PYLON_NO_REPLY .* in the log at/);
    }
    await shared.world.converge();
    assert.equal(await shared.west.redis.use((redis) => redis.text('GET', 'survivor')), String(replies.length));
    client.destroy();
  });
});
