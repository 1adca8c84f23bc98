// Claim: after drain and disconnect a worker ends by itself, and so does the process; rounds of it leave neither
// threads nor file descriptors behind.

import { strict as assert } from 'node:assert';
import { readdirSync } from 'node:fs';
import { isMainThread, workerData } from 'node:worker_threads';
import { connectConsumer, connectProducer, consumeAll, disconnect, makeTopic, produce } from '../clients.js';
import { exitOf, startWorker } from '../workers.js';

const rounds = 8;

if (isMainThread) {
  const topic = await makeTopic();
  const open = { threads: 0, fds: 0 };
  for (let round = 0; round < rounds; round++) {
    const workers = Array.from({ length: 3 }, () => startWorker(import.meta.url, { topic, round }));
    assert.deepEqual(await Promise.all(workers.map(exitOf)), [0, 0, 0]);
    const threads = readdirSync('/proc/self/task').length;
    const fds = readdirSync('/proc/self/fd').length;
    console.log(`round ${round}: ${threads} threads, ${fds} file descriptors`);
    if (round < 2) Object.assign(open, { threads, fds }); // what is made once, such as the thread pool, is there now
  }
  assert.ok(readdirSync('/proc/self/task').length <= open.threads, 'threads were left');
  assert.ok(readdirSync('/proc/self/fd').length <= open.fds, 'file descriptors were left');
} else {
  const { topic, round } = workerData as { topic: string; round: number };
  const producer = await connectProducer();
  const consumer = await connectConsumer(topic);
  const offset = await produce(producer, topic, `round ${round}`);
  consumer.assign([{ topic, partition: 0, offset }]);
  await consumeAll(consumer, 1);
  await disconnect(consumer);
  // Drain: what is under way is acknowledged before the producer goes.
  const last = produce(producer, topic, 'last');
  await disconnect(producer);
  await last;
}
