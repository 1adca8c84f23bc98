/**
 * Too much of everything: Redis or Kafka stand still while clients go on, clients send and do not read. Memory stays
 * bounded, others are served as far as they can be, and when it is over nothing is lost.
 */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../support/eventually.js';
import { logEnd } from '../support/kafka.js';
import { startOwnKafka } from '../support/own-kafka.js';
import { oneWorld } from '../support/one-world.js';
import { residentBytes } from '../support/processes.js';
import { encodeCommand, encodePipeline, showReply, type RespClient } from '../support/resp-client.js';
import { startWorld, type TestRack } from '../support/test-world.js';

const MIB = 1024 * 1024;

/** Memory that a Pylon may take on top of what it had, whatever comes: its queues and what the allocators keep. */
const growthBytesMax = 192 * MIB;

/** The most memory that a rack's Pylon takes, above what it has now, while something is done. */
async function growthWhile(rack: TestRack, work: () => Promise<void>): Promise<number> {
  const { pid } = rack.running[0].child;
  const before = await residentBytes(pid);
  let most = 0;
  let done = false;
  const watching = (async (): Promise<void> => {
    while (!done) {
      most = Math.max(most, (await residentBytes(pid)) - before);
      await delay(20); // a look now and then, not synchronisation
    }
  })();
  try {
    await work();
  } finally {
    done = true;
    await watching;
  }
  return most;
}

/** Wants a value that is the same as at the look before. */
function standsStill(): (value: number) => boolean {
  let last = Number.NaN;
  return (value) => {
    const still = value === last;
    last = value;
    return still;
  };
}

/** Sends bytes as fast as the other side takes them. */
async function pour(client: RespClient, bytes: Buffer): Promise<void> {
  if (!client.socket.write(bytes)) await new Promise<void>((resolve) => client.socket.once('drain', resolve));
}

/** Waits for so many replies, each of which must be OK. */
async function allOk(client: RespClient, count: number): Promise<void> {
  const outcomes = await client.exchange(Buffer.alloc(0), count, 60_000);
  const bad = outcomes.findIndex((outcome) => showReply(outcome) !== 'OK');
  assert.equal(bad, -1, `reply ${bad}: ${showReply(outcomes[bad] ?? 'lost')}`);
}

describe('overload', { timeout: 180_000 }, () => {
  describe('of the applier and of one client', () => {
    const shared = oneWorld();

    it('takes 250 MB of writes while Redis stands still, without keeping them in memory', async (t) => {
      const { world, east } = shared;
      const client = await east.connect(60_000);
      const value = Buffer.alloc(100_000, 'v');
      await east.redis.pause();
      const growth = await growthWhile(east, async () => {
        for (let round = 0; round < 25; round++) {
          const bytes = Buffer.concat(
            Array.from({ length: 100 }, (_, index) => encodeCommand(['SET', `heavy:${index}`, value])),
          );
          client.send(bytes);
          await allOk(client, 100);
        }
      });
      await east.redis.resume();
      t.diagnostic(`grew by ${Math.round(growth / MIB)} MiB`);
      assert.ok(growth < growthBytesMax, `it grew by ${Math.round(growth / MIB)} MiB`);
      await world.converge();
      client.destroy();
    });

    it('holds back a client that sends writes and does not read the answers', async (t) => {
      const { world, east } = shared;
      const client = await east.connect(60_000);
      client.holdReading();
      // 600,000 answers of 5 bytes: more than the network's buffers and Pylon's together would take of a client.
      const count = 600_000;
      let sent = false;
      const growth = await growthWhile(east, async () => {
        const pouring = (async (): Promise<void> => {
          const thousand = encodePipeline(Array.from({ length: 1000 }, (_, index) => ['SET', `light:${index}`, 'x']));
          for (let at = 0; at < count; at += 1000) await pour(client, thousand);
          sent = true;
        })();
        const other = await east.connect();
        const look = async (): Promise<number> => logEnd(world.kafka, world.name);
        // The client is held back, or all of it is in.
        await eventually('the log to stand still', look, standsStill(), { deadlineMs: 60_000, everyMs: 500 });
        assert.equal(await other.text('PING'), 'PONG');
        other.destroy();
        client.resumeReading();
        await allOk(client, count);
        await pouring;
      });
      t.diagnostic(`grew by ${Math.round(growth / MIB)} MiB`);
      assert.ok(sent);
      assert.ok(growth < growthBytesMax, `it grew by ${Math.round(growth / MIB)} MiB`);
      client.destroy();
      await world.converge();
    });
  });

  it('holds clients back while Kafka stands still, and answers them when it goes on', async (t) => {
    const kafka = await startOwnKafka(t);
    const world = await startWorld(t, { kafka: kafka.bootstrapServers, racks: [{ name: 'east' }] });
    const [east] = world.racks;
    const clients = await Promise.all(Array.from({ length: 8 }, () => east.connect(60_000)));
    const value = Buffer.alloc(100_000, 'w');
    const perClient = 300; // 240 MB in all, well above the queue's 64 MiB
    const bytes = Buffer.concat(
      Array.from({ length: 10 }, (_, index) => encodeCommand(['SET', `held:${index}`, value])),
    );
    await kafka.kill('SIGSTOP');
    const pouring: Promise<void>[] = [];
    let poured = 0;
    const growth = await growthWhile(east, async () => {
      for (const client of clients) {
        pouring.push(
          (async () => {
            for (let at = 0; at < perClient; at += 10) {
              await pour(client, bytes);
              poured += 10;
            }
          })(),
        );
      }
      await eventually('the clients to be held back', () => poured, standsStill(), { everyMs: 500 });
      assert.ok(poured < clients.length * perClient, 'all of it was taken');
      const reader = await east.connect();
      assert.equal(showReply(await reader.command('GET', 'held:none')), '(nil)'); // reads go on
      reader.destroy();
    });
    t.diagnostic(`grew by ${Math.round(growth / MIB)} MiB`);
    assert.ok(growth < growthBytesMax, `it grew by ${Math.round(growth / MIB)} MiB`);
    await kafka.kill('SIGCONT');
    for (const client of clients) await allOk(client, perClient);
    await Promise.all(pouring);
    for (const client of clients) client.destroy();
    await world.converge();
  });
});
