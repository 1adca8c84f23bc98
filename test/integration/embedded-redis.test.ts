// The embedded Redis: serves, keeps its data over a clean restart and a kill, says why it does not start.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Redis } from 'ioredis';
import { startRedis } from '../../src/main/embedded/redis.js';

const dir = mkdtempSync(join(tmpdir(), 'pylon-redis-'));
after(() => rmSync(dir, { recursive: true, force: true }));

async function ask<T>(url: string, question: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { maxRetriesPerRequest: 0 });
  redis.on('error', () => {}); // comes as an error of the command as well
  try {
    return await question(redis);
  } finally {
    redis.disconnect();
  }
}

test('serves on a port of its own, and keeps its data', async () => {
  const redis = await startRedis({ dataDir: join(dir, 'keep'), args: ['--maxmemory', '64mb'] });
  try {
    assert.equal(redis.url, `redis://127.0.0.1:${redis.port}`);
    await ask(redis.url, (client) => client.set('a', '1'));
    const setting = await ask(redis.url, (client) => client.config('GET', 'maxmemory'));
    assert.deepEqual(setting, ['maxmemory', String(64 << 20)]);

    const { pid, port } = redis;
    await redis.restart();
    assert.notEqual(redis.pid, pid);
    assert.equal(redis.port, port);
    assert.equal(await ask(redis.url, (client) => client.get('a')), '1');

    await ask(redis.url, (client) => client.set('b', '2'));
    await redis.kill('SIGKILL');
    assert.throws(() => process.kill(redis.pid, 0), 'it is gone');
    await redis.restart();
    assert.equal(await ask(redis.url, (client) => client.get('b')), '2');
  } finally {
    await redis.stop();
  }
  await assert.rejects(ask(redis.url, (client) => client.ping()));
});

test('takes a torn transaction off its append-only file before it starts', async () => {
  const dataDir = join(dir, 'torn');
  const redis = await startRedis({ dataDir });
  try {
    await ask(redis.url, (client) => client.multi().incr('a').incr('b').exec());
    await ask(redis.url, (client) => client.multi().incr('a').incr('b').exec());
    await redis.kill('SIGKILL');
    const folder = join(dataDir, 'appendonlydir');
    const file = join(folder, readdirSync(folder).find((name) => name.endsWith('.incr.aof')) as string);
    truncateSync(file, statSync(file).size - 20); // behind the second INCR a
    await redis.restart();
    const counts = (): Promise<(string | null)[]> => ask(redis.url, (client) => client.mget('a', 'b'));
    assert.deepEqual(await counts(), ['1', '1']);
    await ask(redis.url, (client) => client.multi().incr('a').incr('b').exec());
    await redis.restart();
    assert.deepEqual(await counts(), ['2', '2']);
    assert.match(readFileSync(redis.logFile, 'utf8'), /Successfully truncated AOF/);
  } finally {
    await redis.stop();
  }
});

test('pauses and goes on', async () => {
  const redis = await startRedis({ dataDir: join(dir, 'pause') });
  try {
    await redis.kill('SIGSTOP');
    const answer = ask(redis.url, (client) => client.ping());
    await redis.kill('SIGCONT');
    assert.equal(await answer, 'PONG');
  } finally {
    await redis.stop();
  }
});

test('several at once get ports of their own', async () => {
  const started = await Promise.all([1, 2, 3].map((n) => startRedis({ dataDir: join(dir, `many-${n}`) })));
  assert.equal(new Set(started.map(({ port }) => port)).size, 3);
  await Promise.all(started.map((redis) => redis.stop()));
});

test('a start that fails says why', async () => {
  const first = await startRedis({ dataDir: join(dir, 'first') });
  try {
    // The port is taken: the other server's answer must not be taken for ours.
    await assert.rejects(startRedis({ dataDir: join(dir, 'second'), port: first.port }), /Address already in use/);
    const args = ['--no-such-option', 'x'];
    await assert.rejects(startRedis({ dataDir: join(dir, 'third'), args }), /no-such-option/);
  } finally {
    await first.stop();
  }
});
