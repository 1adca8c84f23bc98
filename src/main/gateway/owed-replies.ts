/**
 * Replies that clients are owed by the rack's Redis: of writes whose reply is information. The log has them, the rack's
 * applier applies them and sends the replies back, in the order of the log; here they find their clients.
 *
 * A reply exists once. When it is lost (a takeover, a connection that broke at the wrong moment) or does not come in
 * time (Redis is away), the client is told that its write is in the log, and where. What comes later is dropped.
 *
 * One object for each producer worker: batch numbers are its own. Pure: the time is a parameter.
 */

import { encodeError } from '../../shared/resp/encode.js';
import type { OwedReplies } from '../../shared/messages.js';
import { frameFlags } from '../../shared/record.js';
import { comparePositions, formatPosition, logStart, type Position } from '../../shared/position.js';
import type { BufferOwner, ReplySource, Segment } from './reply-order.js';

/** A small reply that has to wait is copied when it lies in a buffer above this, which it would keep alive as a whole. */
const sharedBytesMax = 16 * 1024;
const shared: BufferOwner = Object.freeze({ surrenderBuffer: () => {} });

/** The commands of one batch that are owed their replies, in order. */
export class OwedBatch implements ReplySource {
  /** Index in the record, and where the reply goes. */
  readonly #frames: number[] = [];
  readonly #segments: Segment[] = [];
  /** The first that is still owed. */
  #next = 0;
  /** Kafka offset of the record; -1 while the log has not confirmed it. */
  offset = -1;
  deadlineMs = Infinity;
  /** Replies to what stands before this will not come: heard before the log's confirmation, when it was on its way. */
  lostBefore: Position = logStart;

  /** Frame flags of the record, one byte a command (record.ts). */
  flags(commands: number): Uint8Array<ArrayBuffer> {
    const flags = new Uint8Array(commands);
    for (const frame of this.#frames) flags[frame] = frameFlags.replyOwed;
    return flags;
  }

  get isSettled(): boolean {
    return this.#next === this.#frames.length;
  }

  /** Where in its record the first that is still owed stands. */
  get frame(): number {
    return this.#frames[this.#next];
  }

  add(frame: number, segment: Segment): void {
    this.#frames.push(frame);
    this.#segments.push(segment);
  }

  /** Answers the first that is still owed. */
  answer(buffer: Buffer, start: number, end: number): void {
    const segment = this.#segments[this.#next++];
    if (this.isSettled) this.#forget();
    const isSmallPart = buffer.length > sharedBytesMax && (end - start) * 2 < buffer.length;
    segment.order.deliver(segment, buffer, start, end, 1, isSmallPart ? shared : null);
  }

  /** Answers all that are still owed with an error line. */
  fail(error: Buffer): void {
    while (!this.isSettled) this.answer(error, 0, error.length);
  }

  /** An idle connection keeps its last batch as the source of its last segment: that must not keep other connections. */
  #forget(): void {
    this.#segments.length = 0;
    this.#frames.length = 0;
    this.#next = 0;
  }
}

export class OwedReplyBook {
  readonly #timeoutMs: number;
  /** By number, in order. */
  readonly #batches = new Map<number, OwedBatch>();

  /** @param timeoutMs how long after its confirmation by the log a write may wait for its reply */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  get isEmpty(): boolean {
    return this.#batches.size === 0;
  }

  /** The batch is on its way to the log. */
  expect(number: number, batch: OwedBatch): void {
    this.#batches.set(number, batch);
  }

  /** The log has it. Its replies may have come already. */
  logged(number: number, offset: number, nowMs: number): void {
    const batch = this.#batches.get(number);
    if (batch === undefined) return;
    batch.offset = offset;
    batch.deadlineMs = nowMs + this.#timeoutMs;
    this.#dropLost(number, batch, batch.lostBefore);
  }

  /** It is not known to be in the log, and its commands are told so by others. */
  forget(number: number): void {
    this.#batches.delete(number);
  }

  /** Replies from the applier. */
  applied({ batches, frames, ends, bytes }: OwedReplies): void {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    let start = 0;
    for (let reply = 0; reply < ends.length; reply++) {
      const batch = this.#batches.get(batches[reply]);
      if (batch !== undefined) {
        while (!batch.isSettled && batch.frame < frames[reply]) refuse(batch, lost);
        if (!batch.isSettled && batch.frame === frames[reply]) {
          if (ends[reply] === start) refuse(batch, tooLarge);
          else batch.answer(buffer, start, ends[reply]);
        }
        if (batch.isSettled) this.#batches.delete(batches[reply]);
      }
      start = ends[reply];
    }
  }

  /**
   * Replies to what stands before this position, and have not come, will not. It concerns what is on its way now: what
   * is written later stands behind it.
   */
  lostBefore(position: Position): void {
    for (const [number, batch] of this.#batches) {
      if (batch.offset >= 0) this.#dropLost(number, batch, position);
      else if (comparePositions(position, batch.lostBefore) > 0) batch.lostBefore = position;
    }
  }

  /** Gives up what has waited too long. */
  expire(nowMs: number): void {
    for (const [number, batch] of this.#batches) {
      if (batch.deadlineMs > nowMs) continue;
      this.#batches.delete(number);
      while (!batch.isSettled) refuse(batch, `no reply of the rack's Redis has come within ${this.#timeoutMs} ms`);
    }
  }

  /** This Pylon stops: what the log has is told so, rather than left to a connection that breaks. */
  giveUp(): void {
    for (const [number, batch] of this.#batches) {
      if (batch.offset < 0) continue;
      this.#batches.delete(number);
      while (!batch.isSettled) refuse(batch, 'this Pylon stops before the reply has come');
    }
  }

  #dropLost(number: number, batch: OwedBatch, before: Position): void {
    while (!batch.isSettled && comparePositions({ offset: batch.offset, index: batch.frame }, before) < 0) {
      refuse(batch, lost);
    }
    if (batch.isSettled) this.#batches.delete(number);
  }
}

const lost = 'it was applied, and its reply was lost';
const tooLarge = 'it was applied, and its reply was too large to be kept';

function refuse(batch: OwedBatch, why: string): void {
  const where = batch.offset < 0 ? 'in the log' : `in the log at ${formatPosition({ offset: batch.offset, index: batch.frame })}`;
  const line = encodeError(`PYLON_NO_REPLY the write is ${where}, but ${why}; read what you need, do not write again`);
  batch.answer(line, 0, line.length);
}
