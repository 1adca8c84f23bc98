// Claim: connecting to a broker that is not there fails at the timeout of connect, and the process ends soon after:
// both where nothing listens and where something listens but never answers.

import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import Kafka, { type Client, type KafkaClientEvents } from 'node-rdkafka';
import { freePorts } from '../../src/main/embedded/ports.js';

const timeoutMs = 1_500;
const slackMs = 1_500;
const sockets = new Set<Socket>();
const silent = createServer((socket) => {
  sockets.add(socket);
  socket.on('error', () => {});
}).listen(0, '127.0.0.1');
await once(silent, 'listening');

for (const port of [(await freePorts(1))[0], (silent.address() as AddressInfo).port]) {
  const settings = { 'bootstrap.servers': `127.0.0.1:${port}`, 'group.id': 'check' };
  const clients: Client<KafkaClientEvents>[] = [new Kafka.Producer(settings), new Kafka.KafkaConsumer(settings, {})];
  for (const client of clients) {
    client.on('event.error', () => {});
    const begin = performance.now();
    const error = await new Promise((resolve) => client.connect({ timeout: timeoutMs }, resolve));
    const durationMs = performance.now() - begin;
    console.log(`${client.constructor.name} gave up after ${durationMs.toFixed(0)} ms`);
    assert.ok(error, 'connected to nothing');
    assert.ok(durationMs < timeoutMs + slackMs, `it took ${durationMs} ms`);
  }
}
for (const socket of sockets) socket.destroy();
silent.close();
