/**
 * A seeded simulation of one rack: several appliers, one Redis, one log, a virtual clock. Between any two effects
 * anything may happen: connections break with bytes on their way (which Redis may still execute later), appliers crash,
 * freeze and wake up, several lead at once, Redis refuses for a while or restarts without its last writes, records come
 * twice. Then everything heals, one leads, and the log must be applied.
 *
 * Checked after every single change in Redis: the data is exactly what the log says up to the fence's position, every
 * command once and in order. The same seed gives the same run.
 */

import type { ApplierEffect, ApplierEvent } from '../../src/workers/applier/applier-events.js';
import { Applier } from '../../src/workers/applier/applier.js';
import type { LogEntry } from '../../src/workers/applier/apply-queue.js';
import type { FenceCommands } from '../../src/workers/applier/fence-commands.js';
import { CounterBlock, createCounterMemory } from '../../src/shared/counters.js';
import { decodeFence, fenceKey } from '../../src/shared/fence-value.js';
import { formatPosition } from '../../src/shared/position.js';
import { FakeConnection, FakeRedis, type FakeMode } from './fake-redis.js';
import { SimLog } from './sim-log.js';

export interface SimOptions {
  readonly seed: number;
  readonly commands: FenceCommands;
  readonly records: number;
  readonly appliers: number;
}

export interface SimResult {
  readonly events: number;
  readonly commandsApplied: number;
  readonly fenceLost: number;
  readonly stepsRetried: number;
  readonly crashes: number;
}

/** Mulberry32: small, good enough, the same everywhere. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const topicId = 'sim-topic';
/** Virtual ms of trouble, and how long healing may take. */
const troubleMs = 6_000;
const healMsMax = 60_000;
const listKey = 'ids';

interface Scheduled {
  readonly atMs: number;
  readonly order: number;
  readonly action: () => void;
}

export class ApplierSim {
  readonly options: SimOptions;
  readonly random: () => number;
  readonly redis = new FakeRedis();
  readonly log: SimLog;
  nowMs = 0;
  isHealing = false;
  crashes = 0;
  #scheduled: Scheduled[] = [];
  #order = 0;
  #events = 0;
  #nodes: SimNode[];

  constructor(options: SimOptions) {
    this.options = options;
    this.random = randomOf(options.seed);
    this.log = new SimLog(this.random);
    this.#nodes = Array.from({ length: options.appliers }, () => new SimNode(this));
    this.redis.onChange = () => this.#check();
  }

  /** @throws Error when an invariant is broken, or the log is not applied in the end */
  run(): SimResult {
    for (const node of this.#nodes) node.start();
    this.#produce();
    this.#disturb();
    this.#runUntil(() => this.nowMs > troubleMs && this.log.records.length >= this.options.records);
    this.#heal();
    const end = this.log.records.length;
    this.#runUntil(() => this.#appliedOffset() === end);
    this.#check();
    const counters = this.#nodes.map((node) => node.counters.snapshot());
    const sum = (slot: 'commandsApplied' | 'fenceLost' | 'stepsRetried'): number =>
      counters.reduce((total, block) => total + block[slot], 0);
    return {
      events: this.#events,
      commandsApplied: sum('commandsApplied'),
      fenceLost: sum('fenceLost'),
      stepsRetried: sum('stepsRetried'),
      crashes: this.crashes,
    };
  }

  at(delayMs: number, action: () => void): void {
    this.#scheduled.push({ atMs: this.nowMs + delayMs, order: this.#order++, action });
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  int(below: number): number {
    return Math.floor(this.random() * below);
  }

  #runUntil(condition: () => boolean): void {
    const deadlineMs = this.nowMs + healMsMax;
    while (!condition()) {
      let first = 0;
      const scheduled = this.#scheduled;
      for (let i = 1; i < scheduled.length; i++) {
        const [a, b] = [scheduled[i] as Scheduled, scheduled[first] as Scheduled];
        if (a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)) first = i;
      }
      const next = scheduled[first];
      if (next === undefined) throw new Error('nothing is left to happen');
      scheduled[first] = scheduled.at(-1) as Scheduled;
      scheduled.pop();
      this.nowMs = Math.max(this.nowMs, next.atMs);
      if (this.nowMs > deadlineMs) {
        throw new Error(`the log is not applied: at ${this.#appliedOffset()} of ${this.log.records.length}`);
      }
      this.#events++;
      next.action();
    }
  }

  #appliedOffset(): number {
    const fence = this.redis.data.get(fenceKey);
    return typeof fence === 'string' ? decodeFence(fence).next.offset : 0;
  }

  #produce(): void {
    if (this.log.records.length >= this.options.records) return;
    this.log.append(this.nowMs);
    this.at(this.random() * ((2 * troubleMs) / this.options.records), () => this.#produce());
  }

  /** One misfortune, then another a little later. */
  #disturb(): void {
    if (this.isHealing) return;
    const node = this.#nodes[this.int(this.#nodes.length)] as SimNode;
    const kinds: (() => void)[] = [
      () => node.assign(),
      () => node.assign(),
      () => node.revoke(),
      () => node.breakLink(),
      () => node.breakLink(),
      () => node.freeze(this.random() * 800),
      () => node.freeze(this.random() * 50),
      () => this.#crash(node),
      () => node.stop(),
      () => this.#refuse(),
      () => this.#restartRedis(),
      () => node.loseLog(),
    ];
    (kinds[this.int(kinds.length)] as () => void)();
    this.at(this.random() * 150, () => this.#disturb());
  }

  #crash(node: SimNode): void {
    this.crashes++;
    node.crash();
    this.replace(node);
  }

  replace(node: SimNode): void {
    const successor = new SimNode(this);
    this.#nodes[this.#nodes.indexOf(node)] = successor;
    this.at(this.random() * 100, () => {
      successor.start();
      if (this.isHealing) successor.assign(); // the one that was to lead in the end was about to stop
    });
  }

  #refuse(): void {
    const modes: FakeMode[] = ['oom', 'loading', 'readonly'];
    this.redis.mode = modes[this.int(modes.length)] as FakeMode;
    this.redis.hasHeadroom = this.chance(0.5);
    this.at(this.random() * 300, () => (this.redis.mode = 'ok'));
  }

  #restartRedis(): void {
    this.redis.restart(this.chance(0.5) ? 0 : this.int(4), fenceKey);
    for (const node of this.#nodes) node.linkBroken('restart');
  }

  #heal(): void {
    this.isHealing = true;
    this.redis.mode = 'ok';
    for (const node of this.#nodes) if (!node.isStarted) node.start();
    const leader = this.#nodes[this.int(this.#nodes.length)] as SimNode;
    for (const node of this.#nodes) if (node !== leader) node.revoke();
    leader.assign();
  }

  /** The invariant: what Redis holds is what the log says up to the fence. */
  #check(): void {
    const fence = this.redis.data.get(fenceKey);
    const list = this.redis.data.get(listKey) ?? [];
    const next = typeof fence === 'string' ? decodeFence(fence).next : { offset: 0, index: 0 };
    const wanted = this.log.idsBefore(next);
    const right = Array.isArray(list) && list.length === wanted && list.every((id, i) => id === this.log.ids[i]);
    if (right && this.redis.data.get('count') === (this.log.countBefore(next) || undefined)?.toString()) return;
    throw new Error(
      `at ${formatPosition(next)} Redis must hold ${wanted} ids, each once and in order; it holds ${list.length}, ` +
        `count ${this.redis.data.get('count')}`,
    );
  }
}

/** One applier with its connection, its consumer and its clock. */
class SimNode {
  readonly counters: CounterBlock<'applier'>;
  isStarted = false;
  readonly #sim: ApplierSim;
  readonly #applier: Applier;
  #isDead = false;
  #isOurs = false;
  #connection: FakeConnection | undefined;
  /** Number of the connection, of the timer, of the reading: what comes of an older one is dropped. */
  #linkNumber = 0;
  #timerNumber = 0;
  #reading = 0;
  #nextOffset = 0;
  #frozenUntilMs = 0;
  /** What waits for its turn while it is frozen. */
  readonly #inbox: (() => readonly ApplierEffect[])[] = [];
  /** Bytes keep their order on a wire. */
  #toServerMs = 0;
  #toClientMs = 0;

  constructor(sim: ApplierSim) {
    this.#sim = sim;
    this.counters = new CounterBlock(createCounterMemory({ producers: 0, appliers: 1 }), 'applier');
    const options = { rack: 'sim', topic: 'sim', topicId, stepCommands: 1 + sim.int(12), stepBytes: 64 + sim.int(1000) };
    this.#applier = new Applier(options, sim.options.commands, this.counters, sim.random);
  }

  start(): void {
    if (this.isStarted || this.#isDead) return;
    this.isStarted = true;
    this.#event({ type: 'joined' });
    this.#connect();
    this.#fetch();
  }

  assign(): void {
    if (this.#isOurs || !this.isStarted) return;
    this.#isOurs = true;
    this.#event({ type: 'assigned' });
  }

  revoke(): void {
    if (!this.#isOurs) return;
    this.#isOurs = false;
    this.#reading = 0;
    this.#event({ type: 'revoked' });
  }

  freeze(ms: number): void {
    this.#frozenUntilMs = Math.max(this.#frozenUntilMs, this.#sim.nowMs + ms);
  }

  stop(): void {
    if (!this.isStarted) return;
    this.revoke();
    this.#event({ type: 'stop' });
  }

  crash(): void {
    this.#isDead = true;
    this.#abandonConnection();
  }

  breakLink(): void {
    if (this.#connection !== undefined) this.linkBroken('broken');
  }

  linkBroken(reason: string): void {
    if (this.#isDead || !this.isStarted) return;
    this.#abandonConnection();
    this.#event({ type: 'link-down', reason });
    this.#connect();
  }

  loseLog(): void {
    if (this.#reading > 0) this.#event({ type: 'log-lost', reading: this.#reading });
  }

  /** Our end is gone. What we sent may still arrive, or not: the server's end lives on for a while. */
  #abandonConnection(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#connection = undefined;
    this.#linkNumber++;
    this.#sim.at(this.#sim.chance(0.5) ? 0 : this.#sim.random() * 300, () => this.#sim.redis.close(connection));
  }

  #connect(): void {
    const number = ++this.#linkNumber;
    this.#sim.at(5 + this.#sim.random() * 30, () => {
      if (this.#isDead || number !== this.#linkNumber || this.#connection !== undefined) return;
      this.#connection = this.#sim.redis.connect();
      this.#event({ type: 'link-up' });
    });
  }

  /** Runs something of this applier's: now, or when it wakes up, in order. */
  #run(action: () => readonly ApplierEffect[]): void {
    this.#inbox.push(action);
    if (this.#inbox.length === 1) this.#work();
  }

  #work(): void {
    while (this.#inbox.length > 0 && !this.#isDead) {
      if (this.#sim.nowMs < this.#frozenUntilMs) {
        this.#sim.at(this.#frozenUntilMs - this.#sim.nowMs + 0.001, () => this.#work());
        return;
      }
      const action = this.#inbox[0] as () => readonly ApplierEffect[];
      for (const effect of action()) this.#perform(effect);
      this.#inbox.shift();
    }
    if (!this.#isDead && this.#sim.chance(0.5)) this.#applier.prepare();
  }

  #event(event: ApplierEvent): void {
    this.#run(() => this.#applier.handle(event));
  }

  #perform(effect: ApplierEffect): void {
    switch (effect.type) {
      case 'send':
        return this.#send(Buffer.concat(effect.chunks));
      case 'drop-link':
        this.#abandonConnection();
        return this.#connect();
      case 'query-log': {
        const end = this.#sim.log.records.length;
        this.#sim.at(this.#sim.random() * 10, () => this.#event({ type: 'log-range', start: 0, end }));
        return;
      }
      case 'read-log':
        this.#reading = effect.reading;
        this.#nextOffset = effect.offset;
        return;
      case 'timer': {
        const number = ++this.#timerNumber;
        this.#sim.at(effect.delayMs, () => {
          if (number === this.#timerNumber) this.#event({ type: 'timer' });
        });
        return;
      }
      case 'halt':
        throw new Error(`an applier halted: ${effect.error.code} ${effect.error.message}`);
      case 'stopped':
        this.crash();
        return this.#sim.replace(this);
      case 'state':
      case 'trouble':
        return;
    }
  }

  #send(bytes: Buffer): void {
    const connection = this.#connection;
    const number = this.#linkNumber;
    if (connection === undefined) return;
    for (const piece of this.#pieces(bytes)) {
      this.#toServerMs = Math.max(this.#toServerMs, this.#sim.nowMs + this.#delayMs());
      this.#sim.at(this.#toServerMs - this.#sim.nowMs, () => {
        const replies = this.#sim.redis.receive(connection, piece);
        if (replies.length > 0) this.#reply(number, replies);
      });
    }
  }

  #reply(number: number, replies: Buffer): void {
    for (const piece of this.#pieces(replies)) {
      this.#toClientMs = Math.max(this.#toClientMs, this.#sim.nowMs + this.#delayMs());
      this.#sim.at(this.#toClientMs - this.#sim.nowMs, () => {
        this.#run(() => (number === this.#linkNumber ? this.#applier.receive(piece) : []));
      });
    }
  }

  /** Mostly quick; now and then a wire is stuck for long. */
  #delayMs(): number {
    return this.#sim.chance(0.02) && !this.#sim.isHealing ? this.#sim.random() * 200 : this.#sim.random() * 2;
  }

  #pieces(bytes: Buffer): Buffer[] {
    if (this.#sim.chance(0.6)) return [bytes];
    const cut = this.#sim.int(bytes.length);
    return [bytes.subarray(0, cut), bytes.subarray(cut)].filter((piece) => piece.length > 0);
  }

  /** The consumer: hands in what the log has, in batches, as long as there is room. */
  #fetch(): void {
    if (this.#isDead) return;
    const reading = this.#reading;
    const count = Math.min(1 + this.#sim.int(8), this.#applier.room.records);
    if (reading > 0 && count > 0) {
      const entries: LogEntry[] = this.#sim.log.read(this.#nextOffset, count);
      if (entries.length > 0) {
        this.#nextOffset += entries.length;
        this.#event({ type: 'records', reading, entries });
      }
    }
    this.#sim.at(this.#sim.random() * 8, () => this.#fetch());
  }
}
