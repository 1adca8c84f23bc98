// Claim: worker.terminate() of live clients neither aborts nor hangs. Pylon never does it, but a crash of a worker
// comes down to it. Every state a client can be caught in: producing, reading, in a group, in the middle of
// disconnecting.

import { strict as assert } from 'node:assert';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { connectConsumer, connectProducer, makeTopic } from '../clients.js';
import { live, states, type State } from '../live-clients.js';
import { messageOf, startWorker } from '../workers.js';

if (isMainThread) {
  const topic = await makeTopic();
  const producer = await connectProducer();
  for (let index = 0; index < 1_000; index++) producer.produce(topic, 0, Buffer.alloc(500));
  for (let round = 0; round < 3; round++) {
    const workers = states.map((state) => startWorker(import.meta.url, { topic, state }));
    await Promise.all(workers.map(messageOf));
    await Promise.all(workers.map((worker) => worker.terminate()));
    console.log(`round ${round}`);
  }
  const reader = await connectConsumer(topic);
  assert.ok(reader.isConnected(), 'the bindings still work after it');
  await new Promise<void>((resolve) => reader.disconnect(() => resolve()));
  await new Promise<void>((resolve) => producer.disconnect(5_000, () => resolve()));
} else {
  const { topic, state } = workerData as { topic: string; state: State };
  await live(state, topic);
  parentPort?.postMessage('live');
}
