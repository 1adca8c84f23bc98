/**
 * Chaos: a world of two racks with two Pylons each, under load, and one misfortune after the other, chosen by a seed:
 * processes killed, paused, stopped and started again; Redis, Pylons, Kafka; some of them at once. After every few, the
 * load is stopped and the whole promise is checked. Run by `npm run test:world`; PYLON_TEST_CHAOS_ROUNDS lengthens it.
 */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { EmbeddedKafka } from '../../src/main/embedded/kafka.js';
import { describeProgress, type Load } from '../support/load.js';
import { startOwnKafka } from '../support/own-kafka.js';
import { Random } from '../support/random.js';
import { startWorld, type TestRack, type TestWorld } from '../support/test-world.js';

const rounds = Number(process.env['PYLON_TEST_CHAOS_ROUNDS'] ?? 3);
const misfortunesPerRound = 4;

interface Place {
  readonly world: TestWorld;
  readonly kafka: EmbeddedKafka;
  readonly random: Random;
}

type Misfortune = (place: Place, rack: TestRack) => Promise<void>;

/** How long a paused process stays so: the misfortune itself, not a wait for something. */
function while_(random: Random, mostMs: number): Promise<void> {
  return delay(200 + random.below(mostMs));
}

const misfortunes: Readonly<Record<string, Misfortune>> = {
  'a Pylon is killed': async ({ random }, rack) => {
    await random.pick(rack.running).kill();
    await rack.startPylon();
  },
  'the leader is killed': async (_, rack) => {
    const leader = await rack.leader({ deadlineMs: 60_000 });
    await leader.kill();
    await rack.startPylon();
  },
  'both Pylons are killed': async (_, rack) => {
    await Promise.all(rack.running.map((pylon) => pylon.kill()));
    await Promise.all([rack.startPylon(), rack.startPylon()]);
  },
  'a Pylon is stopped': async ({ random }, rack) => {
    await random.pick(rack.running).stop(40_000);
    await rack.startPylon();
  },
  'the leader is paused': async ({ random }, rack) => {
    const leader = await rack.leader({ deadlineMs: 60_000 });
    leader.pause();
    await while_(random, 9000);
    leader.resume();
  },
  'Redis is killed': async ({ random }, rack) => {
    await rack.redis.kill();
    await while_(random, 2000);
    await rack.redis.restart();
  },
  'Redis loses its last writes': async ({ random }, rack) => {
    await rack.redis.kill();
    // Never all of it: a Redis that lost everything needs a human.
    await rack.redis.loseTail((size) => size - random.below(Math.min(200_000, size >> 1)));
    await rack.redis.restart();
  },
  'Redis is paused': async ({ random }, rack) => {
    await rack.redis.pause();
    await while_(random, 7000);
    await rack.redis.resume();
  },
  'Redis is full': async ({ random }, rack) => {
    await rack.redis.use((client) => client.text('CONFIG', 'SET', 'maxmemory', '1'));
    await while_(random, 3000);
    await rack.redis.use((client) => client.text('CONFIG', 'SET', 'maxmemory', '0'));
  },
  'Redis is full and the leader is killed': async ({ random }, rack) => {
    const leader = await rack.leader({ deadlineMs: 60_000 });
    await rack.redis.use((client) => client.text('CONFIG', 'SET', 'maxmemory', '1'));
    await while_(random, 1000);
    await leader.kill();
    await rack.startPylon();
    await rack.leader({ deadlineMs: 60_000 });
    await rack.redis.use((client) => client.text('CONFIG', 'SET', 'maxmemory', '0'));
  },
  'Redis and a Pylon are killed': async ({ random }, rack) => {
    await Promise.all([rack.redis.kill(), random.pick(rack.running).kill()]);
    await rack.redis.restart();
    await rack.startPylon();
  },
  'Kafka is killed': async ({ kafka }) => {
    await kafka.kill('SIGKILL');
    await kafka.restart();
  },
  'Kafka is paused': async ({ kafka, random }) => {
    await kafka.kill('SIGSTOP');
    await while_(random, 8000);
    await kafka.kill('SIGCONT');
  },
  'Kafka and a leader are killed': async ({ kafka }, rack) => {
    const leader = await rack.leader({ deadlineMs: 60_000 });
    await Promise.all([kafka.kill('SIGKILL'), leader.kill()]);
    await kafka.restart();
    await rack.startPylon();
  },
};

it('a world keeps its promise through one misfortune after the other', { timeout: 1_500_000 }, async (t) => {
  const kafka = await startOwnKafka(t);
  const world = await startWorld(t, {
    kafka: kafka.bootstrapServers,
    env: { PYLON_WRITE_TIMEOUT_MS: '5000' },
    racks: [
      // One Redis loads a torn file as far as it goes, one refuses it and has it mended.
      { name: 'east', pylons: 2, redis: { 'aof-load-truncated': 'yes' } },
      { name: 'west', pylons: 2, redis: { 'aof-load-truncated': 'no' } },
    ],
  });
  const random = new Random(world.seed);
  t.diagnostic(`seed ${world.seed}`);
  for (let round = 0; round < rounds; round++) {
    const loads: Load[] = world.racks.map((rack) =>
      world.startLoad(rack, { writes: 1e9, writesPerSecondMax: 2000, replyDeadlineMs: 10_000 }),
    );
    const happened: string[] = [];
    for (let count = 0; count < misfortunesPerRound; count++) {
      await while_(random, 1500);
      const name = random.pick(Object.keys(misfortunes));
      const rack = random.pick(world.racks);
      happened.push(`${name} (${rack.name})`);
      const startedAt = performance.now();
      try {
        await misfortunes[name]({ world, kafka, random }, rack);
      } catch (error) {
        throw new Error(`seed ${world.seed}, round ${round}: ${happened.join(', ')}: ${(error as Error).message}`);
      }
      happened[happened.length - 1] += ` ${Math.round(performance.now() - startedAt)} ms`;
    }
    await while_(random, 1500);
    await Promise.all(loads.map((load) => load.stop()));
    t.diagnostic(`round ${round}: ${happened.join(', ')}`);
    for (const load of loads) t.diagnostic(describeProgress(load.progress));
    await world.check({ deadlineMs: 90_000 });
    for (const load of loads)
      assert.ok(load.progress.acknowledged > 0, `nothing was acknowledged: ${happened.join(', ')}`);
  }
});
