/**
 * The main promise: two racks that stay in sync. All of a large mixed load, half of it sent to either rack, leaves both
 * with the same data; what is set in one place is read in the other; deadlines are the same to the millisecond.
 */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '../support/eventually.js';
import { describeProgress } from '../support/load.js';
import { oneWorld } from '../support/one-world.js';
import { readDeadlines } from '../support/rack-data.js';
import { showReply } from '../support/resp-client.js';

describe('two racks', () => {
  const shared = oneWorld();

  it('shows in west what was set in east, and the other way round', async () => {
    const { east, west } = shared;
    for (const [here, there] of [
      [east, west],
      [west, east],
    ]) {
      const writer = await here.connect();
      const reader = await there.connect();
      assert.equal(await writer.text('SET', `from:${here.name}`, 'hello'), 'OK');
      const look = (): Promise<string> => reader.text('GET', `from:${here.name}`);
      await eventually(`the value in ${there.name}`, look, (value) => value === 'hello');
      writer.destroy();
      reader.destroy();
    }
  });

  it('gives a key the same deadline everywhere, whatever form it was given in', async () => {
    const { world, east, west } = shared;
    const client = await east.connect();
    const atSeconds = Math.floor(Date.now() / 1000) + 3600;
    const commands = [
      ['SET', 'd:ex', 'v', 'EX', 3600],
      ['SET', 'd:px', 'v', 'PX', 3_600_123],
      ['SET', 'd:exat', 'v', 'EXAT', atSeconds],
      ['SET', 'd:pxat', 'v', 'PXAT', atSeconds * 1000 + 7],
      ['SETEX', 'd:setex', 3600, 'v'],
      ['PSETEX', 'd:psetex', 3_600_123, 'v'],
      ...[
        'expire',
        'pexpire',
        'expireat',
        'pexpireat',
        'getex',
        'getexpx',
        'persist',
        'keepttl',
        'nx',
        'gt',
        'lost',
      ].map((name) => ['SET', `d:${name}`, 'v']),
      ['EXPIRE', 'd:expire', 3600],
      ['PEXPIRE', 'd:pexpire', 3_600_123],
      ['EXPIREAT', 'd:expireat', atSeconds],
      ['PEXPIREAT', 'd:pexpireat', atSeconds * 1000 + 7],
      ['GETEX', 'd:getex', 'EX', 3600],
      ['GETEX', 'd:getexpx', 'PXAT', atSeconds * 1000 + 9],
      ['EXPIRE', 'd:persist', 3600],
      ['PERSIST', 'd:persist'],
      ['EXPIRE', 'd:keepttl', 3600],
      ['SET', 'd:keepttl', 'w', 'KEEPTTL'],
      ['EXPIRE', 'd:nx', 3600, 'NX'],
      ['EXPIRE', 'd:nx', 7200, 'NX'],
      ['EXPIRE', 'd:gt', 3600],
      ['EXPIRE', 'd:gt', 60, 'GT'],
      ['EXPIRE', 'd:lost', 3600],
      ['SET', 'd:lost', 'w'],
    ];
    const replies = await client.pipeline(commands);
    client.destroy();
    assert.deepEqual(replies.filter(({ type }) => type === 'error').map(showReply), []);
    await world.converge();
    const deadlines = await west.redis.use(readDeadlines);
    const expected = commands.map(([, key]) => key).filter((key) => !['d:persist', 'd:lost'].includes(String(key)));
    assert.deepEqual([...deadlines.keys()], [...new Set(expected)].sort());
    assert.equal(deadlines.get('d:exat'), atSeconds * 1000);
    assert.equal(deadlines.get('d:pexpireat'), atSeconds * 1000 + 7);
    for (const [key, deadlineMs] of deadlines) {
      assert.ok(Math.abs(deadlineMs - atSeconds * 1000) < 60_000, `${key} expires at ${deadlineMs}`);
    }
  });

  it('drops a key everywhere when its deadline has passed', async () => {
    const { world, east, west } = shared;
    const client = await east.connect();
    await client.pipeline([
      ['SET', 'short:px', 'v', 'PX', 50],
      ['SET', 'short:past', 'v'],
      ['PEXPIREAT', 'short:past', 1],
      ['SET', 'short:negative', 'v'],
      ['EXPIRE', 'short:negative', -1],
    ]);
    client.destroy();
    for (const { name, redis } of [east, west]) {
      const look = (): Promise<string> =>
        redis.use((backend) => backend.text('EXISTS', 'short:px', 'short:past', 'short:negative'));
      await eventually(`short keys to be gone in ${name}`, look, (count) => count === '0');
    }
    await world.converge();
  });

  it('holds the same data in both racks after a mixed load of 100,000 writes', { timeout: 120_000 }, async (t) => {
    const { world, east, west } = shared;
    const loads = [east, west].map((rack) => world.startLoad(rack, { writes: 50_000, connections: 4, pipeline: 64 }));
    await Promise.all(loads.map((load) => load.done));
    for (const load of loads) {
      const { progress } = load;
      t.diagnostic(`seed ${world.seed}: ${describeProgress(progress)}`);
      assert.equal(progress.acknowledged, 50_000, describeProgress(progress));
    }
    await world.check();
    // The comparison would say so if there were nothing to compare.
    const size = await east.redis.use((client) => client.text('DBSIZE'));
    assert.ok(Number(size) > 500, `only ${size} keys`);
  });

  it('counts the same in both racks', async () => {
    const { east, west } = shared;
    const [eastInfo, westInfo] = [await east.leaderInfo(), await west.leaderInfo()];
    for (const name of ['applied_position', 'log_end', 'world']) {
      assert.equal(eastInfo.text(name), westInfo.text(name), name);
    }
    assert.equal(eastInfo.number('lag_records'), 0);
    assert.equal(eastInfo.text('rack'), 'east');
    assert.match(eastInfo.text('redis_version'), /^\d+\.\d+\.\d+/);
  });
});
