/**
 * One connection to the backing Redis as seen by the applier: the fence protocol, as a state machine. Bytes of replies
 * go in (`receive`), events come out; requests are collected and taken by `takeWrites`, so that what belongs together
 * leaves in one write. No socket, clock or random inside.
 *
 * One step on the connection:
 *
 *   WATCH fence · GET fence               must be the fence that this applier believes in
 *   MULTI · commands … · SET fence        sent behind them at once: Redis queues, executes nothing
 *   EXEC                                  sent only when WATCH, GET, MULTI and every QUEUED were seen (event `ready`)
 *
 * While a step executes, the next one is queued behind its EXEC in the same write, believing the fence that the first
 * is about to set. So there is at most one step *executing* and one *open* (its MULTI sent, its EXEC withheld).
 *
 * Why this holds, race by race:
 * - Somebody else moved the fence before our WATCH: GET shows it, EXEC is never sent.
 * - … after our WATCH: EXEC is nil, nothing of the step happened. The step behind it then sees a GET that is not what
 *   it believes, and is discarded.
 * - The same value written again, deleted and written again: WATCH sees a touch, not a value. EXEC is nil.
 * - EXEC sent and the connection lost: both outcomes are possible, and even *later* than our reading the fence on a new
 *   connection, since the bytes may still be in Redis's receive buffer. If the old EXEC comes to be executed first, our
 *   GET shows it; if it comes after our GET, it touches what we WATCH and our EXEC is nil; if our EXEC comes first, it
 *   touches what the old connection watches and the old EXEC is nil.
 * - A command refused while queued: Redis would answer EXEC with EXECABORT. We see the refusal by its place among the
 *   QUEUED, withhold EXEC and send DISCARD.
 * - MULTI itself refused (rights taken away under us): what follows it would run bare. Redis never refuses MULTI for
 *   its state (loading, busy, memory); if a later command of that step was not refused too, the rack is tainted.
 *
 * After anything but a plain commit the session unwinds (DISCARD, every reply owed read) and reports `failed`. What
 * then happens is decided by the applier, and always begins with reading the fence: its position rules.
 */

import type { Buffer } from 'node:buffer';
import { PylonError } from '../../shared/errors.js';
import { assert } from '../../shared/limits.js';
import { formatPosition } from '../../shared/position.js';
import { ExecutedReplies } from './executed-replies.js';
import type { FenceCommands } from './fence-commands.js';
import { fenceMovedCode, isScriptsOwnError, type LoneKind } from './lone-step.js';
import { RackQuestions, type Answer } from './rack-questions.js';
import { classifyError } from './reply-classes.js';
import { ReplyReader, replyTypes, type ReplyHandler } from './reply-reader.js';
import type { Failure, SessionEvent } from './session-events.js';
import type { Step } from './step.js';

/** What a reply answers. `queued` stands for all commands of the open step with its SET, `asked` for a question. */
type Expected = 'watch' | 'get' | 'multi' | 'queued' | 'exec' | 'discard' | 'lone' | 'asked';

/** A step on the wire. */
interface Attempt {
  readonly step: Step;
  /** The fence to be seen by its GET. */
  readonly believed: string | undefined;
  /** Commands answered so far, QUEUED or not; the last one is the SET. */
  answered: number;
  multiRefused: boolean;
}

export class FencedSession implements ReplyHandler {
  readonly #commands: FenceCommands;
  readonly #reader = new ReplyReader(this);
  readonly #questions: RackQuestions;
  readonly #expected: Expected[] = [];
  #writes: Uint8Array[] = [];
  #events: SessionEvent[] = [];
  #open: Attempt | undefined;
  #executing: Attempt | undefined;
  #failure: Failure | undefined;
  /** Running hash of replies; may be set while nothing is in flight. */
  hash = 0;
  /** The answer to EXEC, while it comes in. */
  #replies: ExecutedReplies | undefined;

  constructor(commands: FenceCommands) {
    this.#commands = commands;
    this.#questions = new RackQuestions(commands);
  }

  /** Requests to be sent, in order, in one write. */
  takeWrites(): Uint8Array[] {
    const writes = this.#writes;
    this.#writes = [];
    return writes;
  }

  /** The step whose EXEC was sent and not answered. */
  get inDoubt(): Step | undefined {
    return this.#executing?.step;
  }

  get isIdle(): boolean {
    return this.#expected.length === 0;
  }

  /** True when a step may be queued: none is open, none failed, no read is under way. */
  get canQueue(): boolean {
    return (
      this.#open === undefined &&
      this.#failure === undefined &&
      this.#expected[0] !== 'lone' &&
      this.#expected.length === (this.#executing === undefined ? 0 : 1)
    );
  }

  /** True while Redis owes an answer. */
  get isOwed(): boolean {
    return this.#expected.length > 0;
  }

  /** Asks for the fence, and whether the rack is tainted. Answered by `fence`, or by `failed` with `refused`. */
  readFence(): void {
    this.#ask(this.#questions.fence());
  }

  /** Asks how many keys there are beside those of self-tests. Answered by `keys`, or by `failed` with `refused`. */
  countKeys(): void {
    this.#ask(this.#questions.keys());
  }

  /** Notes in Redis that the rack is tainted. Answered by `marked`, or by `failed` with `refused`. */
  mark(why: string): void {
    this.#ask(this.#questions.mark(why));
  }

  #ask(request: Uint8Array): void {
    assert(this.isIdle, 'a question is asked while nothing else is in flight');
    for (let i = 0; i < this.#questions.due; i++) this.#expected.push('asked');
    this.#writes.push(request);
  }

  /**
   * Sends a step up to, but without, its EXEC.
   * @param believed the fence as last read; not looked at while a step executes: then it is the one that step sets
   */
  queue(step: Step, believed: string | undefined): void {
    assert(this.canQueue, 'one step is open at most');
    this.#open = {
      step,
      believed: this.#executing === undefined ? believed : this.#executing.step.fence,
      answered: 0,
      multiRefused: false,
    };
    this.#expected.push('watch', 'get', 'multi', 'queued');
    this.#writes.push(this.#commands.arm, this.#commands.multi, ...step.chunks, this.#commands.set(step.fence));
  }

  /** Sends EXEC for the open step. Only as the answer to `ready`. */
  execute(): void {
    const open = this.#open;
    assert(open !== undefined && this.#executing === undefined && this.isIdle, 'EXEC only when every check passed');
    assert(this.#failure === undefined && open.answered === open.step.commandCount + 1, 'EXEC of a sound step');
    this.#open = undefined;
    this.#executing = open;
    this.#expected.push('exec');
    this.#writes.push(this.#commands.exec);
  }

  /**
   * Sends a step of at most one command as a script that works when Redis is out of memory (lone-step.ts).
   * @returns false when it cannot be sent that way
   */
  runLone(step: Step, believed: string | undefined, kind: LoneKind): boolean {
    assert(this.isIdle && this.#failure === undefined && step.commandCount <= 1, 'a lone step runs alone');
    const request = this.#commands.lone(step, believed, kind);
    if (request === undefined) return false;
    this.#executing = { step, believed, answered: 0, multiRefused: false };
    this.#expected.push('lone');
    this.#writes.push(request);
    return true;
  }

  /** Gives up what is open. Reported as `failed` once nothing is in flight (now, if nothing is). */
  abandon(): SessionEvent[] {
    this.#failure ??= { type: 'abandoned' };
    this.#settle();
    return this.#takeEvents();
  }

  /**
   * Takes bytes from Redis.
   * @throws PylonError PYLON_MISALIGNED when they are not the replies that are due: drop the connection
   */
  receive(chunk: Buffer): SessionEvent[] {
    this.#reader.push(chunk);
    return this.#takeEvents();
  }

  #takeEvents(): SessionEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  // ---- replies, one by one (ReplyHandler)

  queuedExpected(): number {
    if (this.#expected[0] !== 'queued') return 0;
    const open = this.#open as Attempt;
    return open.multiRefused ? 0 : open.step.commandCount + 1 - open.answered;
  }

  queued(count: number): void {
    const open = this.#open as Attempt;
    open.answered += count;
    if (open.answered === open.step.commandCount + 1) this.#endOfQueue();
  }

  line(type: number, text: string): void {
    const isError = type === replyTypes.error;
    const due = this.#expected[0];
    switch (due) {
      case 'queued':
        return this.#notQueued(isError, text);
      case 'exec':
        if (!isError) break;
        this.#expected.shift();
        return this.#executionRefused(text);
      case 'lone':
        if (!isError && text !== 'OK') break;
        this.#expected.shift();
        return this.#endOfLone(isError ? text : undefined);
      case 'watch':
      case 'multi':
        if (!isError && text !== 'OK') break;
        this.#expected.shift();
        if (isError) this.#refused(text);
        if (isError && due === 'multi') (this.#open as Attempt).multiRefused = true;
        return;
      case 'asked':
        return this.#answered(this.#questions.takeLine(isError, text), `'${text.slice(0, 100)}'`);
      case 'get':
        if (!isError) break;
        this.#expected.shift();
        return this.#refused(text);
      case 'discard':
        if (isError) break;
        this.#expected.shift();
        this.#open = undefined;
        return this.#settle();
      case undefined:
    }
    throw this.#misaligned(`'${text.slice(0, 100)}'`);
  }

  bulk(value: Buffer | undefined): void {
    const due = this.#expected[0];
    const seen = value?.toString('latin1');
    if (due === 'get') {
      this.#expected.shift();
      const believed = (this.#open as Attempt).believed;
      if (!this.#commands.isAsBelieved(seen, believed)) this.#failure ??= { type: 'moved' };
    } else if (due === 'asked') this.#answered(this.#questions.takeBulk(seen), 'a bulk');
    else if (due === 'queued' && (this.#open as Attempt).multiRefused) this.#ranBare();
    else throw this.#misaligned('a bulk');
  }

  arrayStart(count: number): void {
    if (this.#expected[0] === 'queued' && (this.#open as Attempt).multiRefused) {
      throw new PylonError('PYLON_TAINTED', this.#bareText());
    }
    if (this.#expected[0] !== 'exec') throw this.#misaligned('an array');
    const { step } = this.#executing as Attempt;
    if (count < 0) {
      this.#expected.shift();
      this.#executing = undefined;
      this.#failure ??= { type: 'aborted' };
      return this.#settle();
    }
    const due = step.commandCount + 1;
    if (count !== due) throw this.#misaligned(`${count} replies to ${due} commands`);
    this.#replies = new ExecutedReplies(step, this.hash);
  }

  arrayCut(): number {
    return (this.#replies as ExecutedReplies).cut();
  }

  arrayBytes(chunk: Buffer, start: number, end: number, elements: number): void {
    (this.#replies as ExecutedReplies).bytes(chunk, start, end, elements);
  }

  arrayError(index: number, text: string): void {
    (this.#replies as ExecutedReplies).error(index, text);
  }

  arrayEnd(): void {
    const { step } = this.#executing as Attempt;
    const { hash, dataErrors, tainted, owed } = this.#replies as ExecutedReplies;
    this.#replies = undefined;
    this.hash = hash;
    this.#expected.shift();
    this.#executing = undefined;
    this.#events.push({ type: 'committed', step, dataErrors, hash, tainted, repliesLost: false, replies: owed });
    if (tainted !== undefined) this.#failure ??= { type: 'tainted', error: tainted.error };
    this.#settle();
  }

  // ---- what they lead to

  #notQueued(isError: boolean, text: string): void {
    const open = this.#open as Attempt;
    const index = open.answered;
    if (!isError) {
      if (!open.multiRefused) throw this.#misaligned(`'${text.slice(0, 100)}' for a queued command`);
      return this.#ranBare();
    }
    open.answered++;
    const isCommand = index < open.step.commandCount;
    if (isCommand && classifyError(text) === 'data') {
      this.#failure ??= { type: 'rejected', step: open.step, index, error: text, isData: false };
    } else this.#refused(text);
    if (open.answered === open.step.commandCount + 1) this.#endOfQueue();
  }

  #ranBare(): void {
    const open = this.#open as Attempt;
    this.#failure = { type: 'tainted', error: this.#bareText() };
    open.answered++;
    if (open.answered === open.step.commandCount + 1) this.#endOfQueue();
  }

  #bareText(): string {
    const why = this.#failure?.type === 'refused' ? ` (${this.#failure.error})` : '';
    const from = formatPosition((this.#open as Attempt).step.before);
    return `the step from ${from}: MULTI was refused${why}, but not the commands behind it, so they ran one by one`;
  }

  /** All commands of the open step are answered. */
  #endOfQueue(): void {
    this.#expected.shift();
    const open = this.#open as Attempt;
    assert(this.#executing === undefined, 'EXEC is answered before what was sent behind it');
    if (this.#failure === undefined) this.#events.push({ type: 'ready' });
    else if (open.multiRefused) {
      this.#open = undefined;
      this.#settle();
    } else {
      this.#expected.push('discard');
      this.#writes.push(this.#commands.discard);
    }
  }

  #endOfLone(error: string | undefined): void {
    const { step } = this.#executing as Attempt;
    this.#executing = undefined;
    if (error === undefined) {
      const unseen = { hash: this.hash, dataErrors: 0, tainted: undefined, repliesLost: true, replies: undefined };
      this.#events.push({ type: 'committed', step, ...unseen });
    } else if (error.startsWith(fenceMovedCode)) this.#failure ??= { type: 'moved' };
    else if (isScriptsOwnError(error)) this.#failure ??= { type: 'unscripted' };
    else if (step.commandCount === 1 && classifyError(error) === 'data') {
      this.#failure ??= { type: 'rejected', step, index: 0, error, isData: true };
    } else this.#failure ??= { type: 'refused', error };
    this.#settle();
  }

  #executionRefused(text: string): void {
    this.#executing = undefined;
    this.#failure ??= { type: 'refused', error: text };
    this.#settle();
  }

  #refused(error: string): void {
    this.#failure ??= { type: 'refused', error };
    this.#settle();
  }

  #answered(answer: Answer | undefined, what: string): void {
    if (answer === undefined) throw this.#misaligned(what);
    this.#expected.shift();
    if (answer.type === 'event' && this.#failure === undefined) this.#events.push(answer.event);
    else if (answer.type === 'refused') this.#failure ??= { type: 'refused', error: answer.error };
    else if (answer.type === 'send') return this.#ask(answer.request);
    this.#settle();
  }

  /** Reports a failure as soon as nothing is in flight. An open step with all its answers in is discarded first. */
  #settle(): void {
    if (this.#failure === undefined || this.#executing !== undefined) return;
    if (this.#open !== undefined) {
      if (this.#expected.length > 0) return;
      this.#expected.push('discard');
      this.#writes.push(this.#commands.discard);
      return;
    }
    if (this.#expected.length > 0) return;
    const failure = this.#failure;
    this.#failure = undefined;
    this.#events.push({ type: 'failed', failure });
  }

  #misaligned(what: string): PylonError {
    return new PylonError('PYLON_MISALIGNED', `Redis sent ${what} where the answer to '${this.#expected[0]}' was due`);
  }
}
