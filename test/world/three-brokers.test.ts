/**
 * Three brokers, three replicas, two of which must have a write before it is acknowledged: kill -9 of one broker in
 * mid-load loses no acknowledged write, and writes go on with the two that are left. Run by `npm run test:world`.
 */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { eventually } from '../support/eventually.js';
import { inSyncReplicas } from '../support/kafka.js';
import { describeProgress } from '../support/load.js';
import { startOwnKafka } from '../support/own-kafka.js';
import { startWorld } from '../support/test-world.js';

it('a killed broker of three loses no acknowledged write', { timeout: 300_000 }, async (t) => {
  const kafka = await startOwnKafka(t, { brokers: 3 });
  const world = await startWorld(t, {
    kafka: kafka.bootstrapServers,
    replication: 3,
    racks: [{ name: 'east', pylons: 2 }, { name: 'west' }],
  });
  const loads = world.racks.map((rack) => world.startLoad(rack, { writes: 1e9, writesPerSecondMax: 2000 }));
  const acknowledged = (): number => Math.min(...loads.map((load) => load.progress.acknowledged));
  await eventually('the load to be under way', acknowledged, (count) => count > 4000);

  // Each broker in turn, so that the leader of the log and the coordinators of the groups are among them.
  for (const broker of kafka.brokers) {
    await broker.kill('SIGKILL');
    const before = acknowledged();
    await eventually('writes to go on with two brokers', acknowledged, (count) => count > before + 2000, {
      deadlineMs: 60_000,
    });
    await broker.restart();
    const inSync = (): Promise<number> => inSyncReplicas(world.kafka, world.name);
    await eventually('all replicas to be in sync', inSync, (count) => count === 3, { deadlineMs: 60_000 });
  }
  await Promise.all(loads.map((load) => load.stop()));
  for (const load of loads) {
    t.diagnostic(`seed ${world.seed}: ${describeProgress(load.progress)}`);
    assert.equal(load.progress.connectionsLost, 0, describeProgress(load.progress));
  }
  await world.check();
});
