/**
 * Poison in the log: records that no gateway would write, written past all of them. Each is passed over and counted, in
 * every rack alike; what stands before and behind it, in the same record too, is applied.
 */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { eventually } from '../support/eventually.js';
import { produceRaw } from '../support/kafka.js';
import { oneWorld } from '../support/one-world.js';
import { RawAuthor } from '../support/raw-records.js';
import { texts } from '../support/rack-data.js';
import type { Argument } from '../support/resp-client.js';

type Frame = readonly Argument[] | Buffer;

/** No Redis could, or none may, execute these: counted as poison. */
const poison: Readonly<Record<string, readonly Frame[]>> = {
  'a wrong number of arguments': [['SET', 'alone'], ['HSET', 'h', 'f'], ['INCR'], ['GETSET', 'k']],
  'arguments that no Redis takes': [
    ['MSET', 'a', '1', 'b'],
    ['SET', 'a', 'x', 'EX', 'soon'],
    ['SET', 'a', 'x', 'NX', 'XX'],
    ['SETRANGE', 'a', '-1', 'x'],
    ['ZADD', 'z', 'high', 'm'],
  ],
  'an unknown command': [
    ['NOSUCH', 'a', 'b'],
    ['SET\r\nx', 'a', 'b'],
    ['', 'a'],
  ],
  'a command that may not be in the log': [
    ['MULTI'],
    ['EXEC'],
    ['DISCARD'],
    ['WATCH', 'marks'],
    ['UNWATCH'],
    ['SELECT', '3'],
    ['SHUTDOWN', 'NOSAVE'],
    ['DEBUG', 'SLEEP', '30'],
    ['REPLICAOF', '127.0.0.1', '1'],
    ['CONFIG', 'SET', 'maxmemory', '1'],
    ['CLIENT', 'REPLY', 'OFF'],
    ['CLIENT', 'KILL', 'TYPE', 'normal'],
    ['SUBSCRIBE', 'channel'],
    ['MONITOR'],
    ['RESET'],
    ['QUIT'],
    ['HELLO', '3'],
    ['BLPOP', 'nothing', '0'],
    ['EVAL', "return redis.call('SET', 'scripted', '1')", '0'],
    ['SCRIPT', 'FLUSH'],
    ['SWAPDB', '0', '1'],
    ['MOVE', 'marks', '1'],
  ],
  'a reserved key': [
    ['SET', '__pylon__:fence', 'x'],
    ['DEL', 'marks2', '__pylon__:fence'],
    ['RENAME', 'marks', '__pylon__:fence'],
    ['RENAME', '__pylon__:fence', 'elsewhere'],
    ['MSET', 'a', '1', '__pylon__:anything', '2'],
  ],
  'a frame that is not one command': [
    Buffer.from('garbage\r\n'),
    Buffer.from('SET inline value\r\n'),
    Buffer.from('*1\r\n$3\r\nSE'),
    Buffer.from('*0\r\n'),
    Buffer.from('*-1\r\n'),
    Buffer.from('*2\r\n$03\r\nGET\r\n$1\r\na\r\n'),
    Buffer.from('*3\r\n$3\r\nSET\r\n$1\r\na\r\n$-1\r\n'),
    Buffer.from('*2\r\n$4\r\nINCR\r\n$6\r\ntwice1\r\n*2\r\n$4\r\nINCR\r\n$6\r\ntwice2\r\n'),
    Buffer.from('\r\n'),
  ],
};

describe('poison in the log', () => {
  const shared = oneWorld();
  const author = new RawAuthor();

  async function counters(name: string): Promise<number[]> {
    return Promise.all(shared.world.racks.map(async (rack) => (await rack.leaderInfo()).number(name)));
  }

  async function marks(): Promise<string[]> {
    return shared.world.racks[0].redis.use(async (redis) => texts(await redis.command('LRANGE', 'marks', 0, -1)));
  }

  let number = 0;
  for (const [what, frames] of Object.entries(poison)) {
    it(`passes over ${what}`, async () => {
      const [countBefore] = await counters('applier0_poisonCommands');
      const marksBefore = await marks();
      const mark = (): Frame => ['RPUSH', 'marks', String(++number)];
      // Each in a record with good neighbours, then all in one record, then each alone.
      const each = frames.map((frame) => author.record([mark(), frame, mark()]));
      const together = author.record([mark(), ...frames, mark()]);
      const alone = frames.map((frame) => author.record([frame]));
      const expected = Array.from({ length: number - marksBefore.length }, (_, index) =>
        String(marksBefore.length + index + 1),
      );
      await produceRaw(shared.world.kafka, shared.world.name, [...each, together, ...alone]);
      await shared.world.converge();
      assert.deepEqual(await marks(), [...marksBefore, ...expected]);
      const count = countBefore + frames.length * 3;
      await eventually(
        'both racks to have counted',
        () => counters('applier0_poisonCommands'),
        (now) => now.every((one) => one === count),
        {
          deadlineMs: 3000,
        },
      );
    });
  }

  it('has left nothing else behind', async () => {
    const keys = await shared.world.racks[1].redis.use(async (redis) => texts(await redis.command('KEYS', '*')).sort());
    assert.deepEqual(keys, ['__pylon__:fence', 'marks']);
  });

  it('counts a data error of Redis, and goes on', async () => {
    const [dataErrors] = await counters('applier0_dataErrors');
    const bad = [
      ['LPUSH', 'text', 'x'],
      ['INCR', 'text'],
      ['RENAME', 'nothing', 'something'],
      ['LSET', 'marks', '100000', 'x'],
    ];
    await produceRaw(shared.world.kafka, shared.world.name, [
      author.record([['SET', 'text', 'abc'], ...bad, ['SET', 'behind', '1']]),
    ]);
    await shared.world.converge();
    await eventually(
      'both racks to have counted',
      () => counters('applier0_dataErrors'),
      (now) => now.every((one) => one === dataErrors + bad.length),
    );
    assert.equal(await shared.world.racks[1].redis.use((redis) => redis.text('MGET', 'text', 'behind')), '[abc, 1]');
  });

  it('passes over records that are not of Pylon', async () => {
    const [foreign] = await counters('applier0_foreignRecords');
    const strangers = [Buffer.from('hello'), Buffer.alloc(0), Buffer.from('P'), Buffer.from('{"json": true}')];
    await produceRaw(shared.world.kafka, shared.world.name, [
      ...strangers,
      author.record([['SET', 'after:strangers', '1']]),
    ]);
    await shared.world.converge();
    await eventually(
      'both racks to have counted',
      () => counters('applier0_foreignRecords'),
      (now) => now.every((one) => one === foreign + strangers.length),
    );
    assert.equal(await shared.world.racks[0].redis.use((redis) => redis.text('GET', 'after:strangers')), '1');
  });

  it('applies a batch once that stands twice in the log', async () => {
    const [duplicates] = await counters('applier0_duplicateRecords');
    const record = author.record([
      ['INCR', 'once'],
      ['INCR', 'once'],
    ]);
    const next = author.record([['INCR', 'next']]);
    await produceRaw(shared.world.kafka, shared.world.name, [record, record, next, record, next]);
    await shared.world.converge();
    await eventually(
      'both racks to have counted',
      () => counters('applier0_duplicateRecords'),
      (now) => now.every((one) => one === duplicates + 3),
    );
    assert.equal(await shared.world.racks[1].redis.use((redis) => redis.text('MGET', 'once', 'next')), '[2, 1]');
  });

  it('stops at a record from the future, and says so; reads go on', async () => {
    const record = author.record([['SET', 'from:the:future', '1']]);
    record[2] = 99; // envelope version
    await produceRaw(shared.world.kafka, shared.world.name, [
      author.record([['SET', 'last', '1']]),
      record,
      author.record([['SET', 'beyond', '1']]),
    ]);
    for (const rack of shared.world.racks) {
      const [pylon] = rack.running;
      const halted = (state: string): boolean => /^halted: .*PYLON_RECORD_UNKNOWN.*99/.test(state);
      await eventually(`the applier of ${rack.name} to halt`, () => pylon.applier(), halted);
      const client = await rack.connect();
      assert.equal(await client.text('MGET', 'last', 'beyond'), '[1, (nil)]');
      client.destroy();
    }
  });
});
