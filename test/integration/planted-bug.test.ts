/**
 * The checker is proven: the scenario of leader-paused.test.ts, with appliers whose fence is written blind (no WATCH,
 * no look at GET). The zombie then applies its step a second time, and the checker must say so. If this test fails, the
 * others prove nothing.
 */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { describeViolations } from '../support/checker.js';
import { eventually } from '../support/eventually.js';
import { startWorld } from '../support/test-world.js';
import { makeZombie } from '../support/zombie.js';

const blindPylon = fileURLToPath(new URL('../support/blind-pylon.cjs', import.meta.url));

it('a fence written blind is found out by the checker', { timeout: 120_000 }, async (t) => {
  const world = await startWorld(t, {
    racks: [{ name: 'east', pylons: 2, entry: blindPylon }, { name: 'west' }],
  });
  const [east] = world.racks;
  const load = world.startLoad(east, { writes: 1e9, writesPerSecondMax: 4000, mixedPercent: 0, replyDeadlineMs: 3000 });
  await eventually(
    'the load to be under way',
    () => load.progress.acknowledged,
    (count) => count > 2000,
  );
  assert.deepEqual(
    (await world.violations()).filter(({ kind }) => kind === 'doubled'),
    [],
  );

  const zombie = await makeZombie(world, east, load);
  zombie.pylon.resume();
  const found = await eventually(
    'the harm to show',
    () => world.violations(),
    (violations) => violations.some(({ rack, kind }) => rack === 'east' && kind === 'doubled'),
    { deadlineMs: 30_000, everyMs: 200 },
  );
  await load.stop();
  t.diagnostic(
    describeViolations(
      found.filter(({ kind }) => kind === 'doubled'),
      3,
    ),
  );
  assert.ok(!found.some(({ rack, kind }) => rack === 'west' && kind === 'doubled'), 'west has sound appliers');
});
