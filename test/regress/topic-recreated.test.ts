/**
 * A log topic that was deleted and made anew under a running Pylon was carried on with as if it were the old one: the
 * first records of the new log were skipped in silence, as soon as it had grown past the old position. The topic's id is
 * watched now (src/main/serve/log-topic-watch.ts): Pylon ends and says why.
 */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Admin } from '@platformatic/kafka';
import { topicNames } from '../../src/shared/topics.js';
import { startWorld } from '../support/test-world.js';

it('ends when its log is another one', { timeout: 60_000 }, async (t) => {
  const world = await startWorld(t, { racks: [{ name: 'east' }] });
  const [pylon] = world.racks[0].running;
  const client = await pylon.connect();
  await client.text('SET', 'key', 'value');
  await world.converge();
  const topic = topicNames.log(world.name);
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: world.kafka.split(',') });
  await admin.deleteTopics({ topics: [topic] });
  for (;;) {
    try {
      await admin.createTopics({ topics: [topic], partitions: 1, replicas: 1 });
      break;
    } catch {
      // Not yet gone. The limit of the test bounds this.
    }
  }
  await admin.close();
  const exit = await pylon.child.ends(20_000);
  assert.equal(exit.code, 78);
  assert.match(pylon.child.stderr, /PYLON_TOPIC.*deleted and made anew/);
});
