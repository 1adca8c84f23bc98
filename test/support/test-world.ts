/**
 * A world for one test: racks of real Pylon processes, each rack with a Redis of its own, on a Kafka shared by all
 * tests (a world has topics of its own, so tests do not meet) or on one that the test may break.
 *
 * Everything is ended and removed when the test is over, however it ends; a Pylon that still runs must stop cleanly.
 */

import { randomBytes } from 'node:crypto';
import { groupNames } from '../../src/shared/topics.js';
import { checkExactlyOnce, describeViolations, type Violation } from './checker.js';
import type { Environment } from './child.js';
import { cleanUp, type Scope } from './clean-up.js';
import { eventually, type Patience } from './eventually.js';
import { groupMembers, logEnd, sharedKafka } from './kafka.js';
import { Ledger } from './ledger.js';
import { Load, type Endpoint, type LoadPlan } from './load.js';
import { PylonProcess, type PylonInfo, type StartOptions } from './pylon-process.js';
import { runSeed } from './random.js';
import { readContents, readDeadlines, readDigest, readKeyDigests, type DigestAtPosition } from './rack-data.js';
import { RackRedis, type RedisSettings } from './rack-redis.js';
import type { RespClient } from './resp-client.js';

export interface RackPlan {
  readonly name: string;
  /** How many Pylons to start; 1 where nothing is said. */
  readonly pylons?: number;
  readonly redis?: RedisSettings;
  /** Of that Redis; 0 where nothing is said. */
  readonly database?: number;
  readonly env?: Environment;
  /** File to run in place of Pylon's own. */
  readonly entry?: string;
}

export interface WorldPlan {
  readonly racks: readonly RackPlan[];
  /** Bootstrap servers of a Kafka of the test's own. */
  readonly kafka?: string;
  readonly replication?: number;
  /** For every Pylon. */
  readonly env?: Environment;
}

/** A load on one rack, or on several in turn; the rest has defaults. */
export type WorldLoad = Partial<Omit<LoadPlan, 'endpoints' | 'seed'>> & { readonly writes: number };

export class TestRack {
  readonly name: string;
  readonly redis: RackRedis;
  /** All that were started, those that have ended too. */
  readonly pylons: PylonProcess[] = [];
  readonly #env: Environment;

  constructor(name: string, redis: RackRedis, env: Environment) {
    this.name = name;
    this.redis = redis;
    this.#env = { ...env, PYLON_RACK: name, PYLON_REDIS: redis.url, PYLON_PORT: '0' };
  }

  /** Starts one more Pylon of this rack. */
  async startPylon(env: Environment = {}, options: StartOptions = {}): Promise<PylonProcess> {
    const pylon = await PylonProcess.start({ ...this.#env, ...env }, options);
    this.pylons.push(pylon);
    return pylon;
  }

  get running(): PylonProcess[] {
    return this.pylons.filter((pylon) => pylon.running);
  }

  /** Where clients may connect. */
  get endpoints(): Endpoint[] {
    return this.running.map(({ ready }) => ({ host: ready.host, port: ready.port }));
  }

  /** A connection to the first running Pylon. */
  connect(deadlineMs = 10_000): Promise<RespClient> {
    return this.running[0].connect({ deadlineMs });
  }

  /** Waits until one of the given Pylons (those that run, if none are given) leads the rack. */
  async leader(patience: Patience = {}, among = this.running): Promise<PylonProcess> {
    const look = async (): Promise<PylonProcess | undefined> => {
      const infos = await Promise.allSettled(among.map((pylon) => pylon.info(1000)));
      const found = infos.findIndex((info) => info.status === 'fulfilled' && info.value.leads);
      return found === -1 ? undefined : among[found];
    };
    const leader = await eventually(`a leader of rack ${this.name}`, look, (pylon) => pylon !== undefined, patience);
    return leader as PylonProcess;
  }

  /** Waits until the rack's group is complete, one Pylon leads and all others stand by. */
  async settled(): Promise<void> {
    const { PYLON_KAFKA: kafka, PYLON_WORLD: world } = this.#env;
    const count = this.running.length;
    await eventually(
      `the group of rack ${this.name}`,
      () => groupMembers(kafka, groupNames.rack(world, this.name)),
      (members) => members === count,
      {
        deadlineMs: 30_000,
      },
    );
    const states = (): Promise<string[]> =>
      Promise.all(this.running.map(async (pylon) => (await pylon.info(1000)).text('applier_state')));
    const wanted = ['applying', ...this.running.slice(1).map(() => 'standby')].join();
    await eventually(`one leader in rack ${this.name}`, states, (seen) => seen.sort().join() === wanted);
  }

  /** `PYLON INFO` of the rack's leader. */
  async leaderInfo(): Promise<PylonInfo> {
    return (await this.leader()).info();
  }
}

export class TestWorld {
  readonly name: string;
  readonly kafka: string;
  readonly racks: TestRack[] = [];
  readonly seed = runSeed();
  readonly #loads: Load[] = [];

  constructor(name: string, kafka: string) {
    this.name = name;
    this.kafka = kafka;
  }

  /** @throws Error when the world has no such rack */
  rack(name: string): TestRack {
    const rack = this.racks.find((one) => one.name === name);
    if (rack === undefined) throw new Error(`no rack ${name} in this world`);
    return rack;
  }

  /** Starts a load on the Pylons of a rack; it is stopped, at the latest, with the world. */
  startLoad(rack: TestRack, load: WorldLoad): Load {
    const name = `${rack.name}${this.#loads.length}`;
    const seed = this.seed + this.#loads.length;
    const started = Load.start({ name, connections: 4, ...load, seed, endpoints: () => rack.endpoints });
    this.#loads.push(started);
    return started;
  }

  /** Waits until every rack has applied the whole log. @returns each rack's digest there */
  async atLogEnd(patience: Patience = { deadlineMs: 60_000 }): Promise<DigestAtPosition[]> {
    const end = await logEnd(this.kafka, this.name);
    return eventually(
      `all racks to be at the log's end, ${end}:0`,
      () => Promise.all(this.racks.map(({ redis }) => redis.use(readDigest))),
      (digests) => digests.every(({ position }) => position === `${end}:0`),
      patience,
    );
  }

  /**
   * Waits until every rack has applied the whole log, then compares them: digests, and deadlines to the millisecond.
   * @throws Error naming the keys that differ
   */
  async converge(patience?: Patience): Promise<DigestAtPosition> {
    await this.atLogEnd(patience);
    // Digests see for a moment what is no difference: keys past their deadline that Redis has not dropped yet, and the
    // key of an applier's self-test. A difference at the log's end stays.
    const look = (): Promise<DigestAtPosition[]> => this.atLogEnd(patience);
    const equal = (seen: DigestAtPosition[]): boolean => seen.every(({ digest }) => digest === seen[0].digest);
    const all = await eventually('digests to be equal', look, equal, { deadlineMs: 3000 }).catch(() => look());
    if (!equal(all)) throw new Error(await this.#explainDifference(all));
    await this.#compareDeadlines();
    return all[0];
  }

  async #explainDifference(digests: readonly DigestAtPosition[]): Promise<string> {
    const [first, ...others] = await Promise.all(this.racks.map(({ redis }) => redis.use(readKeyDigests)));
    const differing = others.flatMap((other) => differences(first, other));
    const fences = await Promise.all(
      this.racks.map(({ redis }) => redis.use((client) => client.text('GET', '__pylon__:fence'))),
    );
    return `racks differ at the same position ${digests[0].position}: ${differing.join('; ')}\n${fences.join('\n')}`;
  }

  async #compareDeadlines(): Promise<void> {
    const [first, ...others] = await Promise.all(this.racks.map(({ redis }) => redis.use(readDeadlines)));
    const differing = others.flatMap((other) => differences(first, other));
    if (differing.length > 0) throw new Error(`deadlines differ between racks: ${differing.join('; ')}`);
  }

  /**
   * The whole promise, after the loads have ended: racks equal at the log's end, every acknowledged write there once.
   * @throws Error describing what is broken
   */
  async check(patience?: Patience): Promise<void> {
    const difference = await this.converge(patience).then(
      () => '',
      (error: Error) => `${error.message}\n`,
    );
    const violations = await this.violations();
    if (difference === '' && violations.length === 0) return;
    throw new Error(`seed ${this.seed}: ${difference}${describeViolations(violations)}`);
  }

  /** What the checker finds in the racks now, of all loads of this world. */
  async violations(): Promise<Violation[]> {
    const ledger = new Ledger();
    for (const load of this.#loads) ledger.merge(load.ledger);
    const contents = await Promise.all(
      this.racks.map(({ name, redis }) => redis.use((client) => readContents(name, client, ledger))),
    );
    return checkExactlyOnce(ledger, contents);
  }

  /** Stops all Pylons cleanly, then all Redis. @throws the first error, after everything was ended */
  async stop(): Promise<void> {
    const loads = Promise.all(this.#loads.map((load) => load.stop()));
    const pylons = this.racks.flatMap((rack) => rack.running);
    for (const pylon of pylons) pylon.resume();
    await Promise.all(this.racks.map(({ redis }) => redis.resume()));
    const stops = await Promise.allSettled(pylons.map((pylon) => pylon.stop()));
    await Promise.all(pylons.map((pylon) => pylon.kill()));
    await loads; // their connections have ended, so they have
    await Promise.all(this.racks.map(({ redis }) => redis.remove()));
    for (const stop of stops) if (stop.status === 'rejected') throw stop.reason;
  }
}

/** Keys whose values differ, the first of them. */
function differences(mine: ReadonlyMap<string, unknown>, its: ReadonlyMap<string, unknown>, shown = 10): string[] {
  const keys = new Set([...mine.keys(), ...its.keys()]);
  return [...keys]
    .filter((key) => mine.get(key) !== its.get(key))
    .slice(0, shown)
    .map((key) => `${key}: ${mine.get(key)} and ${its.get(key)}`);
}

/** Starts a world and waits until every rack has one leader. */
export async function startWorld(scope: Scope, plan: WorldPlan): Promise<TestWorld> {
  const kafka = plan.kafka ?? sharedKafka();
  const world = new TestWorld(`t${randomBytes(6).toString('hex')}`, kafka);
  cleanUp(scope, () => world.stop());
  const replication = plan.replication ?? 1;
  const env: Environment = {
    PYLON_WORLD: world.name,
    PYLON_KAFKA: kafka,
    PYLON_KAFKA_REPLICATION: String(replication),
    PYLON_LOG_LEVEL: 'debug',
    // Loads go on while a Redis is away, and count what the log has; true replies have tests of their own.
    PYLON_REPLY: 'log',
    ...(replication < 3 ? { PYLON_DEV: '1' } : {}),
    ...plan.env,
  };
  await Promise.all(
    plan.racks.map(async (rackPlan) => {
      const redis = await RackRedis.start(rackPlan.redis, rackPlan.database);
      world.racks.push(new TestRack(rackPlan.name, redis, { ...env, ...rackPlan.env }));
    }),
  );
  const inOrder = (rack: TestRack): number => plan.racks.findIndex(({ name }) => name === rack.name);
  world.racks.sort((a, b) => inOrder(a) - inOrder(b));
  // All at once: Pylons that start together must not trip over each other's creation of the topic.
  await Promise.all(
    plan.racks.flatMap(({ name, pylons = 1, entry }) =>
      Array.from({ length: pylons }, () => world.rack(name).startPylon({}, entry === undefined ? {} : { entry })),
    ),
  );
  await Promise.all(world.racks.map((rack) => rack.settled()));
  return world;
}
