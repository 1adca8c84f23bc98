// Claim: an error that comes behind messages is told. One consumer reads a partition that has messages and one from an
// offset that does not exist, so that both come close together: both must be seen, whichever is first.

import { strict as assert } from 'node:assert';
import { connectConsumer, connectProducer, consume, disconnect, makeTopic, produce } from '../clients.js';

const topic = await makeTopic(2);
const producer = await connectProducer();
await Promise.all(Array.from({ length: 100 }, (_, index) => produce(producer, topic, String(index))));
await disconnect(producer);

for (let round = 0; round < 5; round++) {
  const consumer = await connectConsumer(`${topic} ${round}`);
  consumer.setDefaultConsumeTimeout(500);
  consumer.assign([
    { topic, partition: 0, offset: 0 },
    { topic, partition: 1, offset: 1_000_000 },
  ]);
  let messages = 0;
  let told: Error | undefined;
  while (messages < 100 || told === undefined) {
    try {
      messages += (await consume(consumer, 1_000)).length;
    } catch (error) {
      told = error as Error;
    }
  }
  console.log(`round ${round}: ${told.message}`);
  assert.equal(messages, 100);
  await disconnect(consumer);
}
