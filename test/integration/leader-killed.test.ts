/** kill -9 of a rack's leader in mid-load: another Pylon of it takes over, and nothing is lost or applied twice. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { eventually } from '../support/eventually.js';
import { describeProgress } from '../support/load.js';
import { startWorld } from '../support/test-world.js';
import { takeoverMsMax } from '../support/zombie.js';

it('a killed leader costs a few seconds and no acknowledged write', { timeout: 120_000 }, async (t) => {
  const world = await startWorld(t, { racks: [{ name: 'east', pylons: 2 }, { name: 'west' }] });
  const [east, west] = world.racks;
  const load = world.startLoad(east, { writes: 1e9, writesPerSecondMax: 4000 });
  const elsewhere = world.startLoad(west, { writes: 1e9, writesPerSecondMax: 1000 });
  await eventually(
    'the load to be under way',
    () => load.progress.acknowledged,
    (count) => count > 4000,
  );

  const leader = await east.leader();
  await leader.kill();
  const killedAt = performance.now();
  const successor = await east.leader({ deadlineMs: takeoverMsMax });
  t.diagnostic(`took over after ${Math.round(performance.now() - killedAt)} ms`);
  assert.notEqual(successor, leader);

  // Writes never stopped: they need the log, not the leader.
  const acknowledged = load.progress.acknowledged;
  await eventually(
    'writes to go on',
    () => load.progress.acknowledged,
    (count) => count > acknowledged + 2000,
  );
  await Promise.all([load.stop(), elsewhere.stop()]);
  t.diagnostic(`seed ${world.seed}: ${describeProgress(load.progress)}`);
  assert.ok(load.progress.connectionsLost > 0, 'no client was connected to the killed leader');
  assert.equal(load.progress.errors.size, 0, describeProgress(load.progress));
  assert.equal(elsewhere.progress.unknown + elsewhere.progress.refused, 0, describeProgress(elsewhere.progress));
  await world.check();
});
