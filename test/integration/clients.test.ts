/** Ordinary Redis clients with their defaults, against Pylon: ioredis, redis-cli, redis-benchmark. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Redis } from 'ioredis';
import { run } from '../support/child.js';
import { eventually } from '../support/eventually.js';
import { oneWorld } from '../support/one-world.js';
import type { TestRack } from '../support/test-world.js';

describe('ordinary clients', { timeout: 180_000 }, () => {
  const shared = oneWorld();

  function portOf(rack: TestRack): number {
    return rack.running[0].ready.port;
  }

  it('ioredis connects and works with its defaults', async () => {
    const redis = new Redis(portOf(shared.east), '127.0.0.1');
    const elsewhere = new Redis(portOf(shared.west), '127.0.0.1');
    try {
      assert.equal(await redis.set('io:string', 'value'), 'OK');
      await eventually(
        'the value',
        () => redis.get('io:string'),
        (value) => value === 'value',
      );
      await redis.hset('io:hash', { a: '1', b: 'two' });
      const replies = await redis
        .pipeline()
        .set('io:1', 'x')
        .incr('io:count')
        .rpush('io:list', 'a', 'b')
        .get('io:string')
        .exec();
      assert.deepEqual(
        replies?.map(([error]) => error),
        [null, null, null, null],
      );
      assert.equal(replies?.[3][1], 'value');
      await eventually(
        'the hash in the other rack',
        () => elsewhere.hgetall('io:hash'),
        (hash) => hash['b'] === 'two',
      );
      await eventually(
        'the list in the other rack',
        () => elsewhere.lrange('io:list', 0, -1),
        (list) => list.join() === 'a,b',
      );
      assert.equal(await elsewhere.get('io:count'), '1');
      assert.match(await redis.info(), /redis_version:\d/);
      await assert.rejects(redis.eval('return 1', 0), /eval/);
      await assert.rejects(redis.subscribe('channel'), /subscribe/);
    } finally {
      redis.disconnect();
      elsewhere.disconnect();
    }
  });

  it('redis-cli works, one command at a time and by a script', async () => {
    const [east, west] = [String(portOf(shared.east)), String(portOf(shared.west))];
    assert.equal(await run('redis-cli', ['-p', east, 'SET', 'cli', 'hello'], 10_000), 'OK\n');
    const look = (): Promise<string> => run('redis-cli', ['-p', west, 'GET', 'cli'], 10_000);
    await eventually('the value in the other rack', look, (text) => text === 'hello\n');
    const script = 'SET cli:1 a\nAPPEND cli:1 b\nNOSUCH\nPING\n';
    const printed = (await run('redis-cli', ['-p', east], 10_000, script)).split('\n');
    assert.deepEqual([printed[0], printed[1], printed.at(-2)], ['OK', '0', 'PONG']);
    assert.match(await run('redis-cli', ['-p', east, 'PYLON', 'INFO'], 10_000), /^rack:east\r?$/m);
    // Bulk loading: raw commands from a pipe, and the count of replies checked by an ECHO at the end.
    const commands = Array.from({ length: 5000 }, (_, index) => `SET cli:bulk:${index} ${index}\r\n`).join('');
    assert.match(await run('redis-cli', ['-p', west, '--pipe'], 30_000, commands), /errors: 0, replies: 5000/);
  });

  it('redis-benchmark runs to the end on each rack, and the racks are equal a moment later', async (t) => {
    const tests = ['-t', 'set,get,incr,lpush,sadd,hset,zadd', '-n', '20000', '-P', '16', '-r', '10000', '-q'];
    const results = await Promise.all(
      [shared.east, shared.west].map((rack) => run('redis-benchmark', ['-p', String(portOf(rack)), ...tests], 120_000)),
    );
    for (const result of results) {
      const lines = result.split(/[\r\n]+/).filter((line) => line.includes('requests per second'));
      assert.equal(lines.length, 7, result);
      t.diagnostic(lines.map((line) => line.replace(/ requests per second.*/, '')).join(', '));
    }
    await shared.world.converge();
    const counter = await shared.east.redis.use(async (redis) => redis.text('KEYS', 'counter:*'));
    assert.notEqual(counter, '[]');
  });
});
