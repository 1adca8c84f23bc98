/**
 * Other numbers of worker threads, a Redis with a password, and a database of its own: order and data are the same. The
 * order of each connection is part of the check (checker.ts), as is every reply's place.
 */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { describeProgress } from '../support/load.js';
import { oneWorld } from '../support/one-world.js';
import { encodePipeline, showReply } from '../support/resp-client.js';

describe('several workers of each kind', { timeout: 120_000 }, () => {
  const shared = oneWorld({
    env: {
      PYLON_PARSE_WORKERS: '2',
      PYLON_PARSE_OFFLOAD_BYTES: '4096',
      PYLON_PRODUCERS: '3',
      PYLON_STEP_COMMANDS: '37',
    },
    racks: [
      { name: 'east', redis: { requirepass: 'a secret/with:marks@' }, database: 3 },
      {
        name: 'west',
        database: 3,
        env: { PYLON_PARSE_WORKERS: '0', PYLON_PRODUCERS: '1', PYLON_STEP_COMMANDS: '5000' },
      },
    ],
  });

  it('keep order and data under a mixed load', async (t) => {
    const { world, east, west } = shared;
    const loads = [east, west].map((rack) => world.startLoad(rack, { writes: 15_000, connections: 6, pipeline: 200 }));
    await Promise.all(loads.map((load) => load.done));
    for (const { progress } of loads) {
      t.diagnostic(`seed ${world.seed}: ${describeProgress(progress)}`);
      assert.equal(progress.acknowledged, 15_000, describeProgress(progress));
    }
    await world.check();
    const info = await east.running[0].info();
    assert.ok(info.number('readsOffloaded') > 0, 'the parse pool had nothing to do');
    for (const producer of [0, 1, 2]) {
      assert.ok(info.number(`producer${producer}_recordsLogged`) > 0, `producer ${producer} had nothing to do`);
    }
  });

  it('give every reply its place in pipelines of small commands, inline and as arrays', async () => {
    const client = await shared.east.connect(30_000);
    const count = 20_000;
    const commands = Array.from({ length: count }, (_, index) =>
      index % 7 === 3 ? ['SET', `k${index}`, index] : ['ECHO', index],
    );
    const bytes: Buffer[] = [];
    for (let at = 0; at < count; at += 500) {
      bytes.push(encodePipeline(commands.slice(at, at + 500)), Buffer.from(`\r\nECHO inline${at}\r\n`));
    }
    const outcomes = await client.exchange(Buffer.concat(bytes), count + count / 500, 30_000);
    const wanted: string[] = [];
    for (let at = 0; at < count; at += 500) {
      for (let index = at; index < at + 500; index++) wanted.push(index % 7 === 3 ? 'OK' : String(index));
      wanted.push(`inline${at}`);
    }
    assert.deepEqual(outcomes.map(showReply), wanted);
    client.destroy();
    await shared.world.converge();
  });
});
