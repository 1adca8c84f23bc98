/**
 * The counters that all threads of one Pylon share: a SharedArrayBuffer of 64-bit slots. Every slot is named here once
 * and has one writer; anybody reads. Slots are written per batch or step, never per command, and nobody waits on them.
 *
 * A block of slots belongs to one thread: `main`, each producer worker, each applier worker.
 */

export const slots = {
  main: [
    'clientsConnected',
    'clientsAccepted',
    'commandsRead',
    'commandsWritten',
    'commandsLocal',
    'commandsRefused',
    'protocolErrors',
    'bytesIn',
    'writeQueueBytes',
    'readsOffloaded',
  ],
  producer: [
    /** Offset of the newest record of ours that Kafka confirmed, or -1. */
    'loggedOffset',
    'recordsLogged',
    'commandsLogged',
    'bytesLogged',
    'recordsFailed',
    'recordsInFlight',
    /** The log's first offset and the one behind its last, or -1: asked from Kafka now and then. */
    'logStartOffset',
    'logEndOffset',
    'heartbeatMs',
  ],
  applier: [
    /** Index into applierStates. */
    'state',
    /** 1 while this worker owns the log partition and applies. */
    'leader',
    /** Raised by one each time this worker becomes leader. */
    'term',
    /** Next position to apply, as the fence says: offset and index, or -1 when not known. */
    'appliedOffset',
    'appliedIndex',
    /** The log's first offset and the one behind its last, or -1. */
    'logStartOffset',
    'logEndOffset',
    'logClockMs',
    'recordsApplied',
    'commandsApplied',
    /** Commands that Redis answered with a data error: applied as such, the same in every rack. */
    'dataErrors',
    /** Commands passed over because no Redis could take them (malformed, unknown, refused): the same in every rack. */
    'poisonCommands',
    'duplicateRecords',
    'foreignRecords',
    /** Steps given back by Redis (LOADING, OOM, READONLY …) or lost with a connection, and tried again. */
    'stepsRetried',
    'stepsApplied',
    /** Steps that found the fence moved by another applier. */
    'fenceLost',
    /** CRC-32 of all replies since `runningHashFrom…`: racks that began at one position must agree at any later one. */
    'runningHash',
    'queueRecords',
    'queueBytes',
    'heartbeatMs',
    /** Where runningHash begins: the position of the takeover, or of the last step whose replies were lost. */
    'runningHashFromOffset',
    'runningHashFromIndex',
  ],
} as const;

export type Owner = keyof typeof slots;
export type Slot<O extends Owner> = (typeof slots)[O][number];

/** What an applier worker is doing. The order is the number in its `state` slot: append only. */
export const applierStates = [
  'starting', // connecting to Kafka and Redis
  'standby', // member of the rack's group, not the leader
  'taking-over', // owns the partition, reading the fence
  'applying', // leader, at work
  'waiting', // leader, Redis refuses or is away: retrying
  'halted', // stopped for good with an error that a human must look at
  'stopped', // ended cleanly
] as const;
export type ApplierState = (typeof applierStates)[number];

/** Which workers there are; fixed for the life of a Pylon. */
export interface WorkerCounts {
  readonly producers: number;
  readonly appliers: number;
}

export interface CounterMemory extends WorkerCounts {
  readonly buffer: SharedArrayBuffer;
}

const slotBytes = 8;
const startsAtMinusOne: ReadonlySet<string> = new Set([
  'loggedOffset',
  'appliedOffset',
  'appliedIndex',
  'logStartOffset',
  'logEndOffset',
]);

export function createCounterMemory(workers: WorkerCounts): CounterMemory {
  const count =
    slots.main.length + workers.producers * slots.producer.length + workers.appliers * slots.applier.length;
  const memory = { ...workers, buffer: new SharedArrayBuffer(count * slotBytes) };
  for (const owner of ['producer', 'applier'] as const) {
    const blocks = owner === 'producer' ? workers.producers : workers.appliers;
    for (let worker = 0; worker < blocks; worker++) {
      const block = new CounterBlock(memory, owner, worker);
      for (const name of slots[owner]) if (startsAtMinusOne.has(name)) block.set(name as never, -1);
    }
  }
  return memory;
}

/** One thread's block of slots. Only its owner calls `set` and `add`. */
export class CounterBlock<O extends Owner> {
  readonly #values: BigInt64Array;
  readonly #indexOf: ReadonlyMap<string, number>;

  /** @param worker number of the worker among its kind, from 0 (0 for main) */
  constructor(memory: CounterMemory, owner: O, worker = 0) {
    const names: readonly string[] = slots[owner];
    let first = worker * names.length;
    if (owner !== 'main') first += slots.main.length;
    if (owner === 'applier') first += memory.producers * slots.producer.length;
    this.#values = new BigInt64Array(memory.buffer, first * slotBytes, names.length);
    this.#indexOf = new Map(names.map((name, index) => [name, index]));
  }

  get(slot: Slot<O>): number {
    return Number(Atomics.load(this.#values, this.#index(slot)));
  }

  set(slot: Slot<O>, value: number): void {
    Atomics.store(this.#values, this.#index(slot), BigInt(value));
  }

  add(slot: Slot<O>, amount: number): void {
    Atomics.add(this.#values, this.#index(slot), BigInt(amount));
  }

  /** All slots by name, in order. */
  snapshot(): Record<Slot<O>, number> {
    const entries = [...this.#indexOf.keys()].map((name) => [name, this.get(name as Slot<O>)]);
    return Object.fromEntries(entries) as Record<Slot<O>, number>;
  }

  #index(slot: string): number {
    return this.#indexOf.get(slot) as number;
  }
}

/**
 * Collects what happens per command in plain numbers and adds it to the shared slots now and then: an atomic on a BigInt
 * per command would cost more than routing it.
 */
export class CounterTally<O extends Owner> {
  readonly #block: CounterBlock<O>;
  readonly #pending = new Map<Slot<O>, number>();

  constructor(block: CounterBlock<O>) {
    this.#block = block;
  }

  add(slot: Slot<O>, amount: number): void {
    this.#pending.set(slot, (this.#pending.get(slot) ?? 0) + amount);
  }

  set(slot: Slot<O>, value: number): void {
    this.#block.set(slot, value);
  }

  /** Brings the shared slots up to date. */
  flush(): void {
    for (const [slot, amount] of this.#pending) {
      if (amount === 0) continue;
      this.#block.add(slot, amount);
      this.#pending.set(slot, 0);
    }
  }
}
