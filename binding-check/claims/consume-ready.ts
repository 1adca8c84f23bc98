// Claim: consume(n) returns what is ready: neither the rest of n nor the time-out is waited for once a message is
// there.

import { strict as assert } from 'node:assert';
import { connectConsumer, connectProducer, consume, disconnect, makeTopic, produce } from '../clients.js';

const timeoutMs = 8_000;
const topic = await makeTopic();
const producer = await connectProducer();
await produce(producer, topic, 'first');

const consumer = await connectConsumer(topic);
consumer.setDefaultConsumeTimeout(timeoutMs);
consumer.assign([{ topic, partition: 0, offset: 0 }]);
for (const expected of ['first', 'second', 'third']) {
  const begin = performance.now();
  if (expected !== 'first') void produce(producer, topic, expected);
  const messages = await consume(consumer, 1_000);
  const durationMs = performance.now() - begin;
  console.log(`${expected} after ${durationMs.toFixed(1)} ms`);
  assert.deepEqual(messages.map(({ value }) => String(value)), [expected]);
  assert.ok(durationMs < timeoutMs / 2, `it took ${durationMs} ms`);
}

consumer.setDefaultConsumeTimeout(100);
assert.deepEqual(await consume(consumer, 1_000), []);
await disconnect(consumer);
await disconnect(producer);
