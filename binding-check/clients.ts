// Kafka clients with promises in place of callbacks, as the claims and the tests of the embedded Kafka use them.
// Settings are those Pylon's workers have: no waiting for more (linger, fetch back-off), no poll timer, idempotence
// (and so: all replicas acknowledge).

import { randomUUID } from 'node:crypto';
import Kafka from 'node-rdkafka';
import type { Client, KafkaClientEvents, KafkaConsumer, Message, Producer } from 'node-rdkafka';

export const bootstrapServers = process.env['PYLON_TEST_KAFKA'] ?? '';

/** Makes a topic with a name of its own. */
export async function makeTopic(partitions = 1, servers = bootstrapServers, replicas = 1): Promise<string> {
  const topic = `check-${randomUUID()}`;
  const { Admin } = await import('@platformatic/kafka'); // slow to load, and not needed by workers
  const admin = new Admin({ clientId: 'check', bootstrapBrokers: servers.split(','), timeout: 10_000 });
  try {
    await admin.createTopics({ topics: [topic], partitions, replicas });
  } finally {
    await admin.close();
  }
  return topic;
}

export async function connectProducer(servers = bootstrapServers): Promise<Producer> {
  const producer = new Kafka.Producer({
    'bootstrap.servers': servers,
    'enable.idempotence': true,
    'linger.ms': 0,
    'dr_cb': true,
  });
  await connect(producer);
  return producer;
}

export async function connectConsumer(
  group: string,
  settings = {},
  servers = bootstrapServers,
): Promise<KafkaConsumer> {
  const consumer = new Kafka.KafkaConsumer(
    {
      'bootstrap.servers': servers,
      'group.id': group,
      'enable.auto.commit': false,
      'fetch.wait.max.ms': 50,
      'fetch.queue.backoff.ms': 5,
      ...settings,
    },
    { 'auto.offset.reset': 'error' as 'earliest' }, // the package's types know two of librdkafka's values only
  );
  await connect(consumer);
  return consumer;
}

function connect(client: Client<KafkaClientEvents>): Promise<void> {
  client.on('event.error', () => {}); // what matters comes as an error of a call or of a delivery report
  return new Promise((resolve, reject) => {
    client.connect({ timeout: 10_000 }, (error) => (error ? reject(toError(error)) : resolve()));
  });
}

export const toError = (error: unknown): Error =>
  error instanceof Error ? error : new Error(String((error as { message?: string })?.message ?? error));

/** Produces one message and resolves with its offset when it is acknowledged. */
export function produce(producer: Producer, topic: string, value: string, partition = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const listener = (error: unknown, report: { opaque?: unknown; offset: number }): void => {
      if (report.opaque !== listener) return;
      producer.removeListener('delivery-report', listener);
      if (error) reject(toError(error));
      else resolve(report.offset);
    };
    producer.setMaxListeners(0);
    producer.on('delivery-report', listener);
    producer.produce(topic, partition, Buffer.from(value), null, null, listener);
  });
}

export function consume(consumer: KafkaConsumer, count: number): Promise<Message[]> {
  return new Promise((resolve, reject) => {
    consumer.consume(count, (error, messages) => (error ? reject(toError(error)) : resolve(messages)));
  });
}

/** Consumes until so many messages have come; the deadline is that of the whole program. */
export async function consumeAll(consumer: KafkaConsumer, count: number): Promise<string[]> {
  const values: string[] = [];
  while (values.length < count) {
    for (const message of await consume(consumer, 1_000)) values.push(String(message.value));
  }
  return values;
}

export function disconnect(client: Client<KafkaClientEvents>): Promise<void> {
  return new Promise((resolve) => {
    client.disconnect(() => resolve());
  });
}
