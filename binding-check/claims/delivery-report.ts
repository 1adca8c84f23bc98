// Claim: delivery reports come promptly without a poll timer. One message at a time, so that nothing but its own report
// can wake the thread; the median may be no more than 20 ms.

import { strict as assert } from 'node:assert';
import { isMainThread, workerData } from 'node:worker_threads';
import { connectProducer, disconnect, makeTopic, produce } from '../clients.js';
import { exitOf, startWorker } from '../workers.js';

const count = 300;
const medianMsMax = 20;

if (isMainThread) {
  assert.equal(await exitOf(startWorker(import.meta.url, await makeTopic())), 0);
} else {
  const topic = workerData as string;
  const producer = await connectProducer();
  await produce(producer, topic, 'the first one looks for the leader');
  const durations: number[] = [];
  for (let index = 0; index < count; index++) {
    const begin = performance.now();
    await produce(producer, topic, String(index));
    durations.push(performance.now() - begin);
  }
  durations.sort((a, b) => a - b);
  const at = (share: number): number => durations[Math.floor(count * share)] as number;
  console.log(`p50 ${at(0.5).toFixed(2)} ms, p99 ${at(0.99).toFixed(2)} ms`);
  assert.ok(at(0.5) <= medianMsMax, `median ${at(0.5)} ms`);
  await disconnect(producer);
}
