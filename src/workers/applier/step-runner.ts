/**
 * Runs steps: takes what the log hands in, cuts it into steps, and keeps the session busy with them; notes what became
 * of each. When something else than a commit happens, the applier (applier.ts) decides.
 */

import { PylonError } from '../../shared/errors.js';
import type { CounterBlock } from '../../shared/counters.js';
import { limits } from '../../shared/limits.js';
import type { ApplierOptions } from './applier-events.js';
import { ApplyQueue, type LogEntry } from './apply-queue.js';
import { ApplyTally } from './apply-tally.js';
import type { FencedSession } from './fenced-session.js';
import type { RackFence } from './rack-fence.js';
import type { Commit } from './session-events.js';
import { StepFeeder } from './step-feeder.js';
import { StepPace } from './step-pace.js';
import type { Step } from './step.js';

/** From where the log is to be read. */
export interface Reading {
  readonly reading: number;
  readonly offset: number;
}

export class StepRunner {
  readonly pace: StepPace;
  readonly #fence: RackFence;
  readonly #counters: CounterBlock<'applier'>;
  readonly #tally: ApplyTally;
  readonly #queue = new ApplyQueue();
  readonly #feeder: StepFeeder;
  /** Number of the latest reading; 0: none yet. */
  #reading = 0;
  #isReading = false;

  constructor(options: ApplierOptions, fence: RackFence, counters: CounterBlock<'applier'>, random: () => number) {
    this.#fence = fence;
    this.#counters = counters;
    this.#tally = new ApplyTally(counters);
    this.pace = new StepPace(options.stepCommands, random);
    this.#feeder = new StepFeeder(this.#queue, this.pace, options.stepBytes);
  }

  /** How many more records and bytes may be handed in now. */
  get room(): { readonly records: number; readonly bytes: number } {
    if (!this.#isReading) return { records: 0, bytes: 0 };
    return {
      records: limits.applyQueueRecordsMax - this.#queue.records,
      bytes: limits.applyQueueBytesMax - this.#queue.bytes,
    };
  }

  /** Whether what comes of this reading is still wanted. */
  wants(reading: number): boolean {
    return this.#isReading && reading === this.#reading;
  }

  /** Of another leadership. */
  forget(): void {
    this.#isReading = false;
    this.#feeder.forget();
    this.#queue.reset(0);
    this.#tally.lost();
  }

  /** Nothing more is handed out until `begin`. */
  halt(): void {
    this.#feeder.halt();
  }

  /** What is being read is of no more use. */
  endReading(): void {
    this.#isReading = false;
  }

  /** The running hash begins anew here: what came before was applied by another, or its replies were not seen. */
  restartHash(): void {
    this.#tally.restartHash(this.#fence.rack.next);
  }

  /** Applies from where the fence stands. @returns from where the log is to be read, if not as it is read already */
  begin(session: FencedSession): Reading | undefined {
    const { rack } = this.#fence;
    session.hash = this.#counters.get('runningHash');
    this.#tally.at(rack);
    this.#feeder.begin(rack);
    if (this.#isReading && this.#queue.covers(rack.next)) {
      this.#queue.dropBefore(rack.next.offset);
      return undefined;
    }
    this.#reading++;
    this.#isReading = true;
    this.#queue.reset(rack.next.offset);
    return { reading: this.#reading, offset: rack.next.offset };
  }

  /** @throws PylonError PYLON_LOG_GAP */
  take(entries: readonly LogEntry[]): void {
    for (const entry of entries) this.#queue.push(entry);
  }

  /** Builds the step after the one on its way, while Redis is busy with that. */
  prepare(): void {
    this.#feeder.prepare();
  }

  /**
   * Queues what the session has room for.
   * @returns why that cannot go on: a record that cannot be applied, or `no-script` when Redis is out of memory and the
   * next command cannot be sent as a script
   */
  pump(session: FencedSession): PylonError | 'no-script' | undefined {
    if (this.pace.lone !== undefined) return this.#pumpLone(session);
    while (session.canQueue) {
      const step = this.#feeder.next();
      if (step === undefined) return undefined;
      // The steps before it come first.
      if (step instanceof PylonError) return session.isIdle ? step : undefined;
      session.queue(step, this.#fence.believed);
    }
    return undefined;
  }

  #pumpLone(session: FencedSession): PylonError | 'no-script' | undefined {
    const kind = this.pace.lone;
    if (!session.isIdle || kind === undefined) return undefined;
    const step = this.#feeder.next();
    if (step === undefined || step instanceof PylonError) return step;
    // Without a command only the fence is written, and that must go beyond the limit.
    const asKind = step.commandCount === 0 ? 'growing' : kind;
    return session.runLone(step, this.#fence.believed, asKind) ? undefined : 'no-script';
  }

  committed(commit: Commit, session: FencedSession): void {
    this.#counters.set('runningHash', commit.hash);
    this.#counters.add('dataErrors', commit.dataErrors);
    this.account(commit.step);
    this.pace.committed();
    if (!commit.repliesLost) return;
    this.restartHash();
    session.hash = 0;
  }

  /** A step is in the rack's Redis. */
  account(step: Step): void {
    this.#fence.advance(step);
    this.#feeder.committed(step);
    this.#tally.applied(step);
  }

  /** A command is to be passed over from now on. @returns its position as text */
  reject(...rejected: Parameters<StepFeeder['reject']>): string {
    return this.#feeder.reject(...rejected);
  }

  /** Shows how much waits. */
  showQueue(): void {
    this.#counters.set('queueRecords', this.#queue.records);
    this.#counters.set('queueBytes', this.#queue.bytes);
  }
}
