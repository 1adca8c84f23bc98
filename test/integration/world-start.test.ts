/**
 * The demo world behind `npm start`: comes up, works, keeps its data for the next time, and leaves nothing running,
 * whether it is ended by Ctrl-C or killed.
 */

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { freePorts } from '../../src/main/embedded/ports.js';
import type { Child } from '../support/child.js';
import { cleanUp, type Scope } from '../support/clean-up.js';
import { eventually } from '../support/eventually.js';
import { descendants, stillRunning } from '../support/processes.js';
import { pylonCommand } from '../support/pylon-process.js';
import { RespClient } from '../support/resp-client.js';

/** A free port whose follower is free too. */
async function twoFreePorts(): Promise<number> {
  for (;;) {
    const [port] = await freePorts(1);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port + 1, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

async function ask(port: number, ...command: string[]): Promise<string> {
  const client = await RespClient.connect({ port });
  try {
    return await client.text(...command);
  } finally {
    client.destroy();
  }
}

it('the demo world starts, keeps its data, and leaves nothing running', { timeout: 180_000 }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'pylon-test-world-'));
  cleanUp(t, () => rm(folder, { recursive: true, force: true }));
  const east = await twoFreePorts();
  const west = east + 1;
  const start = async (scope: Scope): Promise<{ world: Child; parts: number[] }> => {
    const world = pylonCommand(['world', '--port', String(east), '--data', folder], {});
    cleanUp(scope, () => world.kill());
    await world.printed(/^ready .*$/m, 60_000);
    const parts = await descendants(world.pid);
    assert.ok(parts.length >= 5, `Kafka, two Redis, two Pylons: ${parts.length} processes`);
    return { world, parts };
  };
  const gone = (parts: number[]): Promise<number[]> =>
    eventually(
      'all processes to be gone',
      () => stillRunning(parts),
      (left) => left.length === 0,
    );

  await t.test('comes up and works', async () => {
    const { world, parts } = await start(t);
    assert.match(world.stdout, new RegExp(`redis-cli -p ${west}`));
    assert.equal(await ask(east, 'SET', 'greeting', 'hello'), 'OK');
    await eventually(
      'the greeting in west',
      () => ask(west, 'GET', 'greeting'),
      (value) => value === 'hello',
    );
    world.signal('SIGINT');
    const exit = await world.ends(40_000);
    assert.deepEqual(exit, { code: 0, signal: null }, world.output());
    await gone(parts);
  });

  await t.test('keeps its data; a second one on the same data is refused', async () => {
    const { world, parts } = await start(t);
    assert.equal(await ask(west, 'GET', 'greeting'), 'hello');
    assert.equal(await ask(west, 'SET', 'answer', 'hi'), 'OK');
    await eventually(
      'the answer in east',
      () => ask(east, 'GET', 'answer'),
      (value) => value === 'hi',
    );
    const second = pylonCommand(['world', '--port', String(await twoFreePorts()), '--data', folder], {});
    cleanUp(t, () => second.kill());
    assert.equal((await second.ends(20_000)).code, 1, second.output());
    assert.match(second.stderr, /already running/);
    await world.kill();
    await gone(parts);
  });

  await t.test('comes up again after it was killed', async () => {
    const { world, parts } = await start(t);
    assert.equal(await ask(east, 'GET', 'answer'), 'hi');
    world.signal('SIGTERM');
    assert.equal((await world.ends(40_000)).code, 0, world.output());
    await gone(parts);
  });
});
