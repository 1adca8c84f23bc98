/** kill -9 of the one Kafka broker in mid-load, and its return: no acknowledged write is lost, none is there twice. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { eventually } from '../support/eventually.js';
import { describeProgress } from '../support/load.js';
import { startOwnKafka } from '../support/own-kafka.js';
import { startWorld } from '../support/test-world.js';

it('a killed Kafka costs time and no acknowledged write', { timeout: 180_000 }, async (t) => {
  const kafka = await startOwnKafka(t);
  const world = await startWorld(t, { kafka: kafka.bootstrapServers, racks: [{ name: 'east' }, { name: 'west' }] });
  const loads = world.racks.map((rack) => world.startLoad(rack, { writes: 1e9, writesPerSecondMax: 3000 }));
  const acknowledged = (): number => Math.min(...loads.map((load) => load.progress.acknowledged));
  await eventually('the load to be under way', acknowledged, (count) => count > 4000);

  await kafka.kill('SIGKILL');
  // Reads go on: they need no Kafka.
  const reader = await world.racks[0].connect();
  assert.notEqual(await reader.text('GET', 'checked:counters:0'), '(nil)');
  reader.destroy();
  await kafka.restart();

  const before = acknowledged();
  await eventually('writes to go on', acknowledged, (count) => count > before + 3000, { deadlineMs: 60_000 });
  await Promise.all(loads.map((load) => load.stop()));
  for (const load of loads) {
    t.diagnostic(`seed ${world.seed}: ${describeProgress(load.progress)}`);
    assert.equal(load.progress.connectionsLost, 0, describeProgress(load.progress));
  }
  await world.check();
});
