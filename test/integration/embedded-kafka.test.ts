// The embedded Kafka: serves, keeps its data over clean restarts, kills and changes of port, says why it does not
// start; and a cluster of three that goes on without one of them.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { connectConsumer, connectProducer, consumeAll } from '../../binding-check/clients.js';
import { disconnect, makeTopic, produce } from '../../binding-check/clients.js';
import { startKafka } from '../../src/main/embedded/kafka.js';

const dir = mkdtempSync(join(tmpdir(), 'pylon-kafka-'));
after(() => rmSync(dir, { recursive: true, force: true }));

async function write(servers: string, topic: string, values: string[]): Promise<void> {
  const producer = await connectProducer(servers);
  for (const value of values) await produce(producer, topic, value);
  await disconnect(producer);
}

async function read(servers: string, topic: string, count: number): Promise<string[]> {
  const consumer = await connectConsumer('readers', {}, servers);
  consumer.assign([{ topic, partition: 0, offset: 0 }]);
  const values = await consumeAll(consumer, count);
  await disconnect(consumer);
  return values;
}

test('keeps its data over restarts, a kill, and a change of port', { timeout: 120_000 }, async () => {
  const dataDir = join(dir, 'one');
  const first = await startKafka({ dataDir });
  let topic: string;
  try {
    topic = await makeTopic(1, first.bootstrapServers);
    await write(first.bootstrapServers, topic, ['a']);
    await first.restart();
    await write(first.bootstrapServers, topic, ['b']);
    await first.kill('SIGKILL');
    await first.restart();
    assert.deepEqual(await read(first.bootstrapServers, topic, 2), ['a', 'b']);
  } finally {
    await first.stop();
  }
  assert.throws(() => process.kill((first.brokers[0] as { pid: number }).pid, 0), 'it is gone');

  const second = await startKafka({ dataDir });
  try {
    assert.notEqual(second.bootstrapServers, first.bootstrapServers);
    assert.deepEqual(await read(second.bootstrapServers, topic, 2), ['a', 'b']);
  } finally {
    await second.stop();
  }
});

test('a start that fails says why', { timeout: 60_000 }, async () => {
  const properties = { 'log.segment.bytes': 'not a number' };
  await assert.rejects(startKafka({ dataDir: join(dir, 'wrong'), properties }), /Invalid value not a number/);
});

test('three brokers: replicated, and one may be gone', { timeout: 120_000 }, async () => {
  const properties = { 'min.insync.replicas': '2' };
  const kafka = await startKafka({ dataDir: join(dir, 'three'), brokers: 3, properties });
  try {
    const topic = await makeTopic(1, kafka.bootstrapServers, 3);
    await write(kafka.bootstrapServers, topic, ['with three']);
    const [broker] = kafka.brokers;
    assert.ok(broker);
    await broker.kill('SIGKILL');
    await write(kafka.bootstrapServers, topic, ['with two']);
    await broker.restart();
    assert.deepEqual(await read(`127.0.0.1:${broker.port}`, topic, 2), ['with three', 'with two']);
    assert.match(readFileSync(broker.logFile, 'utf8'), /Kafka Server started/);
  } finally {
    await kafka.stop();
  }
});
