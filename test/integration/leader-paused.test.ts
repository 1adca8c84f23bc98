/**
 * A leader that sleeps (SIGSTOP) while another takes over, and wakes up with a step in its hands: a zombie. It does no
 * harm. That the checker would see the harm is shown by planted-bug.test.ts.
 */

import { it } from 'node:test';
import { eventually } from '../support/eventually.js';
import { describeProgress } from '../support/load.js';
import { startWorld } from '../support/test-world.js';
import { makeZombie, wakeZombie } from '../support/zombie.js';

it('a leader that wakes up after its successor took over does no harm', { timeout: 120_000 }, async (t) => {
  const world = await startWorld(t, { racks: [{ name: 'east', pylons: 2 }, { name: 'west' }] });
  const [east] = world.racks;
  const load = world.startLoad(east, { writes: 1e9, writesPerSecondMax: 4000, replyDeadlineMs: 3000 });
  await eventually(
    'the load to be under way',
    () => load.progress.acknowledged,
    (count) => count > 2000,
  );

  const zombie = await makeZombie(world, east, load);
  t.diagnostic(`took over ${Math.round(zombie.takeoverMs)} ms after the pause`);
  await wakeZombie(zombie);

  const acknowledged = load.progress.acknowledged;
  await eventually(
    'the load to go on',
    () => load.progress.acknowledged,
    (count) => count > acknowledged + 2000,
  );
  // Whichever of the two: the one that came back is a member like any other, and the group may give it the log again.
  await east.leader();
  await load.stop();
  t.diagnostic(`seed ${world.seed}: ${describeProgress(load.progress)}`);
  await world.check();
});
