/**
 * Any mix of commands, cut anywhere, on many connections at once, with answers that come late, in pieces or not at all:
 * every reply must be that of its command. What is checked is the bytes of each reply, which only its command can have.
 */

import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { encodeCommand } from '../../src/shared/resp/encode.js';
import { replyEnd } from '../../src/shared/resp/scan-reply.js';
import { within } from '../support/eventually.js';
import { GatewayFixture, valueOf, type FixtureOptions } from '../support/gateway-fixture.js';
import { Random, runSeed } from '../support/random.js';
import { RespClient, showReply } from '../support/resp-client.js';

interface Case {
  readonly bytes: Buffer;
  /** The reply, or how it begins; none when nothing is answered. */
  readonly replies: readonly (string | RegExp)[];
}

interface Chaos {
  readonly dropUpstream?: boolean;
  readonly failBatches?: boolean;
  readonly slowReaders?: boolean;
}

const commandBytesMax = 64 * 1024;
const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
let serial = 0;

function randomCase(random: Random, chaos: Chaos): Case {
  const own = `k${serial++}`;
  const dice = random.below(100);
  if (dice < 50) {
    const key = `${own}:${random.pick([0, 10, 100, 1000, random.below(60_000)])}`;
    const value = bulk(valueOf(key).toString());
    return { bytes: encodeCommand('GET', key), replies: [chaos.dropUpstream ? new RegExp(`^-PYLON_READ|^\\$\\d+\r\n${key}\\.*\r\n$`) : value] };
  }
  const written = (reply: string): string | RegExp => (chaos.failBatches ? new RegExp(`^-PYLON_UNKNOWN|^\\${reply}`) : reply);
  if (dice < 60) return { bytes: encodeCommand('SET', own, 'x'.repeat(random.below(200))), replies: [written('+OK\r\n')] };
  if (dice < 66) return { bytes: encodeCommand('INCR', own), replies: [written(':0\r\n')] };
  if (dice < 67) return { bytes: encodeCommand('SET', own, 'x'.repeat(random.below(50_000))), replies: [written('+OK\r\n')] };
  if (dice < 77) return { bytes: encodeCommand('ECHO', own), replies: [bulk(own)] };
  if (dice < 80) return { bytes: encodeCommand('KEYS', own), replies: [`*1\r\n${bulk(own)}`] };
  if (dice < 83) return { bytes: encodeCommand('INFO'), replies: [bulk('info')] };
  if (dice < 85) return { bytes: encodeCommand('PYLON', 'INFO'), replies: [bulk('p'.repeat(4096))] };
  if (dice < 88) return { bytes: encodeCommand(`no${own}`), replies: [new RegExp(`^-ERR.*no${own}`)] };
  if (dice < 92) return { bytes: Buffer.from(`ECHO ${own}\r\n`), replies: [bulk(own)] };
  if (dice < 95) return { bytes: Buffer.from(random.pick(['\r\n', '*0\r\n', '*-1\r\n'])), replies: [] };
  if (dice < 97) return { bytes: encodeCommand('COMMAND', 'DOCS'), replies: [chaos.dropUpstream ? /^\+OK|^-PYLON_READ/ : '+OK\r\n'] };
  if (dice < 98) return { bytes: encodeCommand('SET', own, 'x'.repeat(commandBytesMax + 1)), replies: [/^-PYLON_TOO_BIG/] };
  return { bytes: encodeCommand('GET', own, own), replies: [/^-ERR wrong number of arguments for 'get'/] };
}

/** Sends cases on one connection, cut at random, and compares what comes back. @returns replies that were right */
async function converse(port: number, random: Random, chaos: Chaos, count: number): Promise<number> {
  const cases = Array.from({ length: count }, () => randomCase(random, chaos));
  const ending = random.pick(['quit', 'half-close', 'garbage', 'stay', 'stay', 'reset']);
  if (ending === 'quit') cases.push({ bytes: encodeCommand('QUIT'), replies: ['+OK\r\n'] });
  if (ending === 'stay') cases.push({ bytes: encodeCommand('PING'), replies: ['+PONG\r\n'] });
  if (ending === 'garbage') cases.push({ bytes: Buffer.from('*1\r\n!\r\n'), replies: [/^-ERR Protocol error/] });
  const expected = cases.flatMap(({ replies }) => replies);
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  let right = 0;
  let unread = Buffer.alloc(0);
  const done = new Promise<string>((resolve) => {
    socket.on('error', () => {});
    socket.on('close', () => resolve('closed'));
    socket.on('end', () => {
      socket.end();
      resolve('ended');
    });
    socket.on('data', (bytes: Buffer) => {
      unread = Buffer.concat([unread, bytes]);
      let at = 0;
      for (let end = replyEnd(unread, at, unread.length); end > 0; end = replyEnd(unread, at, unread.length)) {
        const reply = unread.toString('latin1', at, end);
        const wanted = expected[right];
        const matches = typeof wanted === 'string' ? wanted === reply : wanted?.test(reply);
        if (matches !== true) {
          resolve(`reply ${right} is ${JSON.stringify(reply.slice(0, 80))}, not ${String(wanted).slice(0, 80)}`);
          socket.destroy();
          return;
        }
        right++;
        at = end;
        if (at === unread.length) break;
      }
      unread = unread.subarray(at);
      if (right === expected.length && ending !== 'quit' && ending !== 'garbage' && ending !== 'half-close') resolve('answered');
      if (chaos.slowReaders && random.below(4) === 0) {
        socket.pause();
        setTimeout(() => socket.resume(), random.below(20));
      }
    });
  });
  await send(socket, Buffer.concat(cases.map(({ bytes }) => bytes)), random, ending === 'reset' ? random.fraction() : 1);
  if (ending === 'reset') {
    socket.resetAndDestroy();
    return right;
  }
  if (ending === 'half-close') socket.end();
  const how = await within(20_000, done, `all replies (${right} of ${expected.length} came, ending ${ending})`);
  // A reply that broke off half way when Redis went away leaves nothing but to close.
  const cutOff = chaos.dropUpstream === true && (how === 'closed' || how === 'ended');
  const wanted = ending === 'stay' ? 'answered' : 'ended';
  if (!cutOff) assert.deepEqual([how, right], [wanted, expected.length], ending);
  socket.destroy();
  return right;
}

async function send(socket: Socket, bytes: Buffer, random: Random, share: number): Promise<void> {
  const end = Math.floor(bytes.length * share);
  const pieceMax = random.pick([7, 200, 5_000, 70_000, bytes.length]);
  for (let at = 0; at < end && !socket.destroyed; ) {
    const next = Math.min(end, at + 1 + random.below(pieceMax));
    const flushed = socket.write(bytes.subarray(at, next));
    at = next;
    if (!flushed && !socket.destroyed) {
      await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), new Promise((resolve) => socket.once('close', resolve))]);
    } else if (random.below(3) === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

async function storm(t: TestContext, chaos: Chaos, options: FixtureOptions = {}): Promise<void> {
  const random = new Random(runSeed());
  t.diagnostic(`PYLON_TEST_SEED=${random.seed}`);
  const fixture = await GatewayFixture.start(t, {
    ...options,
    gateway: { commandBytesMax },
    control: async ([, key]) => {
      await pause(random.below(5));
      return [key];
    },
  });
  fixture.onBatch = (batch) => {
    const fail = chaos.failBatches === true && random.below(4) === 0;
    setTimeout(() => fixture.settle(batch, fail ? { code: 'PYLON_UNKNOWN', message: 'as the test wants' } : undefined), random.below(8));
  };
  let owed = Buffer.alloc(0);
  fixture.redis.answer = (socket, bytes) => {
    // Some of it now, the rest with what comes next or a moment later.
    const all = Buffer.concat([owed, bytes]);
    const cut = random.below(all.length + 1);
    socket.write(all.subarray(0, cut));
    owed = all.subarray(cut);
    setImmediate(() => {
      if (!socket.destroyed) socket.write(owed);
      owed = Buffer.alloc(0);
    });
  };
  let storming = true;
  const dropping = (async () => {
    while (storming && chaos.dropUpstream === true) {
      await pause(20 + random.below(60));
      fixture.redis.dropAll();
    }
  })();
  const rounds = Number(process.env['PYLON_TEST_STORM_ROUNDS'] ?? 2);
  let right = 0;
  for (let round = 0; round < rounds; round++) {
    const counts = await Promise.all(Array.from({ length: 12 }, () => converse(fixture.port, random, chaos, random.pick([1, 20, 300]))));
    right += counts.reduce((sum, count) => sum + count);
  }
  storming = false;
  await dropping;
  assert.deepEqual(fixture.faults, []);
  assert.ok(right > 200, `${right} replies`);
  t.diagnostic(`${right} replies`);
}

test('every reply is that of its command', (t) => storm(t, {}));
test('… with slow readers and failing batches', (t) => storm(t, { slowReaders: true, failBatches: true }));
test('… while the Redis goes away and comes back', (t) => storm(t, { dropUpstream: true, failBatches: true }));
test('… with the parse pool', (t) => storm(t, { slowReaders: true }, { parseWorkers: 1 }));

test('whatever is asked and however it is answered, nothing stays in flight', async (t) => {
  const fixture = await GatewayFixture.start(t, { gateway: { commandBytesMax } });
  let fail = false;
  fixture.onBatch = (batch) => fixture.settle(batch, (fail = !fail) ? { code: 'PYLON_NOT_LOGGED', message: 'no' } : undefined);
  const client = await RespClient.connect({ port: fixture.port });
  const random = new Random(7);
  const settled = async (): Promise<void> => {
    const list = await client.text('CLIENT', 'LIST');
    assert.match(list, / in-flight=0 /);
  };
  for (let round = 0; round < 20; round++) {
    const cases = Array.from({ length: 200 }, () => randomCase(random, {})).filter(({ bytes }) => bytes[0] === 42);
    await client.exchange(Buffer.concat(cases.map(({ bytes }) => bytes)), cases.flatMap(({ replies }) => replies).length);
    await settled();
  }
  fixture.redis.answer = () => fixture.redis.dropAll();
  const lost = await client.pipeline(Array.from({ length: 500 }, (_, key) => ['GET', key]));
  assert.ok(lost.every((reply) => showReply(reply).startsWith('(error) PYLON_READ')));
  await settled();
});
