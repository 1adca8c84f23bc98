/**
 * Producer worker: one thread with one librdkafka producer. Takes sealed batches from main, makes each a record of the
 * log, and reports where Kafka put it. How many records may be on their way is main's rule (write-log.ts); librdkafka
 * keeps their order.
 *
 * Stop: flush what is on its way, disconnect, let the thread end. A thread with a live client is never terminated.
 */

import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { CounterBlock } from '../../shared/counters.js';
import { reportOf } from '../../shared/errors.js';
import type { FromProducer, ProducerWorkerData, ToProducer } from '../../shared/messages.js';
import { LogProducer } from './log-producer.js';

const heartbeatMs = 500;

async function run(port: MessagePort, data: ProducerWorkerData): Promise<void> {
  const counters = new CounterBlock(data.counters, 'producer', data.worker);
  const send = (message: FromProducer, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
  const producer = new LogProducer(data, counters, {
    began: (incarnation) => send({ type: 'ready', incarnation }),
    outcomes: (outcomes) => send({ type: 'outcomes', outcomes }, outcomes.flatMap(({ body, lengths }) => [body, lengths])),
    trouble: (error) => send({ type: 'trouble', error }),
  });
  const heartbeat = setInterval(() => {
    counters.set('heartbeatMs', Date.now());
    producer.watchLogEnd();
  }, heartbeatMs);

  port.on('message', (message: ToProducer) => {
    if (message.type === 'batch') return producer.produce(message);
    clearInterval(heartbeat);
    void producer.stop().then(() => {
      send({ type: 'stopped' });
      port.close();
    });
  });
  counters.set('heartbeatMs', Date.now());
  try {
    await producer.start();
  } catch (error) {
    clearInterval(heartbeat);
    send({ type: 'failed', error: reportOf(error) });
    port.close();
  }
}

if (parentPort !== null) void run(parentPort, workerData as ProducerWorkerData);
