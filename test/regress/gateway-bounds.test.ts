/** What one client, or many together, can make a gateway hold; and that whoever was stopped goes on. */

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import { encodeCommand } from '../../src/shared/resp/encode.js';
import { limits } from '../../src/shared/limits.js';
import type { BatchMessage } from '../../src/shared/messages.js';
import { eventually, within } from '../support/eventually.js';
import { GatewayFixture } from '../support/gateway-fixture.js';
import { RespClient, showReply, type Outcome } from '../support/resp-client.js';

const MIB = 1024 * 1024;
const text = (outcomes: Outcome[]): string[] => outcomes.map(showReply);

// Cause: the error was answered at once, and what stood before it was forgotten when the window was full.
test('garbage behind a full window: what was sent before it is answered first', async (t) => {
  const { port } = await GatewayFixture.start(t);
  const client = await RespClient.connect({ port });
  const gets = Array.from({ length: 100 }, (_, key) => encodeCommand('GET', `key${key}`));
  const replies = text(await client.exchange(Buffer.concat([...gets, Buffer.from('*1\r\n!\r\n')]), 101));
  assert.deepEqual(replies.slice(0, 100), Array.from({ length: 100 }, (_, key) => `key${key}`));
  assert.match(replies[100], /Protocol error/);
  await within(5_000, client.closed, 'end of the connection');
});

// Cause: replies held behind a write were counted as given out, so that reading went on.
test('reads behind a write that waits for Kafka are held, but not without bound', async (t) => {
  const fixture = await GatewayFixture.start(t);
  let waiting: BatchMessage | undefined;
  fixture.onBatch = (batch) => (waiting = batch);
  const client = await RespClient.connect({ port: fixture.port });
  const reads = 100;
  const gets = Array.from({ length: reads }, () => encodeCommand('GET', `big:${MIB}`));
  const before = fixture.redis.requests;
  const replies = client.exchange(Buffer.concat([encodeCommand('SET', 'a', 'b'), ...gets]), reads + 1);
  let seen = -1;
  await eventually('reads to stop', () => fixture.redis.requests, (count) => {
    const still = count > before && count === seen;
    seen = count;
    return still;
  }, { everyMs: 200 });
  assert.ok(seen - before < 40, `${seen - before} of ${reads} reads of 1 MiB were sent to Redis`);
  assert.equal(fixture.redis.requests - before < reads, true);
  fixture.settle(waiting as BatchMessage);
  const sizes = (await replies).map((reply) => showReply(reply).length);
  assert.deepEqual(sizes, [2, ...Array<number>(reads).fill(MIB)]);
});

// Cause: replies made by Pylon itself in one turn were in no account; counted, they must not stop the client for good.
test('large replies of Pylon itself, asked for at once and read late, all come', async (t) => {
  const { port } = await GatewayFixture.start(t);
  const client = await RespClient.connect({ port });
  client.holdReading();
  const asked = 10_000;
  const replies = client.exchange(Buffer.concat(Array<Buffer>(asked).fill(encodeCommand('PYLON', 'INFO'))), asked);
  await new Promise((resolve) => setTimeout(resolve, 100));
  client.resumeReading();
  assert.equal((await replies).filter((reply) => showReply(reply).length === 4096).length, asked);
});

// Cause: the connection was destroyed one second after QUIT, whether all was sent or not.
test('a slow reader that says QUIT gets everything', async (t) => {
  const { port } = await GatewayFixture.start(t);
  const client = await RespClient.connect({ port });
  client.holdReading();
  const size = 12 * MIB;
  const replies = client.exchange(Buffer.concat([encodeCommand('GET', `big:${size}`), encodeCommand('QUIT')]), 2);
  await new Promise((resolve) => setTimeout(resolve, 1_500)); // longer than a client may linger that was sent everything
  client.resumeReading();
  assert.deepEqual((await replies).map((reply) => showReply(reply).length), [size, 2]);
});

// Cause: the refused socket was never read, so its end was never seen.
test('connections above the limit are told so and leave nothing behind', async (t) => {
  const { port } = await GatewayFixture.start(t, { gateway: { clientsMax: 1 } });
  const first = await RespClient.connect({ port });
  await first.command('PING');
  const handles = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
  const before = handles();
  for (let round = 0; round < 20; round++) {
    const socket = connect({ host: '127.0.0.1', port });
    socket.write(encodeCommand('PING'));
    const [reply] = (await once(socket, 'data')) as [Buffer];
    assert.equal(reply.toString(), '-ERR max number of clients reached\r\n');
    socket.destroy();
  }
  await eventually('the sockets to be gone', handles, (count) => count <= before);
});

// Cause: each unfinished command was bounded, all of them together were not.
test('many unfinished commands: the one that goes over the common bound is closed, with a reason', async (t) => {
  const { port } = await GatewayFixture.start(t, { gateway: { commandBytesMax: limits.bulkBytesMax } });
  const size = 160 * MIB;
  const head = Buffer.from(`*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$${size}\r\n`);
  const half = Buffer.concat([head, Buffer.alloc(size - MIB)]);
  const clients: RespClient[] = [];
  for (let i = 0; i < 4; i++) clients.push(await RespClient.connect({ port }));
  for (const client of clients) client.send(half);
  const told = await within(20_000, Promise.race(clients.map((client) => client.receive(20_000))));
  assert.match(showReply(told), /PYLON_BUSY/);
  await within(20_000, Promise.race(clients.map(({ closed }) => closed)));
  const other = await RespClient.connect({ port });
  assert.equal(await other.text('PING'), 'PONG');
  other.destroy();
  for (const client of clients) client.destroy();
});

// Cause: a small write that had to wait is followed by no 'drain', so what came meanwhile lay until the next probe.
test('requests that come while the Redis takes nothing go out as soon as it does', async (t) => {
  const fixture = await GatewayFixture.start(t);
  const client = await RespClient.connect({ port: fixture.port });
  await client.pipeline(Array.from({ length: 3_000 }, () => ['EXISTS', 'a'])); // opens the window
  const requests = 900;
  const request = encodeCommand('EXISTS', 'k'.repeat(12_000));
  for (let round = 0; round < 3; round++) {
    for (const socket of fixture.redis.sockets) socket.pause();
    const replies = client.exchange(request, requests);
    for (let sent = 1; sent < requests; sent++) {
      client.send(request);
      await new Promise((resolve) => setImmediate(resolve)); // so that each goes to the Redis by itself
    }
    const beganMs = performance.now();
    for (const socket of fixture.redis.sockets) socket.resume();
    assert.ok((await replies).every((reply) => showReply(reply) === 'OK'));
    const tookMs = Math.round(performance.now() - beganMs);
    assert.ok(tookMs < 500, `took ${tookMs} ms`);
  }
});
