import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { loadConfig } from '../../../../src/main/config/load.js';
import { awaitLogTopic } from '../../../../src/main/serve/log-topic.js';
import type { PylonError } from '../../../../src/shared/errors.js';
import { within } from '../../../support/eventually.js';

// Cause: the admin client has a time limit for connecting and none for an answer.
test('a Kafka that takes connections and does not answer is given up, after having been waited for', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => sockets.add(socket.on('error', () => {})));
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const kafka = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = loadConfig({ PYLON_RACK: 'east', PYLON_KAFKA: kafka, PYLON_REDIS: 'redis://r' });
  const told: PylonError[] = [];
  const opened = awaitLogTopic(config, (error) => told.push(error), { waitMs: 2_000, attemptMsMax: 200 });
  await assert.rejects(within(10_000, opened), { code: 'PYLON_KAFKA', message: `Kafka at ${kafka}: no answer within 200 ms` });
  assert.equal(told.length, 1);
  assert.ok(sockets.size >= 2, 'it tried again');
});
