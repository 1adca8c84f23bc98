/**
 * Cuts the log into steps: what one MULTI holds, and the fence that speaks for it. A pure function of the fence before,
 * the records that follow, and the bounds, so a step that did not go through can be built again, larger or smaller, and
 * every rack comes to the same fence at the same position however its steps fall.
 *
 * A record may be cut over several steps: the position then points into it, and its author's batch is noted only with
 * its last command, or the rest would be taken for a duplicate.
 */

import type { Buffer } from 'node:buffer';
import { isDuplicate, noteBatch, type Incarnations } from '../../shared/dedupe.js';
import type { PylonError } from '../../shared/errors.js';
import { encodeFence, type FenceValue, type IncarnationMark } from '../../shared/fence-value.js';
import { assert } from '../../shared/limits.js';
import { formatPosition, type Position } from '../../shared/position.js';
import { frameFlags, type CommandsRecord, type LogRecord } from '../../shared/record.js';
import type { ApplyQueue } from './apply-queue.js';
import { judgeFrames, type FrameSink } from './judge-frames.js';
import type { OwedCommand } from './owed-replies.js';
import { StepBytes } from './step-bytes.js';

/** Upper bounds of one step. A single command may be larger than `bytes`. */
export interface StepBounds {
  readonly commands: number;
  readonly bytes: number;
}

/** Why a command is not sent. */
export interface Rejection {
  /** What Redis answered, or would, without `-` and CRLF. */
  readonly error: string;
  /** Redis ran it, outside of a step, and this is the data error that it got; else no Redis is to see it. */
  readonly isData: boolean;
}

/** Commands that are known to fail: position as text → how. */
export type Rejections = ReadonlyMap<string, Rejection>;

/** A command that is not sent: its error stands where its reply would. */
export interface PassedOver extends Rejection {
  /** How many commands of the step stand before it. */
  readonly command: number;
}

export interface Step {
  readonly before: Position;
  /** The state of the rack behind it. */
  readonly after: FenceValue;
  /** `after` as the fence's value. */
  readonly fence: string;
  readonly chunks: readonly Uint8Array[];
  readonly bytes: number;
  readonly commandCount: number;
  readonly passedOver: readonly PassedOver[];
  /** Commands whose authors, Pylons of this rack, wait for the reply; in order. */
  readonly owed: readonly OwedCommand[];
  /** Records that end in it, and of those: duplicates, and ones that are not Pylon's. */
  readonly records: number;
  readonly duplicates: number;
  readonly foreign: number;
  /** Where runs of commands come from, for `positionOf`. */
  readonly runs: readonly Run[];
}

/** From `command` on, the commands of a step come from this position on, side by side. */
interface Run {
  readonly command: number;
  readonly position: Position;
}

/**
 * @param state the rack before the step
 * @param rack replies are owed to this rack's Pylons only
 * @returns the step; undefined when no record is there; an error when the next record cannot be applied at all
 */
export function buildStep(
  state: FenceValue,
  queue: ApplyQueue,
  bounds: StepBounds,
  rejections: Rejections,
  rack: string,
): Step | PylonError | undefined {
  const builder = new StepBuilder(state, bounds, rejections, rack);
  while (!builder.isFull) {
    const queued = queue.get(builder.offset);
    if (queued === undefined) break;
    if (queued.fault !== undefined) return builder.isEmpty ? queued.fault : builder.finish();
    builder.take(queued.record, queued.logTimeMs);
  }
  return builder.isEmpty ? undefined : builder.finish();
}

class StepBuilder implements FrameSink {
  readonly #state: FenceValue;
  readonly #bounds: StepBounds;
  readonly #rejections: Rejections;
  readonly #rack: string;
  readonly #owed: OwedCommand[] = [];
  readonly #bytes = new StepBytes();
  readonly #passedOver: PassedOver[] = [];
  readonly #runs: Run[] = [];
  #offset: number;
  #index: number;
  #clockMs: number;
  /** Copied from `state` with the first batch noted. */
  #noted: Incarnations | undefined;
  #commandCount = 0;
  #records = 0;
  #duplicates = 0;
  #foreign = 0;
  #full = false;
  /** The record at hand, and whether a reply to any of it is owed. */
  #record: CommandsRecord | undefined;
  #owes = false;
  /** The next command does not follow the one before in the same record. */
  #breaks = true;

  constructor(state: FenceValue, bounds: StepBounds, rejections: Rejections, rack: string) {
    assert(bounds.commands >= 1, 'a step may hold a command');
    this.#state = state;
    this.#bounds = bounds;
    this.#rejections = rejections;
    this.#rack = rack;
    this.#offset = state.next.offset;
    this.#index = state.next.index;
    this.#clockMs = state.logClockMs;
  }

  get #incarnations(): ReadonlyMap<string, IncarnationMark> {
    return this.#noted ?? this.#state.incarnations;
  }

  /** Offset of the record to take next. */
  get offset(): number {
    return this.#offset;
  }

  get isFull(): boolean {
    return this.#full || this.#commandCount >= this.#bounds.commands || this.#bytes.bytes >= this.#bounds.bytes;
  }

  get isEmpty(): boolean {
    return this.#offset === this.#state.next.offset && this.#index === this.#state.next.index;
  }

  /** Takes the record at `offset`, or as much of it as there is room for. */
  take(record: LogRecord | undefined, logTimeMs: number): void {
    this.#clockMs = Math.max(this.#clockMs, logTimeMs);
    if (record === undefined) this.#foreign++;
    else if (this.#index === 0 && isDuplicate(this.#incarnations, record.incarnation, record.batch)) this.#duplicates++;
    else {
      if (record.kind === 'commands' && !this.#takeFrames(record)) return;
      this.#noted ??= new Map(this.#state.incarnations);
      noteBatch(this.#noted, record.incarnation, record.batch, this.#clockMs);
    }
    this.#records++;
    this.#offset++;
    this.#index = 0;
  }

  /** @returns whether the record's last frame was taken */
  #takeFrames(record: CommandsRecord): boolean {
    const { body, frameEnds } = record;
    this.#record = record;
    this.#owes = record.frameFlags.length > 0 && record.rack === this.#rack;
    this.#breaks = true;
    const to = Math.min(frameEnds.length, this.#index + this.#bounds.commands - this.#commandCount);
    const reached = judgeFrames(body, frameEnds, this.#index, to, this.#clockMs, this);
    assert(reached === this.#index, 'frames are counted as they are taken');
    if (reached === frameEnds.length) return true;
    this.#full = true;
    return false;
  }

  asItStands(start: number, end: number): boolean {
    return this.#command((this.#record as CommandsRecord).body, start, end);
  }

  rewritten(bytes: Buffer): boolean {
    return this.#command(bytes, 0, bytes.length);
  }

  poison(error: string): boolean {
    return this.#passOver({ error, isData: false });
  }

  #passOver({ error, isData }: Rejection): boolean {
    this.#passedOver.push({ command: this.#commandCount, error, isData });
    if (this.#owes) this.#noteOwed(error);
    this.#index++;
    this.#breaks = true;
    return true;
  }

  #command(buffer: Buffer, start: number, end: number): boolean {
    const position = { offset: this.#offset, index: this.#index };
    if (this.#rejections.size > 0) {
      const rejection = this.#rejections.get(formatPosition(position));
      if (rejection !== undefined) return this.#passOver(rejection);
    }
    if (this.#commandCount > 0 && this.#bytes.bytes + end - start > this.#bounds.bytes) return false;
    if (this.#breaks) this.#runs.push({ command: this.#commandCount, position });
    this.#breaks = false;
    this.#bytes.add(buffer, start, end);
    if (this.#owes) this.#noteOwed(undefined);
    this.#commandCount++;
    this.#index++;
    return true;
  }

  #noteOwed(error: string | undefined): void {
    const record = this.#record as CommandsRecord;
    if ((record.frameFlags[this.#index] & frameFlags.replyOwed) === 0) return;
    this.#owed.push({ command: this.#commandCount, error, record, frame: this.#index });
  }

  finish(): Step {
    const after: FenceValue = {
      topicId: this.#state.topicId,
      next: { offset: this.#offset, index: this.#index },
      logClockMs: this.#clockMs,
      rewindOffset: this.#state.rewindOffset,
      runningHash: this.#state.runningHash,
      incarnations: this.#incarnations,
    };
    return {
      before: this.#state.next,
      after,
      fence: encodeFence(after),
      chunks: this.#bytes.finish(),
      bytes: this.#bytes.bytes,
      commandCount: this.#commandCount,
      passedOver: this.#passedOver,
      owed: this.#owed,
      records: this.#records,
      duplicates: this.#duplicates,
      foreign: this.#foreign,
      runs: this.#runs,
    };
  }
}

/** Where in the log a command of a step comes from. */
export function positionOf(step: Step, command: number): Position {
  assert(command >= 0 && command < step.commandCount, 'a command of this step');
  let run = step.runs[0];
  for (const next of step.runs) {
    if (next.command > command) break;
    run = next;
  }
  return { offset: run.position.offset, index: run.position.index + command - run.command };
}
