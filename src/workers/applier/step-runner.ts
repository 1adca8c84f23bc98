/**
 * Runs steps: takes what the log hands in, cuts it into steps, and keeps the session busy with them; notes what became
 * of each. When something else than a commit happens, the applier (applier.ts) decides.
 */

import { PylonError } from '../../shared/errors.js';
import type { CounterBlock } from '../../shared/counters.js';
import { limits } from '../../shared/limits.js';
import type { ApplierEffect, ApplierOptions } from './applier-events.js';
import { ApplyQueue, type LogEntry } from './apply-queue.js';
import { ApplyTally } from './apply-tally.js';
import type { FencedSession } from './fenced-session.js';
import { describeTaint } from './halt-errors.js';
import { byAuthor } from './owed-replies.js';
import type { RackFence } from './rack-fence.js';
import { waitFor, type Recovery } from './recovery.js';
import type { Commit } from './session-events.js';
import { StepFeeder } from './step-feeder.js';
import { StepPace } from './step-pace.js';
import { positionOf, type Step } from './step.js';

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
  /** The step whose EXEC was on its way when the connection was lost. */
  #inDoubt: Step | undefined;

  constructor(options: ApplierOptions, fence: RackFence, counters: CounterBlock<'applier'>, random: () => number) {
    this.#fence = fence;
    this.#counters = counters;
    this.#tally = new ApplyTally(counters);
    this.pace = new StepPace(options.stepCommands, random);
    this.#feeder = new StepFeeder(this.#queue, this.pace, options.stepBytes, options.rack);
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
    this.#inDoubt = undefined;
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

  /** The connection was lost with this on it. */
  linkLost(session: FencedSession): void {
    if (session.inDoubt !== undefined) this.#inDoubt = session.inDoubt;
    if (!session.isIdle) this.pace.connectionLost();
  }

  /** The fence tells whether the step in doubt is in the rack's Redis. */
  resolveDoubt(fence: string | undefined): void {
    const inDoubt = this.#inDoubt;
    this.#inDoubt = undefined;
    if (inDoubt === undefined || !this.#fence.tookOver) return;
    if (fence !== inDoubt.fence) return this.#counters.add('stepsRetried', 1);
    this.account(inDoubt);
    this.restartHash(); // its replies were not seen
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

  /** @returns PYLON_LOG_GAP when they are not the records that come next */
  take(entries: readonly LogEntry[]): PylonError | undefined {
    try {
      for (const entry of entries) this.#queue.push(entry);
      return undefined;
    } catch (error) {
      if (error instanceof PylonError) return error;
      throw error;
    }
  }

  /** Builds the step after the one on its way, while Redis is busy with that. */
  prepare(): void {
    this.#feeder.prepare();
  }

  /**
   * Queues what the session has room for.
   * @returns why that cannot go on: a record that cannot be applied, or what else is to be done
   */
  pump(session: FencedSession): Recovery | undefined {
    if (this.pace.lone !== undefined) return this.#pumpLone(session);
    while (session.canQueue) {
      const step = this.#feeder.next();
      if (step === undefined) return undefined;
      // The steps before it come first.
      if (step instanceof PylonError) return session.isIdle ? { type: 'halt', error: step } : undefined;
      session.queue(step, this.#fence.believed);
    }
    return undefined;
  }

  #pumpLone(session: FencedSession): Recovery | undefined {
    const kind = this.pace.lone;
    if (!session.isIdle || kind === undefined) return undefined;
    const step = this.#feeder.next();
    if (step === undefined) return undefined;
    if (step instanceof PylonError) return { type: 'halt', error: step };
    // Without a command only the fence is written, and that must go beyond the limit.
    const asKind = step.commandCount === 0 ? 'growing' : kind;
    if (session.runLone(step, this.#fence.believed, asKind)) return undefined;
    this.pace.refused();
    return waitFor('OOM and the next command has too many arguments for a script', this);
  }

  /** @returns what is to be told to the authors of its commands */
  committed(commit: Commit, session: FencedSession): ApplierEffect[] {
    this.#counters.set('runningHash', commit.hash);
    this.#counters.add('dataErrors', commit.dataErrors);
    this.account(commit.step);
    this.pace.committed();
    if (!commit.repliesLost) return repliesOf(commit);
    this.restartHash();
    session.hash = 0;
    return [{ type: 'replies-lost', before: this.#fence.rack.next }];
  }

  /** A step is in the rack's Redis. */
  account(step: Step): void {
    this.#fence.advance(step);
    this.#feeder.committed(step);
    this.#tally.applied(step);
  }

  /** Of a commit that was not seen by `committed` yet: what is to be noted of its tainted reply. */
  describeTaint(step: Step, tainted: { readonly index: number; readonly error: string }): string {
    const name = tainted.index < step.commandCount ? this.#queue.commandName(positionOf(step, tainted.index)) : '';
    return describeTaint(step, tainted, name);
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

/** What Redis said to the commands of a step, for those who wait for it. */
export function repliesOf({ replies }: Commit): ApplierEffect[] {
  return replies === undefined ? [] : [{ type: 'replies', replies: byAuthor(replies) }];
}
