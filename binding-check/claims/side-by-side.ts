// Claim: several workers of one process produce and consume at once, and each message arrives once at each consumer.

import { strict as assert } from 'node:assert';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { connectConsumer, connectProducer, consumeAll, disconnect, makeTopic } from '../clients.js';
import { exitOf, messageOf, startWorker } from '../workers.js';

const producers = 2;
const perProducer = 3_000;
const total = producers * perProducer;

if (isMainThread) {
  const topic = await makeTopic();
  const roles = ['consumer 0', 'consumer 1', 'producer 0', 'producer 1'];
  const workers = roles.map((role) => startWorker(import.meta.url, { topic, role }));
  const ends = workers.map(exitOf);
  for (const seen of (await Promise.all(workers.slice(0, 2).map(messageOf))) as string[][]) {
    assert.equal(seen.length, total);
    assert.equal(new Set(seen).size, total);
  }
  assert.deepEqual(await Promise.all(ends), [0, 0, 0, 0]);
} else {
  const { topic, role } = workerData as { topic: string; role: string };
  if (role.startsWith('producer')) {
    const producer = await connectProducer();
    let acknowledged = 0;
    const all = new Promise<void>((resolve) => {
      producer.on('delivery-report', (error) => {
        assert.ifError(error);
        if (++acknowledged === perProducer) resolve();
      });
    });
    for (let index = 0; index < perProducer; index++) producer.produce(topic, 0, Buffer.from(`${role} ${index}`));
    await all;
    await disconnect(producer);
  } else {
    const consumer = await connectConsumer(`${topic} ${role}`);
    consumer.assign([{ topic, partition: 0, offset: 0 }]);
    parentPort?.postMessage(await consumeAll(consumer, total));
    await disconnect(consumer);
  }
}
