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
 * What the fence means is rack-fence.ts; running steps, step-runner.ts; what follows from a failure, recovery.ts. What is
 * sent to Redis, and what its answers mean, is fenced-session.ts; what a step holds is step.ts.
 */

import type { Buffer } from 'node:buffer';
import type { ApplierState, CounterBlock } from '../../shared/counters.js';
import { PylonError } from '../../shared/errors.js';
import { assert, limits } from '../../shared/limits.js';
import { formatPosition } from '../../shared/position.js';
import type { ApplierEffect, ApplierEvent, ApplierOptions } from './applier-events.js';
import { ApplierStatus } from './applier-status.js';
import type { LogEntry } from './apply-queue.js';
import type { FenceCommands } from './fence-commands.js';
import { FencedSession } from './fenced-session.js';
import { taintedBy } from './halt-errors.js';
import { RackFence, type FenceVerdict } from './rack-fence.js';
import { recoveryFrom, type Recovery } from './recovery.js';
import type { Commit, Failure, SessionEvent } from './session-events.js';
import { repliesOf, StepRunner } from './step-runner.js';

type Phase = 'none' | 'link' | 'fence' | 'keys' | 'range' | 'run' | 'pause';

export class Applier {
  readonly #commands: FenceCommands;
  readonly #counters: CounterBlock<'applier'>;
  readonly #random: () => number;
  readonly #status: ApplierStatus;
  readonly #fence: RackFence;
  readonly #runner: StepRunner;
  #effects: ApplierEffect[] = [];

  #phase: Phase = 'none';
  #stopping = false;
  #session: FencedSession | undefined;
  #linkReason = 'not connected yet';
  /** What was applied that other racks may not have seen. From here on there is no way but to halt. */
  #taint: string | undefined;
  /** Redis refused a step: only a commit shows that this is over. */
  #waitsForCommit = false;

  constructor(
    options: ApplierOptions,
    commands: FenceCommands,
    counters: CounterBlock<'applier'>,
    random: () => number,
  ) {
    this.#commands = commands;
    this.#counters = counters;
    this.#random = random;
    this.#status = new ApplierStatus(counters, (effect) => this.#effects.push(effect));
    this.#fence = new RackFence(options);
    this.#runner = new StepRunner(options, this.#fence, counters, random);
  }

  get state(): ApplierState {
    return this.#status.state;
  }

  /** True while Redis owes this applier an answer. */
  get isOwed(): boolean {
    return this.#session?.isOwed ?? false;
  }

  /** How many more records and bytes may be handed in now. */
  get room(): StepRunner['room'] {
    return this.#runner.room;
  }

  handle(event: ApplierEvent): ApplierEffect[] {
    if (this.state !== 'stopped' && (this.state !== 'halted' || event.type === 'stop')) this.#on(event);
    return this.#takeEffects();
  }

  /** Takes bytes from Redis. */
  receive(chunk: Buffer): ApplierEffect[] {
    if (this.#session === undefined) return [];
    try {
      this.#onSession(this.#session.receive(chunk));
    } catch (error) {
      if (!(error instanceof PylonError)) throw error;
      if (error.code === 'PYLON_TAINTED') this.#taint ??= error.message;
      else if (error.code !== 'PYLON_MISALIGNED') throw error;
      this.#status.tell({ code: error.code, message: error.message });
      this.#effects.push({ type: 'drop-link' });
      this.#linkDown(error.message);
    }
    return this.#takeEffects();
  }

  /** Builds the step after the one on its way, while Redis is busy with that. To be called when all is sent. */
  prepare(): void {
    if (this.#phase === 'run') this.#runner.prepare();
  }

  #takeEffects(): ApplierEffect[] {
    const chunks = this.#session?.takeWrites() ?? [];
    if (chunks.length > 0) this.#effects.push({ type: 'send', chunks });
    this.#runner.showQueue();
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #on(event: ApplierEvent): void {
    switch (event.type) {
      case 'joined':
        if (this.state === 'starting') this.#become('standby', '');
        return;
      case 'assigned':
        if (this.#taint === undefined) this.#takeOver();
        return;
      case 'revoked':
        if (this.#taint === undefined) this.#giveUp();
        return;
      case 'link-up':
        this.#session = new FencedSession(this.#commands);
        if (this.#phase === 'link') this.#readFence();
        return;
      case 'link-down':
        return this.#linkDown(event.reason);
      case 'log-range':
        if (this.#phase === 'range') this.#onRange(event.start, event.end);
        return;
      case 'records':
        if (this.#runner.wants(event.reading)) this.#take(event.entries);
        return;
      case 'log-lost':
        if (this.#runner.wants(event.reading)) this.#logLost();
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
    this.#runner.pace.reset();
    this.#become('taking-over', '');
    this.#readFence();
  }

  #giveUp(): void {
    this.#forget();
    if (this.state !== 'standby') this.#become('standby', '');
    this.#session?.abandon();
  }

  /** Forgets all that was known as leader. A step on its way may still be committed: the next leader's fence shows it. */
  #forget(): void {
    this.#phase = 'none';
    this.#taint = undefined;
    this.#waitsForCommit = false;
    this.#fence.forget();
    this.#runner.forget();
  }

  #stop(): void {
    this.#stopping = true;
    this.#phase = 'none';
    this.#runner.endReading();
    if (this.#session === undefined || this.state === 'halted') this.#stopped();
    else this.#onSession(this.#session.abandon());
  }

  #stopped(): void {
    this.#forget();
    this.#session = undefined;
    this.#become('stopped', '');
    this.#effects.push({ type: 'stopped' });
  }

  /** Before it halts, that is noted in Redis for whoever leads next; it does not matter who leads meanwhile. */
  #noteTaint(taint: string): void {
    this.#taint = taint;
    this.#status.wait(taintedBy(taint).message, this.#fence.tookOver, 'PYLON_TAINTED');
    this.#readFence();
  }

  #halt(error: PylonError): void {
    this.#forget();
    this.#session = undefined;
    this.#become('halted', error.toString());
    this.#effects.push({ type: 'halt', error: { code: error.code, message: error.message } });
  }

  #become(state: ApplierState, detail: string): void {
    this.#status.become(state, detail, this.#fence.tookOver);
  }

  // ---- the connection

  #linkDown(reason: string): void {
    this.#linkReason = reason;
    const session = this.#session;
    this.#session = undefined;
    if (session !== undefined && this.#phase !== 'none' && this.#phase !== 'link') this.#runner.linkLost(session);
    if (this.#stopping) return this.#stopped();
    if (this.#phase !== 'none') this.#waitForLink();
  }

  #waitForLink(): void {
    this.#phase = 'link';
    this.#status.wait(`no connection to Redis to work with: ${this.#linkReason}`, this.#fence.tookOver);
  }

  // ---- the fence

  #readFence(): void {
    if (this.#session === undefined) return this.#waitForLink();
    this.#phase = 'fence';
    this.#runner.halt();
    // A session that unwinds says so when it is done; then the fence is read.
    if (!this.#session.isIdle) return;
    if (this.#taint === undefined) this.#session.readFence();
    else this.#session.mark(this.#taint);
  }

  #onFence(value: string | undefined, taint: string | undefined): void {
    if (taint !== undefined) return this.#halt(taintedBy(taint));
    this.#runner.resolveDoubt(value);
    this.#follow(this.#fence.seen(value));
  }

  #onRange(start: number, end: number): void {
    this.#counters.set('logStartOffset', start);
    this.#counters.set('logEndOffset', end);
    this.#follow(this.#fence.rangeKnown(start, end));
  }

  #follow(verdict: FenceVerdict): void {
    switch (verdict.type) {
      case 'halt':
        return this.#halt(verdict.error);
      case 'read-fence':
        return this.#readFence();
      case 'count-keys':
        this.#phase = 'keys';
        return (this.#session as FencedSession).countKeys();
      case 'went-back': {
        const message = `Redis went back ${verdict.where} (restarted without its last writes?)`;
        this.#status.tell({ code: 'PYLON_REDIS', message });
        return this.#askRange();
      }
      case 'query-log':
        return this.#askRange();
      case 'look-again':
        this.#status.wait(verdict.why, this.#fence.tookOver, 'PYLON_FENCE_RANGE');
        return this.#pause(limits.fenceLostPauseMs);
      case 'moved-on':
        // Somebody else leads, or thinks so. If he does not go on while we pause, we do.
        this.#counters.add('fenceLost', 1);
        this.#become('taking-over', `another applier moved the fence ${verdict.where}`);
        return this.#pause(limits.fenceLostPauseMs * (0.5 + this.#random()));
      case 'run':
        if (verdict.isFresh) this.#runner.restartHash();
        return this.#run();
    }
  }

  #askRange(): void {
    this.#phase = 'range';
    this.#effects.push({ type: 'query-log' });
  }

  // ---- the log

  /** Everything is known: apply from where the fence stands. */
  #run(): void {
    const session = this.#session as FencedSession;
    assert(this.#fence.tookOver && session.isIdle, 'applying begins with an accepted fence and a quiet connection');
    this.#phase = 'run';
    this.#effects.push({ type: 'replies-lost', before: this.#fence.rack.next });
    const reading = this.#runner.begin(session);
    if (reading !== undefined) this.#effects.push({ type: 'read-log', ...reading });
    if (!this.#waitsForCommit) this.#applying();
    this.#pump();
  }

  #applying(): void {
    this.#status.recovered();
    if (this.state !== 'applying') this.#become('applying', `from ${formatPosition(this.#fence.rack.next)}`);
  }

  #take(entries: readonly LogEntry[]): void {
    const gap = this.#runner.take(entries);
    if (gap !== undefined) this.#halt(gap);
    else this.#pump();
  }

  /** The broker does not have the offset that the fence promised: look again at both. */
  #logLost(): void {
    this.#runner.endReading();
    this.#fence.doubtRange();
    if (this.#phase !== 'run') return;
    this.#pause(limits.fenceLostPauseMs);
    this.#onSession((this.#session as FencedSession).abandon());
  }

  #pump(): void {
    if (this.#phase !== 'run' || this.#session === undefined) return;
    this.#recover(this.#runner.pump(this.#session));
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
          if (event.tainted !== undefined) this.#taint = this.#runner.describeTaint(event.step, event.tainted);
          // A step of an earlier leadership, or of one that ends: the fence will tell.
          if (this.#phase === 'run') this.#committed(event);
          else this.#effects.push(...repliesOf(event)); // but what Redis said, it said: a clean stop costs no reply
          break;
        case 'failed':
          this.#failed(event.failure);
          break;
        case 'fence':
          if (this.#phase === 'fence') this.#onFence(event.value, event.taint);
          break;
        case 'marked':
          if (this.#stopping) this.#stopped();
          else this.#halt(taintedBy(this.#taint as string));
          break;
        case 'keys':
          if (this.#phase === 'keys') this.#follow(this.#fence.keysCounted(event.foreign));
          break;
      }
      if (this.#session === undefined) return;
    }
  }

  #committed(commit: Commit): void {
    this.#effects.push(...this.#runner.committed(commit, this.#session as FencedSession));
    if (commit.tainted !== undefined) return; // the session unwinds, and says so
    this.#waitsForCommit = false;
    this.#applying();
    this.#pump();
  }

  #failed(failure: Failure): void {
    if (failure.type === 'tainted') return this.#noteTaint(this.#taint ?? failure.error);
    if (this.#taint !== undefined && failure.type !== 'refused') return this.#noteTaint(this.#taint);
    if (this.#stopping) return this.#stopped();
    if (this.#phase === 'none' || (this.#phase === 'pause' && failure.type === 'abandoned')) return;
    this.#recover(recoveryFrom(failure, this.#phase === 'run', this.#runner, this.#counters));
  }

  #recover(recovery: Recovery | undefined): void {
    switch (recovery?.type) {
      case 'halt':
        return this.#halt(recovery.error);
      case 'again':
        if (recovery.trouble !== undefined) this.#status.tell(recovery.trouble);
        return this.#readFence();
      case 'wait':
        this.#waitsForCommit ||= this.#phase === 'run';
        this.#status.wait(recovery.detail, this.#fence.tookOver);
        return this.#pause(recovery.delayMs);
      case 'pause':
        return this.#pause(recovery.delayMs);
    }
  }

  #pause(delayMs: number): void {
    this.#phase = 'pause';
    this.#effects.push({ type: 'timer', delayMs: Math.ceil(delayMs) });
  }
}
