// Claim: a subscribed consumer in a worker gets its rebalance callbacks, assign and revoke, on its own thread, when it
// joins, when another consumer joins, and when it leaves. The main thread is blocked while the first one joins.

import { strict as assert } from 'node:assert';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import Kafka from 'node-rdkafka';
import { connectConsumer, disconnect, makeTopic } from '../clients.js';
import { exitOf, messageOf, startWorker } from '../workers.js';

const { ERR__ASSIGN_PARTITIONS, ERR__REVOKE_PARTITIONS } = Kafka.CODES.ERRORS;

if (isMainThread) {
  const topic = await makeTopic(2);
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const first = startWorker(import.meta.url, { topic, flag });
  const firstEnd = exitOf(first);
  assert.equal(await messageOf(first), 'loaded');
  assert.notEqual(Atomics.wait(flag, 0, 0, 20_000), 'timed-out', 'no assignment while the main thread was blocked');
  assert.deepEqual(await messageOf(first), ['assign', 0, 1]);
  const second = startWorker(import.meta.url, { topic, flag });
  const secondEnd = exitOf(second);
  assert.deepEqual(await messageOf(first), ['revoke', 0, 1]);
  assert.equal(((await messageOf(first)) as unknown[]).length, 2, 'half of the partitions');
  first.postMessage('leave');
  assert.equal(((await messageOf(first)) as unknown[])[0], 'revoke');
  assert.equal(await firstEnd, 0);
  second.postMessage('leave');
  assert.equal(await secondEnd, 0);
} else {
  const { topic, flag } = workerData as { topic: string; flag: Int32Array };
  let leaving = false;
  const consumer = await connectConsumer(topic, { 'rebalance_cb': true, 'session.timeout.ms': 6_000 });
  consumer.setDefaultConsumeTimeout(50);
  consumer.on('rebalance', (error, partitions) => {
    assert.ok([ERR__ASSIGN_PARTITIONS, ERR__REVOKE_PARTITIONS].includes(error.code), error.message);
    const what = error.code === ERR__ASSIGN_PARTITIONS ? 'assign' : 'revoke';
    parentPort?.postMessage([what, ...partitions.map(({ partition }) => partition).sort()]);
    Atomics.store(flag, 0, 1);
    Atomics.notify(flag, 0);
  });
  parentPort?.postMessage('loaded');
  parentPort?.once('message', () => {
    leaving = true;
  });
  consumer.subscribe([topic]);
  // Rebalance callbacks are served while something is asked for.
  while (!leaving) await new Promise<void>((resolve) => consumer.consume(10, () => resolve()));
  await disconnect(consumer);
}
