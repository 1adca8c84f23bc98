import assert from 'node:assert/strict';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { Upstream } from '../../../../src/main/gateway/upstream.js';
import { eventually } from '../../../support/eventually.js';

/** An upstream to a Redis that answers whatever it is sent with `reply`; what it tells of its state. */
async function upstreamTo(t: TestContext, reply: string): Promise<{ states: string[]; connections: () => number }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}).on('data', () => socket.write(reply)));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const states: string[] = [];
  const endpoint = { host: '127.0.0.1', port: (server.address() as AddressInfo).port, password: 's3cret', database: 0 };
  const upstream = new Upstream(endpoint, 1_000, {
    delivered() {}, drained() {}, bug: (error) => assert.fail(String(error)), state: (_, detail) => states.push(detail),
  });
  t.after(() => {
    upstream.close();
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { states, connections: () => sockets.length };
}

// Cause: a Redis without AUTH repeats the password in its error, which went to the log and to every client that read.
test('what Redis says to the greeting is told without the password, and once', async (t) => {
  const reply = "-ERR unknown command 'AUTH', with args beginning with: 's3cret' \r\n".repeat(2);
  const { states, connections } = await upstreamTo(t, reply);
  await eventually('some attempts', connections, (count) => count >= 3, { everyMs: 5 });
  assert.deepEqual(states, ["Redis answered the greeting with '-ERR unknown command 'AUTH''"]);
});
