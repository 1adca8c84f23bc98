/**
 * Reply order of one client connection: replies leave in the order the commands came in, wherever they are made.
 *
 * A connection's replies are a queue of segments, each a run of commands answered by one source: the local Redis, one
 * batch of the log, or Pylon itself. Only the head segment's replies go out; those of later segments are held. A
 * connection that only reads keeps one segment for ever, so the usual case allocates nothing.
 *
 * Pure: bytes go to the sink it was given.
 */

import { assert, limits } from '../../shared/limits.js';

/** Where a segment's replies come from: an upstream connection, a batch of the log, or `local`. */
export type ReplySource = object;

/** Replies made by Pylon itself. */
export const local: ReplySource = Object.freeze({ name: 'local' });

/** Owner of a buffer that will be overwritten: told when a slice of it could not be sent at once. */
export interface BufferOwner {
  surrenderBuffer(): void;
}

export interface ReplySink {
  /** Takes reply bytes. With an owner, the slice is only good until the owner's next read. */
  emit(buffer: Buffer, start: number, end: number, owner: BufferOwner | null): void;
  /** `completed` replies have come, whether they could be given out yet or not. */
  progressed?(completed: number, bytes: number): void;
  /** A reply broke off half way: the connection cannot be used any more. */
  broken?(): void;
}

export class Segment {
  source: ReplySource;
  /** Replies that have not come yet. */
  awaited = 0;
  /** Reply bytes that came before this segment was the head. */
  held: Buffer[] | null = null;
  next: Segment | null = null;
  /** For the source's own use. */
  attachment: object | null = null;
  readonly order: ReplyOrder;

  constructor(order: ReplyOrder, source: ReplySource) {
    this.order = order;
    this.source = source;
  }
}

export class ReplyOrder {
  readonly #sink: ReplySink;
  #head: Segment | null = null;
  #tail: Segment | null = null;
  #closed = false;
  #heldBytes = 0;

  constructor(sink: ReplySink) {
    this.#sink = sink;
  }

  /** What replies cost that came before their turn. The connection is not to make more of them without bound. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** True when every reply has been given out. */
  get settled(): boolean {
    return this.#head === null || (this.#head === this.#tail && this.#head.awaited === 0);
  }

  /**
   * The segment for the next commands from `source`: the last one when it is of the same source, else a new one. The
   * caller adds to its `awaited`.
   */
  open(source: ReplySource): Segment {
    const tail = this.#tail;
    if (tail !== null) {
      if (tail.source === source) return tail;
      if (tail === this.#head && tail.awaited === 0) {
        tail.source = source; // nothing is owed: the idle segment changes hands
        tail.attachment = null;
        return tail;
      }
    }
    const segment = new Segment(this, source);
    if (tail === null) this.#head = segment;
    else tail.next = segment;
    this.#tail = segment;
    return segment;
  }

  /**
   * Reply bytes for a segment, `completed` whole replies ending in them (0: more of the current one is to come).
   * @param owner of the buffer, or null when the bytes will not change
   */
  deliver(segment: Segment, buffer: Buffer, start: number, end: number, completed: number, owner: BufferOwner | null): void {
    assert(completed <= segment.awaited, 'no more replies than commands');
    segment.awaited -= completed;
    if (this.#closed) return;
    if (segment === this.#head) {
      this.#sink.emit(buffer, start, end, owner);
      if (segment.awaited === 0 && segment.next !== null) this.#advance();
    } else {
      const slice = buffer.subarray(start, end);
      (segment.held ??= []).push(owner === null ? slice : Buffer.from(slice));
      this.#heldBytes += slice.length + limits.pieceOverheadBytes;
    }
    this.#sink.progressed?.(completed, end - start);
  }

  /**
   * The next `count` replies of a segment will not come: each is answered with an error line.
   * @param midReply the first of them has begun to be given out, which nothing can mend
   */
  fail(segment: Segment, count: number, error: Buffer, midReply: boolean): void {
    if (midReply && !this.#closed) this.#sink.broken?.();
    for (let left = count; left > 0; left--) this.deliver(segment, error, 0, error.length, 1, null);
  }

  /** Answers one command with bytes that are here now. */
  answer(reply: Buffer): void {
    const segment = this.open(local);
    segment.awaited++;
    this.deliver(segment, reply, 0, reply.length, 1, null);
  }

  /** The connection is gone: replies that still come are counted and dropped. */
  close(): void {
    this.#closed = true;
    this.#heldBytes = 0;
    for (let segment = this.#head; segment !== null; segment = segment.next) segment.held = null;
  }

  #advance(): void {
    let head = this.#head as Segment;
    while (head.awaited === 0 && head.next !== null) {
      head = head.next;
      this.#head = head;
      if (head.held === null) continue;
      for (const bytes of head.held) {
        this.#sink.emit(bytes, 0, bytes.length, null);
        this.#heldBytes -= bytes.length + limits.pieceOverheadBytes;
      }
      head.held = null;
    }
  }
}
