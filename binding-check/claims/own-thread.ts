// Claim: callbacks arrive on the thread that made the client. The main thread is blocked while two workers connect,
// produce, consume and disconnect: callbacks that had to go through its loop could not arrive.

import { strict as assert } from 'node:assert';
import { isMainThread, workerData } from 'node:worker_threads';
import { connectConsumer, connectProducer, consumeAll, disconnect, makeTopic, produce } from '../clients.js';
import { exitOf, startWorker } from '../workers.js';

const count = 50;

if (isMainThread) {
  const topics = [await makeTopic(), await makeTopic()];
  const flags = topics.map(() => new Int32Array(new SharedArrayBuffer(4)));
  const workers = topics.map((topic, index) => startWorker(import.meta.url, { topic, flag: flags[index] }));
  // Workers need the main thread until their modules are loaded.
  for (const flag of flags) while (Atomics.load(flag, 0) === 0) await new Promise((next) => setTimeout(next, 5));
  for (const flag of flags) assert.notEqual(Atomics.wait(flag, 0, 1, 20_000), 'timed-out', 'a worker did not finish');
  assert.deepEqual(await Promise.all(workers.map(exitOf)), [0, 0]);
} else {
  const { topic, flag } = workerData as { topic: string; flag: Int32Array };
  Atomics.store(flag, 0, 1);
  const producer = await connectProducer();
  const consumer = await connectConsumer(topic);
  consumer.assign([{ topic, partition: 0, offset: 0 }]);
  for (let index = 0; index < count; index++) await produce(producer, topic, String(index));
  assert.deepEqual(await consumeAll(consumer, count), Array.from({ length: count }, (_, index) => String(index)));
  await disconnect(consumer);
  await disconnect(producer);
  Atomics.store(flag, 0, 2);
  Atomics.notify(flag, 0);
}
