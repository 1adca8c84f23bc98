/**
 * Group commit: writes of all clients of one producer become records of the log.
 *
 * Writes are copied, in the order they come, into an open batch. A batch is sent when fewer than `recordsInFlightMax`
 * are on their way: a lone write goes at the end of the turn it came in; under load a record holds all that came while
 * those before it were travelling. The producer worker gets the batch by transfer and gives the buffers back.
 *
 * What each write is answered with is noted with its batch, per client, and given out when the log has the batch; a
 * write whose reply is owed by the rack's Redis is marked in the record, and waits for it (owed-replies.ts).
 * Bounded: `writeQueueBytesMax` of writes that wait; beyond it `full` says so and clients are paused until `drained`.
 */

import { encodeError } from '../../shared/resp/encode.js';
import type { ErrorCode, ErrorReport } from '../../shared/errors.js';
import type { BatchMessage, BatchOutcome } from '../../shared/messages.js';
import { assert, limits } from '../../shared/limits.js';
import { appendVarint } from '../../shared/record.js';
import { OwedBatch, OwedReplyBook } from './owed-replies.js';
import type { ReplyOrder, ReplySource, Segment } from './reply-order.js';
import { ReplyRuns } from './reply-runs.js';

export interface WriteLogEvents {
  send(message: BatchMessage, transfer: ArrayBuffer[]): void;
  /** Replies were given out: flush what clients have to send. */
  delivered(): void;
  /** There is room again after `full`. */
  drained(): void;
}

const advice: Partial<Record<ErrorCode, string>> = {
  PYLON_UNKNOWN: 'it may be in the log or not: read before you write again',
  PYLON_NOT_LOGGED: 'it is not in the log: try again',
};

const varintBytesMax = 5;
const lengthsBytes = limits.recordCommandsMax * varintBytesMax;
const freeBuffersMax = limits.recordsInFlightMax + 3;

class Batch implements ReplySource {
  readonly body: Buffer;
  readonly lengths: Uint8Array;
  bodyBytes = 0;
  lengthsBytes = 0;
  commands = 0;
  readonly openedMs = Date.now();
  /** Per run of one client's writes: where its replies go, with its ReplyRuns attached. */
  readonly segments: Segment[] = [];
  owed: OwedBatch | undefined;

  constructor(body: ArrayBuffer, lengths: ArrayBuffer) {
    this.body = Buffer.from(body);
    this.lengths = new Uint8Array(lengths);
  }

  fits(bytes: number): boolean {
    return this.commands < limits.recordCommandsMax && this.bodyBytes + bytes <= this.body.length;
  }
}

export class WriteLog {
  readonly #timeoutMs: number;
  readonly #events: WriteLogEvents;
  /** Replies that the applier sends. */
  readonly owed: OwedReplyBook;
  #open: Batch | null = null;
  #sealed: Batch[] = [];
  readonly #inFlight = new Map<number, Batch>();
  #nextBatch = 1;
  #flushScheduled = false;
  #full = false;
  #queuedBytes = 0;
  readonly #freeBodies: ArrayBuffer[] = [];
  readonly #freeLengths: ArrayBuffer[] = [];

  /**
   * @param timeoutMs how long a write may wait here before it is refused
   * @param replyTimeoutMs how long a logged write may wait for the reply that it is owed
   */
  constructor(timeoutMs: number, replyTimeoutMs: number, events: WriteLogEvents) {
    this.#timeoutMs = timeoutMs;
    this.owed = new OwedReplyBook(replyTimeoutMs);
    this.#events = events;
  }

  /** Bytes of writes that were taken and are not confirmed. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  get full(): boolean {
    return this.#full;
  }

  /** True when nothing waits or is on its way. */
  get idle(): boolean {
    return this.#open === null && this.#sealed.length === 0 && this.#inFlight.size === 0 && this.owed.isEmpty;
  }

  /**
   * Takes one write: a whole canonical frame, copied.
   * @param reply what the client gets when the log has it; undefined: what the rack's Redis answers when it is applied
   */
  append(order: ReplyOrder, buffer: Buffer, start: number, end: number, reply: Buffer | undefined): void {
    const bytes = end - start;
    if (this.#open !== null && !this.#open.fits(bytes)) this.#seal();
    const batch = (this.#open ??= this.#newBatch(bytes));
    buffer.copy(batch.body, batch.bodyBytes, start, end);
    batch.bodyBytes += bytes;
    batch.lengthsBytes = appendVarint(batch.lengths, batch.lengthsBytes, bytes);
    if (reply === undefined) oweReply(batch, order);
    else this.#repliesOf(batch, order).add(reply);
    batch.commands++;
    this.#queuedBytes += bytes;
    if (this.#queuedBytes > limits.writeQueueBytesMax) this.#full = true;
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(this.#flush);
  }

  /** What became of batches that were sent. */
  settle(outcomes: BatchOutcome[]): void {
    for (const outcome of outcomes) {
      const batch = this.#inFlight.get(outcome.batch);
      assert(batch !== undefined, 'an outcome is of a batch in flight');
      this.#inFlight.delete(outcome.batch);
      this.#reuse(outcome);
      if (outcome.offset !== undefined) this.owed.logged(outcome.batch, outcome.offset, Date.now());
      else this.owed.forget(outcome.batch);
      this.#answer(batch, outcome.error);
    }
    this.#flush();
    this.#settled();
  }

  /** Refuses the writes that have waited too long for a place on the way to Kafka: certainly not in the log. */
  expire(nowMs: number): void {
    const late = (batch: Batch): boolean => nowMs - batch.openedMs > this.#timeoutMs;
    if (this.#open !== null && late(this.#open)) this.#seal();
    const waiting = this.#sealed;
    this.#sealed = waiting.filter((batch) => !late(batch));
    const error: ErrorReport = { code: 'PYLON_NOT_LOGGED', message: `Kafka took no write for ${this.#timeoutMs} ms` };
    for (const batch of waiting) if (late(batch)) this.#answer(batch, error);
    this.owed.expire(nowMs);
    this.#settled();
  }

  #answer(batch: Batch, error: ErrorReport | undefined): void {
    this.#queuedBytes -= batch.bodyBytes;
    const line = error === undefined ? undefined : encodeError(`${error.code} ${error.message}; ${advice[error.code] ?? 'try again'}`);
    for (const segment of batch.segments) {
      const replies = segment.attachment as ReplyRuns;
      segment.attachment = null;
      replies.deliver(segment, line);
    }
    if (line !== undefined) batch.owed?.fail(line);
    // An idle connection keeps its last batch as the source of its last segment: that must not keep other connections.
    batch.segments.length = 0;
  }

  #settled(): void {
    this.#events.delivered();
    if (!this.#full || this.#queuedBytes > limits.writeQueueBytesMax / 2) return;
    this.#full = false;
    this.#events.drained();
  }

  #repliesOf(batch: Batch, order: ReplyOrder): ReplyRuns {
    const segment = order.open(batch);
    segment.awaited++;
    if (segment.attachment === null) {
      segment.attachment = new ReplyRuns();
      batch.segments.push(segment);
    }
    return segment.attachment as ReplyRuns;
  }

  readonly #flush = (): void => {
    this.#flushScheduled = false;
    while (this.#inFlight.size < limits.recordsInFlightMax) {
      if (this.#sealed.length === 0) {
        if (this.#open === null) return;
        this.#seal();
      }
      this.#send(this.#sealed.shift() as Batch);
    }
  };

  #seal(): void {
    if (this.#open !== null) this.#sealed.push(this.#open);
    this.#open = null;
  }

  #send(batch: Batch): void {
    const number = this.#nextBatch++;
    this.#inFlight.set(number, batch);
    const body = batch.body.buffer as ArrayBuffer;
    const lengths = batch.lengths.buffer as ArrayBuffer;
    const { commands, bodyBytes, lengthsBytes: lengthsUsed } = batch;
    const flags = batch.owed?.flags(commands).buffer;
    if (batch.owed !== undefined) this.owed.expect(number, batch.owed);
    this.#events.send(
      { type: 'batch', batch: number, commands, body, bodyBytes, lengths, lengthsBytes: lengthsUsed, flags },
      flags === undefined ? [body, lengths] : [body, lengths, flags],
    );
  }

  #newBatch(bytes: number): Batch {
    const body =
      bytes > limits.recordBytesTarget
        ? new ArrayBuffer(bytes)
        : (this.#freeBodies.pop() ?? new ArrayBuffer(limits.recordBytesTarget));
    return new Batch(body, this.#freeLengths.pop() ?? new ArrayBuffer(lengthsBytes));
  }

  #reuse({ body, lengths }: BatchOutcome): void {
    if (body.byteLength === limits.recordBytesTarget && this.#freeBodies.length < freeBuffersMax) this.#freeBodies.push(body);
    if (this.#freeLengths.length < freeBuffersMax) this.#freeLengths.push(lengths);
  }
}

function oweReply(batch: Batch, order: ReplyOrder): void {
  batch.owed ??= new OwedBatch();
  const segment = order.open(batch.owed);
  segment.awaited++;
  batch.owed.add(batch.commands, segment);
}
