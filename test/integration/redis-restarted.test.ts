/**
 * A rack's Redis dies and comes back, once with all of its data and once without the last part of it: the fence goes
 * back together with the data, so the log fills in what is missing. Writes are accepted meanwhile.
 */

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { eventually } from '../support/eventually.js';
import { describeProgress, type Load } from '../support/load.js';
import { readFence } from '../support/rack-data.js';
import type { RackRedis, RedisSettings } from '../support/rack-redis.js';
import { startWorld, type TestWorld } from '../support/test-world.js';

/** A world of two racks, with a load on the first. */
async function underLoad(
  t: TestContext,
  settings: RedisSettings = {},
): Promise<{ world: TestWorld; load: Load; redis: RackRedis }> {
  const world = await startWorld(t, { racks: [{ name: 'east', redis: settings }, { name: 'west' }] });
  const load = world.startLoad(world.racks[0], { writes: 1e9, writesPerSecondMax: 4000 });
  await eventually(
    'the load to be under way',
    () => load.progress.acknowledged,
    (count) => count > 4000,
  );
  return { world, load, redis: world.racks[0].redis };
}

/** Writes go on while Redis is away, then all is as it must be. */
async function goOnAndCheck(t: TestContext, world: TestWorld, load: Load, restart: () => Promise<void>): Promise<void> {
  const before = load.progress.acknowledged;
  await eventually(
    'writes to be accepted while Redis is away',
    () => load.progress.acknowledged,
    (count) => count > before + 2000,
  );
  await restart();
  const after = load.progress.acknowledged;
  await eventually(
    'writes to go on',
    () => load.progress.acknowledged,
    (count) => count > after + 2000,
  );
  await load.stop();
  t.diagnostic(`seed ${world.seed}: ${describeProgress(load.progress)}`);
  assert.equal(load.progress.acknowledged, load.progress.sent, describeProgress(load.progress));
  await world.check();
}

describe('a Redis that restarts under load', { timeout: 180_000 }, () => {
  it('is killed and comes back with its data', async (t) => {
    const { world, load, redis } = await underLoad(t);
    await redis.kill();
    const state = (): Promise<string> => world.racks[0].running[0].applier();
    await eventually('INFO to say that the applier waits', state, (text) => /^waiting: .*Redis/.test(text));
    await goOnAndCheck(t, world, load, () => redis.restart());
  });

  it('is killed and comes back without the end of its data', async (t) => {
    const { world, load, redis } = await underLoad(t);
    const positionBefore = (await redis.use(readFence))?.next.offset ?? 0;
    await redis.kill();
    await redis.loseTail((size) => Math.floor(size / 2) - 3);
    const [pylon] = world.racks[0].running;
    await goOnAndCheck(t, world, load, async () => {
      pylon.pause(); // so that what Redis came back with can be seen
      await redis.restart();
      const position = (await redis.use(readFence))?.next.offset ?? 0;
      assert.ok(position < positionBefore, `the fence went from ${positionBefore} to ${position}`);
      pylon.resume();
    });
  });

  // Torn within a MULTI: what stands there of it must not be executed together with what comes behind.
  for (const [what, settings] of [
    ['and loads its file as far as it goes', { 'aof-load-truncated': 'yes' }],
    ['and its file is mended', {}],
  ] as const) {
    it(`is torn, and restarted twice, ${what}`, async (t) => {
      const { world, load, redis } = await underLoad(t, settings);
      await redis.kill();
      await redis.loseTail((size) => size - 1000);
      await redis.restart();
      const after = load.progress.acknowledged;
      await eventually(
        'writes to go on',
        () => load.progress.acknowledged,
        (count) => count > after + 2000,
      );
      await eventually(
        'them to be applied',
        () => world.racks[0].running[0].applier(),
        (state) => state.startsWith('applying'),
      );
      await redis.kill();
      await goOnAndCheck(t, world, load, () => redis.restart());
    });
  }

  it('loses everything: Pylon stops and says so, and fills it again when it is started anew', async (t) => {
    const { world, load, redis } = await underLoad(t);
    const [east] = world.racks;
    const [pylon] = east.running;
    await redis.kill();
    await redis.loseTail(() => 0);
    await redis.restart();
    await eventually(
      'the applier to halt',
      () => pylon.applier(),
      (state) => /^halted: .*PYLON_FENCE_GONE/.test(state),
    );
    assert.equal(await redis.use((client) => client.text('DBSIZE')), '0');
    const after = load.progress.acknowledged;
    await eventually(
      'writes to go on',
      () => load.progress.acknowledged,
      (count) => count > after + 1000,
    );
    await load.stop();
    await pylon.stop();
    await east.startPylon();
    await world.check();
  });
});
