/** The Kafka that tests break, without Pylon: what it took outlives kill -9, and the tests' view of the log is right. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { it } from 'node:test';
import { topicNames } from '../../src/shared/topics.js';
import { createTopic, inSyncReplicas, logEnd, produceRaw } from '../support/kafka.js';
import { startOwnKafka } from '../support/own-kafka.js';

it('a Kafka of our own keeps its records through kill -9', { timeout: 120_000 }, async (t) => {
  const kafka = await startOwnKafka(t);
  const servers = kafka.bootstrapServers;
  await createTopic(servers, { name: topicNames.log('w'), partitions: 1, settings: {} });
  assert.equal(await logEnd(servers, 'w'), 0);
  await produceRaw(servers, 'w', [Buffer.from('a'), Buffer.from('b'), Buffer.alloc(0)]);
  assert.equal(await logEnd(servers, 'w'), 3);
  assert.equal(await inSyncReplicas(servers, 'w'), 1);
  await kafka.kill('SIGKILL');
  await kafka.restart();
  assert.equal(await logEnd(servers, 'w'), 3);
  await produceRaw(servers, 'w', [Buffer.from('c')]);
  assert.equal(await logEnd(servers, 'w'), 4);
});
