/**
 * Pylon at the wire: what clients may do to a connection, and that it stays theirs alone. Garbage, fragments, pipelines
 * of everything, many connections, readers that do not read, half-closed connections.
 */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { eventually } from '../support/eventually.js';
import { logEnd } from '../support/kafka.js';
import { residentBytes } from '../support/processes.js';
import { oneWorld } from '../support/one-world.js';
import { Random, runSeed } from '../support/random.js';
import { encodeCommand, showReply, type Argument, type RespClient } from '../support/resp-client.js';

const MIB = 1024 * 1024;
const commandBytesMax = 11 * MIB;

/** Bytes that are no RESP, and the words in which Redis says so before it closes. */
const garbage: Readonly<Record<string, readonly [bytes: string, error: RegExp]>> = {
  'no number of arguments': ['*x\r\n', /^ERR Protocol error: invalid multibulk length$/],
  'too many arguments': ['*3000000000\r\n', /^ERR Protocol error: invalid multibulk length$/],
  'an argument that is no bulk': ['*1\r\n:1\r\n', /^ERR Protocol error: expected '\$', got ':'$/],
  'a bulk without a length': ['*1\r\n$x\r\n', /^ERR Protocol error: invalid bulk length$/],
  'a bulk of negative length': ['*1\r\n$-5\r\n', /^ERR Protocol error: invalid bulk length$/],
  'a bulk beyond all limits': ['*1\r\n$9999999999\r\n', /^ERR Protocol error: invalid bulk length$/],
  'an endless inline request': ['x'.repeat(70_000), /^ERR Protocol error: too big inline request$/],
  'unbalanced quotes': ['SET a "b\r\n', /^ERR Protocol error: unbalanced quotes in request$/],
};

/** Commands with answers that do not change while the test runs. */
const steady: readonly (readonly Argument[])[] = [
  ['GET', 'fixed:text'],
  ['GET', 'fixed:none'],
  ['GET', 'fixed:long'],
  ['STRLEN', 'fixed:text'],
  ['LRANGE', 'fixed:list', 0, -1],
  ['HGETALL', 'fixed:hash'],
  ['MGET', 'fixed:text', 'fixed:none', 'fixed:number'],
  ['TYPE', 'fixed:list'],
  ['LLEN', 'fixed:text'], // WRONGTYPE
  ['GET'], // wrong number of arguments
  ['GETRANGE', 'fixed:text', 'a', 'b'], // not an integer
  ['ZSCORE', 'fixed:zset', 'm'],
  ['PING'],
  ['PING', 'with text'],
  ['ECHO', 'an echo'],
  ['SELECT', '0'],
  ['SET', 'written:1', 'x'],
  ['SET', 'written:2', Buffer.from([0, 13, 10, 255])],
  ['INCR', 'written:3'],
  ['LPUSH', 'written:4', 'a', 'b'],
  ['LPOP', 'written:4'],
  ['GETSET', 'written:1', 'y'],
  ['SET', 'written:1'], // wrong number of arguments
  ['SET', 'written:1', 'x', 'EX', 'soon'],
  ['SUBSCRIBE', 'channel'],
  ['BLPOP', 'written:4', '0'],
  ['EVAL', 'return 1', '0'],
  ['NOSUCH', 'a', 'b'],
  ['SET', '__pylon__:fence', 'x'],
  ['GET', '__pylon__:fence'],
  ['KEYS', 'fixed:li*'],
];

describe('Pylon at the wire', { timeout: 180_000 }, () => {
  const shared = oneWorld({ env: { PYLON_COMMAND_BYTES_MAX: String(commandBytesMax) } });
  const seed = runSeed();

  async function withClient<T>(work: (client: RespClient) => Promise<T>): Promise<T> {
    const client = await shared.east.connect();
    try {
      return await work(client);
    } finally {
      client.destroy();
    }
  }

  for (const [what, [bytes, error]] of Object.entries(garbage)) {
    it(`answers ${what} in Redis's words and ends that connection only`, async () => {
      const { east } = shared;
      const [bystander, client] = [await east.connect(), await east.connect()];
      client.send(Buffer.concat([encodeCommand(['PING']), Buffer.from(bytes)]));
      assert.equal(showReply(await client.receive()), 'PONG');
      const reply = await client.receive();
      assert.ok(reply !== 'lost' && reply.type === 'error' && error.test(reply.value), showReply(reply));
      await eventually(
        'the connection to end',
        () => client.ended,
        (ended) => ended,
      );
      // Redis says the same to the same bytes.
      const direct = await east.redis.connect();
      direct.send(bytes);
      assert.equal(showReply(await direct.receive()), showReply(reply));
      assert.equal(await bystander.text('PING'), 'PONG');
      for (const one of [bystander, client, direct]) one.destroy();
    });
  }

  it('takes inline requests', async () => {
    await withClient(async (client) => {
      client.send('SET inline "a \\x41 b"\r\n\r\nPING\r\n');
      assert.equal(showReply(await client.receive()), 'OK');
      assert.equal(showReply(await client.receive()), 'PONG');
      const look = (): Promise<string> => client.text('GET', 'inline');
      await eventually('the value', look, (value) => value === 'a A b');
    });
  });

  it('passes a value of 10 MB to the other rack', async () => {
    const value = Buffer.alloc(10 * 1000 * 1000, 'pylon ');
    const { east, west } = shared;
    const [writer, reader] = [await east.connect(30_000), await west.connect(30_000)];
    assert.equal(await writer.text('SET', 'big', value), 'OK');
    await eventually(
      'the value in the other rack',
      () => reader.text('STRLEN', 'big'),
      (length) => length === String(value.length),
    );
    const reply = await reader.command('GET', 'big');
    assert.ok(reply.type === 'bulk' && reply.value !== null && value.equals(reply.value));
    assert.equal(await writer.text('DEL', 'big'), '0'); // the typed placeholder
    writer.destroy();
    reader.destroy();
  });

  it('refuses a command over the limit, logs nothing and keeps the connection', async () => {
    const { world, east } = shared;
    await world.converge();
    const before = await logEnd(world.kafka, world.name);
    const client = await east.connect(30_000);
    const replies = await client.pipeline([
      ['SET', 'too:big', Buffer.alloc(commandBytesMax)],
      ['MSET', 'too:big:1', Buffer.alloc(commandBytesMax / 2), 'too:big:2', Buffer.alloc(commandBytesMax / 2)],
      ['PING'],
    ]);
    for (const reply of replies.slice(0, 2)) {
      assert.ok(reply.type === 'error' && reply.value.includes(String(commandBytesMax)), showReply(reply));
    }
    assert.equal(showReply(replies[2]), 'PONG');
    assert.equal(await logEnd(world.kafka, world.name), before);
    assert.equal(await client.text('EXISTS', 'too:big', 'too:big:1'), '0');
    client.destroy();
  });

  it('takes a command just below the limit', async () => {
    await withClient(async (client) => {
      const value = Buffer.alloc(commandBytesMax - 100);
      assert.equal(await client.text('SET', 'nearly', value), 'OK');
      await eventually(
        'the value',
        () => client.text('STRLEN', 'nearly'),
        (length) => length === String(value.length),
      );
      await client.text('DEL', 'nearly');
    });
  });

  it('answers pipelines of everything in order and byte by byte the same, however they are cut', async (t) => {
    t.diagnostic(`seed ${seed}`);
    await withClient(async (client) => {
      await client.pipeline([
        ['SET', 'fixed:text', 'some text'],
        ['SET', 'fixed:number', '42'],
        ['SET', 'fixed:long', 'x'.repeat(100_000)],
        ['RPUSH', 'fixed:list', 'a', '', 'c\r\nd'],
        ['HSET', 'fixed:hash', 'f', 'v'],
        ['ZADD', 'fixed:zset', '1.5', 'm'],
      ]);
    });
    await shared.world.converge();
    const expected = new Map<readonly Argument[], Buffer>();
    for (const command of steady) expected.set(command, await bytesOfOne(command));
    const random = new Random(seed);
    for (let round = 0; round < 12; round++) {
      const pipeline = Array.from({ length: 50 + random.below(400) }, () => random.pick(steady));
      const wanted = Buffer.concat(pipeline.map((command) => expected.get(command) as Buffer));
      const bytes = Buffer.concat(pipeline.map((command) => encodeCommand(command)));
      const client = await shared.east.running[0].connect({ keepBytes: true, deadlineMs: 30_000 });
      const largest = random.pick([7, 100, 3000, 70_000]);
      for (let at = 0; at < bytes.length;) {
        const next = at + 1 + random.below(largest);
        client.send(bytes.subarray(at, next));
        at = next;
        await nextTurn();
      }
      for (let reply = 0; reply < pipeline.length; reply++) await client.receive(30_000);
      assert.ok(
        wanted.equals(client.received()),
        `seed ${seed}, round ${round}: ${firstDifference(wanted, client.received())}`,
      );
      client.destroy();
    }
  });

  /** The reply to one command alone, in one piece. */
  async function bytesOfOne(command: readonly Argument[]): Promise<Buffer> {
    const client = await shared.east.running[0].connect({ keepBytes: true });
    await client.command(...command);
    client.destroy();
    return client.received();
  }

  it('gives reads the bytes that Redis gives', async () => {
    for (const command of steady.slice(0, 12)) {
      const direct = await shared.east.redis.use(async (redis) => showReply(await redis.command(...command)));
      assert.equal(
        await withClient(async (client) => showReply(await client.command(...command))),
        direct,
        String(command),
      );
    }
  });

  it('serves 1,000 connections at once', async () => {
    const clients = await Promise.all(Array.from({ length: 1000 }, () => shared.east.connect(30_000)));
    const replies = await Promise.all(
      clients.map((client, index) =>
        client.pipeline([['SET', `many:${index}`, index], ['PING'], ['GET', 'fixed:text']]),
      ),
    );
    assert.ok(replies.every((three) => three.map(showReply).join() === 'OK,PONG,some text'));
    const info = await shared.east.running[0].info();
    assert.ok(info.number('clientsConnected') >= 1000, info.text('clientsConnected'));
    for (const client of clients) client.destroy();
    const connected = async (): Promise<number> => (await shared.east.running[0].info()).number('clientsConnected');
    await eventually('the connections to be gone', connected, (count) => count < 10);
    await shared.world.converge();
  });

  it('is not hurt by a client that asks for 150 MB and does not read', async () => {
    const { east } = shared;
    const [pylon] = east.running;
    await withClient((client) => client.text('SET', 'large', Buffer.alloc(100_000, 'v')));
    await shared.world.converge();
    const before = await residentBytes(pylon.child.pid);
    const glutton = await east.connect();
    glutton.holdReading();
    for (let count = 0; count < 1500; count++) glutton.send(encodeCommand(['GET', 'large']));
    // It must come to be held back; others are served all the while.
    let most = 0;
    let slowestMs = 0;
    await withClient(async (client) => {
      const until = performance.now() + 2000;
      while (performance.now() < until) {
        const sentAt = performance.now();
        assert.equal((await client.text('GET', 'large')).length, 100_000);
        slowestMs = Math.max(slowestMs, performance.now() - sentAt);
        most = Math.max(most, (await residentBytes(pylon.child.pid)) - before);
      }
    });
    assert.ok(most < 64 * MIB, `it took ${Math.round(most / MIB)} MiB`);
    assert.ok(slowestMs < 1000, `another client waited ${Math.round(slowestMs)} ms`);
    // And when it reads at last, all is there.
    glutton.resumeReading();
    for (let count = 0; count < 1500; count++) {
      const reply = await glutton.receive(30_000);
      assert.ok(reply !== 'lost' && reply.type === 'bulk' && reply.value?.length === 100_000);
    }
    glutton.destroy();
  });

  it('gives a half-closed client its replies, then closes', async () => {
    const client = await shared.east.running[0].connect({ allowHalfOpen: true });
    for (let count = 0; count < 2000; count++)
      client.send(encodeCommand(count % 2 === 0 ? ['SET', 'half', count] : ['GET', 'fixed:text']));
    client.endSending();
    for (let count = 0; count < 2000; count++) {
      assert.equal(showReply(await client.receive()), count % 2 === 0 ? 'OK' : 'some text');
    }
    await eventually(
      'the connection to end',
      () => client.ended,
      (ended) => ended,
    );
  });

  it('names a refused command and why, and keeps the connection', async () => {
    await withClient(async (client) => {
      for (const [command, ...args] of [
        ['SUBSCRIBE', 'c'],
        ['BLPOP', 'l', '0'],
        ['EVAL', 'return 1', '0'],
        ['MULTI'],
        ['SHUTDOWN'],
        ['CLUSTER', 'INFO'],
      ]) {
        const reply = await client.command(command, ...args);
        assert.ok(
          reply.type === 'error' && reply.value.includes(`'${command.toLowerCase()}`),
          `${command}: ${showReply(reply)}`,
        );
      }
      const unknown = await client.command('NOSUCH', 'a');
      assert.ok(
        unknown.type === 'error' && unknown.value.startsWith("ERR unknown command 'NOSUCH'"),
        showReply(unknown),
      );
      assert.equal(await client.text('PING'), 'PONG');
    });
  });

  it('keeps its own key from clients', async () => {
    await withClient(async (client) => {
      for (const command of [
        ['GET', '__pylon__:fence'],
        ['SET', '__pylon__:fence', 'x'],
        ['DEL', 'a', '__pylon__:fence'],
        ['RENAME', 'fixed:text', '__pylon__:x'],
        ['SORT', 'fixed:list', 'ALPHA', 'STORE', '__pylon__:x'],
        ['ZUNIONSTORE', 'z', 2, 'fixed:zset', '__pylon__:fence'],
        ['OBJECT', 'ENCODING', '__pylon__:fence'],
      ]) {
        const reply = await client.command(...command);
        assert.ok(
          reply.type === 'error' && reply.value.includes('__pylon__:'),
          `${command.join(' ')}: ${showReply(reply)}`,
        );
      }
      assert.equal(await client.text('SET', 'allowed', '__pylon__:fence'), 'OK'); // a value may say what it likes
      assert.equal(await client.text('FLUSHALL'), 'OK');
      assert.equal(await client.text('SET', 'only', '1'), 'OK');
      await shared.world.converge();
      assert.equal(await client.text('KEYS', '*'), '[only]');
      assert.equal(await client.text('DBSIZE'), '1');
      // All of Pylon's own keys are left out, not just the fence.
      await shared.east.redis.use((redis) => redis.text('SET', '__pylon__:tainted', 'by hand', 'EX', '60'));
      assert.equal(await client.text('DBSIZE'), '1');
      const keyspace = (): Promise<string> => client.text('INFO', 'keyspace');
      await eventually('INFO to leave them out', keyspace, (text) => /^db0:keys=1,expires=1,/m.test(text));
      await shared.east.redis.use((redis) => redis.text('DEL', '__pylon__:tainted'));
      assert.equal(await client.text('SCAN', '0', 'COUNT', '1000'), '[0, [only]]');
      for (let count = 0; count < 50; count++) assert.equal(await client.text('RANDOMKEY'), 'only');
      assert.equal(await shared.west.redis.use((redis) => redis.text('DBSIZE')), '2');
    });
  });
});

function firstDifference(wanted: Buffer, got: Buffer): string {
  let at = 0;
  while (at < wanted.length && wanted[at] === got[at]) at++;
  const around = (bytes: Buffer): string => JSON.stringify(bytes.toString('latin1', Math.max(0, at - 60), at + 60));
  return `at byte ${at} of ${wanted.length} (got ${got.length}): wanted ${around(wanted)}, got ${around(got)}`;
}
