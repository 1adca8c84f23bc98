/**
 * The applier: leads the rack's Redis along the log while it owns the log partition. A state machine without I/O:
 * events in (`handle`, `receive`), effects out; time is asked for by a `timer` effect, chance is a parameter. The shell
 * around it (run-applier.ts) owns the socket, the consumer and the clock; the simulation is another shell.
 *
 * One rule carries it: whatever happened (a takeover, an aborted step, a lost connection, a refusal), read the fence,
 * and go on from the position that it says. The fence and the data changed together, so the fence is never wrong about
 * them, even when Redis itself went back a little by a restart.
 *
 * Phases, while the partition is ours:
 *
 *   link ──▶ fence ──▶ (keys) ──▶ (range) ──▶ run ──▶ failed step ──▶ pause ──▶ fence …
 *
 * - `link`: no connection. `fence`: GET is under way. `keys`: there is no fence; is the database empty? `range`: the
 *   position is new to us; is it within the log? `run`: steps flow. `pause`: a timer runs, then the fence is read
 *   again.
 *
 * What is sent to Redis, and what its answers mean, is fenced-session.ts; what a step holds is step.ts.
 */

import type { Buffer } from 'node:buffer';
import { applierStates, type ApplierState, type CounterBlock } from '../../shared/counters.js';
import { PylonError, type ErrorReport } from '../../shared/errors.js';
import type { FenceValue } from '../../shared/fence-value.js';
import { assert, limits } from '../../shared/limits.js';
import { comparePositions, formatPosition } from '../../shared/position.js';
import type { ApplierEffect, ApplierEvent, ApplierOptions } from './applier-events.js';
import { ApplyQueue, type LogEntry } from './apply-queue.js';
import { ApplyTally } from './apply-tally.js';
import type { FenceCommands } from './fence-commands.js';
import { FencedSession } from './fenced-session.js';
import { fenceBeyond, fenceGone, fenceMissing, taintedBy } from './halt-errors.js';
import type { LoneKind } from './lone-step.js';
import { classifyError, isOutOfMemory, unwrapAbort } from './reply-classes.js';
import type { Commit, Failure, SessionEvent } from './session-events.js';
import { StepFeeder } from './step-feeder.js';
import { StepPace } from './step-pace.js';
import type { Step } from './step.js';
import { judgeRange, newRack, readRack } from './take-over.js';

type Phase = 'none' | 'link' | 'fence' | 'keys' | 'range' | 'run' | 'pause';

/** From which states a state may be entered. */
const enteredFrom: Readonly<Record<ApplierState, readonly ApplierState[]>> = {
  starting: [],
  standby: ['starting', 'taking-over', 'applying', 'waiting'],
  'taking-over': ['starting', 'standby', 'applying', 'waiting'],
  applying: ['taking-over', 'waiting'],
  waiting: ['taking-over', 'applying'],
  halted: ['starting', 'standby', 'taking-over', 'applying', 'waiting'],
  stopped: ['starting', 'standby', 'taking-over', 'applying', 'waiting', 'halted'],
};
export class Applier {
  readonly #options: ApplierOptions;
  readonly #commands: FenceCommands;
  readonly #counters: CounterBlock<'applier'>;
  readonly #tally: ApplyTally;
  readonly #random: () => number;
  readonly #queue = new ApplyQueue();
  #effects: ApplierEffect[] = [];

  #state: ApplierState = 'starting';
  #phase: Phase = 'none';
  #stopping = false;
  #session: FencedSession | undefined;
  #linkReason = 'not connected yet';

  /** The fence as last read or set, and what it says. Undefined value: no fence, a new rack. */
  #believed: string | undefined;
  #rack: FenceValue | undefined;
  /** Since this leadership began the fence was accepted once: from then on it must not vanish. */
  #tookOver = false;
  /** The position in `#rack` was not yet held against the log. */
  #rangeUnchecked = false;
  #rangeChecks = 0;
  /** Keys that were there when the fence was not. */
  #keysFound = 0;
  /** The step whose EXEC was on its way when the connection was lost. */
  #inDoubt: Step | undefined;
  /** Number of the latest `read-log`; 0: none in this leadership. */
  #reading = 0;
  #isReading = false;

  readonly #pace: StepPace;
  readonly #feeder: StepFeeder;
  /** Redis refused a step: only a commit shows that this is over. */
  #waitsForCommit = false;
  #troubleTold = '';

  constructor(
    options: ApplierOptions,
    commands: FenceCommands,
    counters: CounterBlock<'applier'>,
    random: () => number,
  ) {
    this.#options = options;
    this.#commands = commands;
    this.#counters = counters;
    this.#tally = new ApplyTally(counters);
    this.#random = random;
    this.#pace = new StepPace(options.stepCommands, random);
    this.#feeder = new StepFeeder(this.#queue, this.#pace, options.stepBytes);
  }

  get state(): ApplierState {
    return this.#state;
  }

  /** True while Redis owes this applier an answer. */
  get isOwed(): boolean {
    return this.#session?.isOwed ?? false;
  }

  /** How many more records and bytes may be handed in now. */
  get room(): { readonly records: number; readonly bytes: number } {
    if (!this.#isReading) return { records: 0, bytes: 0 };
    return {
      records: limits.applyQueueRecordsMax - this.#queue.records,
      bytes: limits.applyQueueBytesMax - this.#queue.bytes,
    };
  }

  handle(event: ApplierEvent): ApplierEffect[] {
    if (this.#state !== 'stopped' && (this.#state !== 'halted' || event.type === 'stop')) this.#on(event);
    return this.#takeEffects();
  }

  /** Takes bytes from Redis. */
  receive(chunk: Buffer): ApplierEffect[] {
    if (this.#session === undefined) return [];
    try {
      this.#onSession(this.#session.receive(chunk));
    } catch (error) {
      if (!(error instanceof PylonError) || error.code === 'PYLON_BUG') throw error;
      if (error.code === 'PYLON_MISALIGNED') {
        this.#effects.push({ type: 'drop-link', reason: error.message });
        this.#linkDown(error.message);
      } else this.#halt(error);
    }
    return this.#takeEffects();
  }

  /** Builds the step after the one on its way, while Redis is busy with that. To be called when all is sent. */
  prepare(): void {
    if (this.#phase === 'run') this.#feeder.prepare();
  }

  #takeEffects(): ApplierEffect[] {
    const chunks = this.#session?.takeWrites() ?? [];
    if (chunks.length > 0) this.#effects.push({ type: 'send', chunks });
    this.#counters.set('queueRecords', this.#queue.records);
    this.#counters.set('queueBytes', this.#queue.bytes);
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #on(event: ApplierEvent): void {
    switch (event.type) {
      case 'joined':
        if (this.#state === 'starting') this.#become('standby', '');
        return;
      case 'assigned':
        return this.#takeOver();
      case 'revoked':
        return this.#giveUp();
      case 'link-up':
        this.#session = new FencedSession(this.#commands);
        if (this.#phase === 'link') this.#readFence();
        return;
      case 'link-down':
        return this.#linkDown(event.reason);
      case 'log-range':
        if (this.#phase === 'range') this.#checkRange(event.start, event.end);
        return;
      case 'records':
        if (event.reading === this.#reading && this.#isReading) this.#take(event.entries);
        return;
      case 'log-lost':
        if (event.reading === this.#reading && this.#isReading) this.#logLost();
        return;
      case 'timer':
        if (this.#phase === 'pause') this.#readFence();
        return;
      case 'stop':
        return this.#stop();
    }
  }

  // ---- leadership

  #takeOver(): void {
    assert(this.#phase === 'none', 'the partition is given once');
    if (this.#stopping) return;
    this.#counters.add('term', 1);
    this.#keysFound = 0;
    this.#rangeChecks = 0;
    this.#tookOver = false;
    this.#pace.reset();
    this.#become('taking-over', '');
    this.#readFence();
  }

  #giveUp(): void {
    this.#forget();
    if (this.#state !== 'standby') this.#become('standby', '');
    this.#session?.abandon();
  }

  /**
   * Forgets all that was known as leader. A step on its way may still be committed: the next leader's fence shows it.
   */
  #forget(): void {
    this.#phase = 'none';
    this.#believed = undefined;
    this.#rack = undefined;
    this.#tookOver = false;
    this.#inDoubt = undefined;
    this.#isReading = false;
    this.#feeder.forget();
    this.#waitsForCommit = false;
    this.#queue.reset(0);
    this.#tally.lost();
  }

  #stop(): void {
    this.#stopping = true;
    this.#phase = 'none';
    this.#isReading = false;
    if (this.#session === undefined || this.#state === 'halted') this.#stopped();
    else this.#onSession(this.#session.abandon());
  }

  #stopped(): void {
    this.#forget();
    this.#session = undefined;
    this.#become('stopped', '');
    this.#effects.push({ type: 'stopped' });
  }

  #halt(error: PylonError): void {
    this.#forget();
    this.#session = undefined;
    this.#become('halted', error.toString());
    this.#effects.push({ type: 'halt', error: { code: error.code, message: error.message } });
  }

  #become(state: ApplierState, detail: string): void {
    assert(state === this.#state || enteredFrom[state].includes(this.#state), `${this.#state} → ${state}`);
    this.#state = state;
    this.#counters.set('state', applierStates.indexOf(state));
    this.#counters.set('leader', this.#tookOver && (state === 'applying' || state === 'waiting') ? 1 : 0);
    this.#effects.push({ type: 'state', state, detail });
  }

  // ---- the connection

  #linkDown(reason: string): void {
    this.#linkReason = reason;
    const session = this.#session;
    this.#session = undefined;
    if (session !== undefined && this.#phase !== 'none' && this.#phase !== 'link') {
      if (session.inDoubt !== undefined) this.#inDoubt = session.inDoubt;
      if (!session.isIdle) this.#pace.connectionLost();
    }
    if (this.#stopping) return this.#stopped();
    if (this.#phase !== 'none') this.#waitForLink();
  }

  #waitForLink(): void {
    this.#phase = 'link';
    const detail = `no connection to Redis to work with: ${this.#linkReason}`;
    if (this.#state !== 'waiting' || this.#troubleTold !== detail) this.#become('waiting', detail);
    this.#tell({ code: 'PYLON_REDIS', message: detail });
  }

  // ---- the fence

  #readFence(): void {
    if (this.#session === undefined) return this.#waitForLink();
    this.#phase = 'fence';
    this.#feeder.halt();
    // A session that unwinds says so when it is done; then the fence is read.
    if (this.#session.isIdle) this.#session.readFence();
  }

  #onFence(value: string | undefined): void {
    const inDoubt = this.#inDoubt;
    this.#inDoubt = undefined;
    if (!this.#tookOver) return this.#beginWith(value);
    if (inDoubt !== undefined && value === inDoubt.fence) this.#account(inDoubt);
    else if (inDoubt !== undefined) this.#counters.add('stepsRetried', 1);
    if (value === this.#believed) return this.#rangeUnchecked ? this.#askRange() : this.#run();
    if (value === undefined) return this.#halt(fenceGone(this.#rack as FenceValue));
    this.#fenceMoved(value);
  }

  /** The fence is not where this leader left it: another applier moved it on, or Redis came back without its tail. */
  #fenceMoved(value: string): void {
    const before = (this.#rack as FenceValue).next;
    const rack = this.#read(value);
    if (rack === undefined) return;
    this.#believed = value;
    this.#rack = rack;
    this.#rangeUnchecked = true;
    const where = `from ${formatPosition(before)} to ${formatPosition(rack.next)}`;
    if (comparePositions(rack.next, before) < 0) {
      this.#tell({ code: 'PYLON_REDIS', message: `Redis went back ${where} (restarted without its last writes?)` });
      return this.#askRange();
    }
    // Somebody else leads, or thinks so. If he does not go on while we pause, we do.
    this.#counters.add('fenceLost', 1);
    this.#become('taking-over', `another applier moved the fence ${where}`);
    this.#pause(limits.fenceLostPauseMs * (0.5 + this.#random()));
  }

  #beginWith(value: string | undefined): void {
    this.#believed = value;
    this.#rangeUnchecked = true;
    if (value === undefined) {
      if (this.#keysFound > 0) return this.#halt(fenceMissing(`this Redis holds ${this.#keysFound} keys`));
      this.#phase = 'keys';
      (this.#session as FencedSession).countKeys();
      return;
    }
    this.#rack = this.#read(value);
    if (this.#rack !== undefined) this.#askRange();
  }

  /** @returns what the fence says, or undefined when it made us halt */
  #read(value: string): FenceValue | undefined {
    const rack = readRack(value, this.#options);
    if (!(rack instanceof PylonError)) return rack;
    this.#halt(rack);
    return undefined;
  }

  #onKeys(foreign: number): void {
    if (foreign > 0) {
      // Another applier may have begun this rack between our two looks: only no fence still, and keys, is a fault.
      this.#keysFound = foreign;
      return this.#readFence();
    }
    this.#rack = newRack(this.#options.topicId);
    this.#askRange();
  }

  #askRange(): void {
    this.#phase = 'range';
    this.#effects.push({ type: 'query-log' });
  }

  #checkRange(start: number, end: number): void {
    const rack = this.#rack as FenceValue;
    this.#counters.set('logStartOffset', start);
    this.#counters.set('logEndOffset', end);
    const verdict = judgeRange(rack, this.#believed === undefined, start, end);
    if (verdict instanceof PylonError) return this.#halt(verdict);
    if (verdict === 'beyond') {
      this.#rangeChecks++;
      if (this.#rangeChecks >= limits.logRangeChecksMax) return this.#halt(fenceBeyond(rack, end));
      return this.#pause(limits.fenceLostPauseMs);
    }
    this.#rangeChecks = 0;
    this.#rangeUnchecked = false;
    this.#tookOver = true;
    this.#tally.restartHash((this.#rack as FenceValue).next);
    this.#run();
  }

  // ---- the log

  /** Everything is known: apply from `#rack.next` on. */
  #run(): void {
    const rack = this.#rack as FenceValue;
    const session = this.#session as FencedSession;
    assert(this.#tookOver && session.isIdle, 'applying begins with an accepted fence and a quiet connection');
    this.#phase = 'run';
    session.hash = this.#counters.get('runningHash');
    this.#tally.at(rack);
    if (this.#isReading && this.#queue.covers(rack.next)) this.#queue.dropBefore(rack.next.offset);
    else {
      this.#reading++;
      this.#isReading = true;
      this.#queue.reset(rack.next.offset);
      this.#effects.push({ type: 'read-log', reading: this.#reading, offset: rack.next.offset });
    }
    this.#feeder.begin(rack);
    if (!this.#waitsForCommit) this.#applying();
    this.#pump();
  }

  #applying(): void {
    this.#troubleTold = '';
    if (this.#state !== 'applying') this.#become('applying', `from ${formatPosition((this.#rack as FenceValue).next)}`);
  }

  #take(entries: readonly LogEntry[]): void {
    try {
      for (const entry of entries) this.#queue.push(entry);
    } catch (error) {
      if (!(error instanceof PylonError)) throw error;
      return this.#halt(error);
    }
    this.#pump();
  }

  /** The broker does not have the offset that the fence promised: look again at both. */
  #logLost(): void {
    this.#isReading = false;
    this.#rangeUnchecked = true;
    if (this.#phase !== 'run') return;
    this.#pause(limits.fenceLostPauseMs);
    this.#onSession((this.#session as FencedSession).abandon());
  }

  #pump(): void {
    const session = this.#session;
    if (this.#phase !== 'run' || session === undefined) return;
    if (this.#pace.lone !== undefined) return this.#pumpLone(session, this.#pace.lone);
    while (session.canQueue) {
      const step = this.#feeder.next();
      if (step === undefined) return;
      if (step instanceof PylonError) {
        if (session.isIdle) this.#halt(step); // else: when the steps before it are through
        return;
      }
      session.queue(step, this.#believed);
    }
  }

  #pumpLone(session: FencedSession, kind: LoneKind): void {
    if (!session.isIdle) return;
    const step = this.#feeder.next();
    if (step === undefined) return;
    if (step instanceof PylonError) return this.#halt(step);
    // Without a command only the fence is written, and that must go beyond the limit.
    const asKind = step.commandCount === 0 ? 'growing' : kind;
    if (session.runLone(step, this.#believed, asKind)) return;
    this.#pace.refused();
    this.#wait('OOM and the next command has too many arguments for a script');
  }

  // ---- what became of a step

  #onSession(events: readonly SessionEvent[]): void {
    for (const event of events) {
      switch (event.type) {
        case 'ready':
          if (this.#phase === 'run') {
            (this.#session as FencedSession).execute();
            this.#pump();
          } else this.#onSession((this.#session as FencedSession).abandon());
          break;
        case 'committed':
          // A step of an earlier leadership, or of one that ends: the fence will tell.
          if (this.#phase === 'run') this.#committed(event);
          break;
        case 'failed':
          this.#failed(event.failure);
          break;
        case 'fence':
          if (this.#phase === 'fence') this.#onFence(event.value);
          break;
        case 'keys':
          if (this.#phase === 'keys') this.#onKeys(event.foreign);
          break;
      }
      if (this.#session === undefined) return;
    }
  }

  #committed(commit: Commit): void {
    const { step, tainted } = commit;
    this.#counters.set('runningHash', commit.hash);
    this.#counters.add('dataErrors', commit.dataErrors);
    this.#account(step);
    this.#pace.committed();
    if (tainted !== undefined) return this.#halt(taintedBy(step, tainted));
    this.#waitsForCommit = false;
    if (commit.repliesLost) {
      this.#tally.restartHash(step.after.next);
      (this.#session as FencedSession).hash = 0;
    }
    this.#applying();
    this.#pump();
  }

  /** A step is in the rack's Redis. */
  #account(step: Step): void {
    assert(comparePositions(step.before, (this.#rack as FenceValue).next) === 0, 'steps are committed in order');
    this.#rack = step.after;
    this.#believed = step.fence;
    this.#feeder.committed(step);
    this.#tally.applied(step);
    // Its replies were not seen: the hash goes on from here.
    if (this.#phase === 'fence') this.#tally.restartHash((this.#rack as FenceValue).next);
  }

  #failed(failure: Failure): void {
    if (this.#stopping) return this.#stopped();
    if (this.#phase === 'none') return;
    switch (failure.type) {
      case 'tainted':
        return this.#halt(new PylonError('PYLON_TAINTED', failure.error));
      case 'refused':
        this.#counters.add('stepsRetried', 1);
        return this.#refused(failure.error);
      case 'rejected': {
        const { step, index, error, isData } = failure;
        const position = this.#feeder.reject(step, index, { error, isData });
        const message = `command ${position} is passed over: this Redis refuses it for good: ${error}`;
        if (!isData) this.#tell({ code: 'PYLON_REDIS', message });
        return this.#readFence();
      }
      case 'unscripted':
        this.#pace.ordinary();
        return this.#pause(this.#pace.backoffMs());
      case 'aborted':
        this.#counters.add('stepsRetried', 1);
        this.#pace.aborted();
        // Once may be chance. Again and again somebody writes to the fence without moving it.
        return this.#pace.failures < 3 ? this.#readFence() : this.#pause(this.#pace.backoffMs());
      case 'moved':
        return this.#readFence();
      case 'abandoned':
        if (this.#phase !== 'pause') this.#readFence();
        return;
    }
  }

  #refused(error: string): void {
    if (this.#phase !== 'run' || !isOutOfMemory(error)) this.#pace.refused();
    else if (this.#pace.outOfMemory()) {
      const message = 'Redis is out of memory: applied command by command until the log frees some, or none is left';
      this.#tell({ code: 'PYLON_REDIS', message });
      return this.#readFence();
    }
    this.#wait(error);
  }

  /** Nothing to be done but to try again later. */
  #wait(error: string): void {
    this.#waitsForCommit ||= this.#phase === 'run';
    const unknown = classifyError(error) === 'unknown' ? ' (an error unknown to Pylon)' : '';
    const detail = `Redis refuses: ${unwrapAbort(error)}${unknown}`;
    if (this.#state !== 'waiting' || this.#troubleTold !== detail) this.#become('waiting', detail);
    this.#tell({ code: 'PYLON_REDIS', message: detail });
    this.#pause(this.#pace.backoffMs());
  }

  #pause(delayMs: number): void {
    this.#phase = 'pause';
    this.#effects.push({ type: 'timer', delayMs: Math.ceil(delayMs) });
  }

  /** Says something to the operator once per cause. */
  #tell(error: ErrorReport): void {
    if (this.#troubleTold === error.message) return;
    this.#troubleTold = error.message;
    this.#effects.push({ type: 'trouble', error });
  }
}
