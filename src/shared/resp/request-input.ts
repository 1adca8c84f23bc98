/**
 * The request side of one connection: bytes in, rows of whole commands out, in order.
 *
 * Frames that are complete in a chunk become rows that point into it (scan-request.ts). A frame that is split over
 * chunks is assembled in a buffer of its own and then given alone; the buffer then belongs to the table, this object
 * forgets it, so a connection that is idle owns next to nothing. Memory grows with the bytes that came, never with the
 * bytes that were announced. Inline requests are re-encoded as canonical frames, so nothing else leaves here.
 *
 * The loop of the caller:
 *
 *     let status: FeedStatus = MORE;
 *     for (let at = start; at !== end && status !== PROTOCOL_ERROR; at = input.position) {
 *       status = input.feed(buffer, at, end, table);
 *       … use the rows of `table` (they point into table.buffer) before the table is fed again …
 *     }
 */
import { encodeCommandArray } from './encode.js';
import { TOO_BIG, type FrameTable } from './frame-table.js';
import {
  FRAME_EMPTY, FRAME_ERROR, FRAME_INLINE, FRAME_OPEN, FRAME_TOO_BIG, FrameStream,
} from './frame-stream.js';
import type { RequestLimits } from './request-limits.js';
import { createScanState, scanFrames, SCAN_DONE, SCAN_FULL } from './scan-request.js';
import { splitInline } from './split-inline.js';

/** All rows up to `position` are given. Feed on if `position` is not the end. */
export const MORE = 0;
/** As MORE, and the chunk ended inside a command. */
export const UNFINISHED = 1;
/** The rows before the error are given; answer `-ERR ` + errorText and close. The input takes no more bytes. */
export const PROTOCOL_ERROR = 2;
/** The table has no row left: use it, then feed on from `position`. */
export const TABLE_FULL = 3;
export type FeedStatus = typeof MORE | typeof UNFINISHED | typeof PROTOCOL_ERROR | typeof TABLE_FULL;

const CR = 13;
const PARTIAL_BYTES_MIN = 256;

/** Scans never nest and never wait, so all inputs of a thread share one. */
const scan = createScanState();

export class RequestInput {
  /** Offset behind the last byte consumed by `feed`. */
  position = 0;
  /** Redis's words, without `ERR `; one character per byte. Set with PROTOCOL_ERROR. */
  errorText = '';
  #stream: FrameStream | null = null;
  #partial: Buffer | null = null;
  #partialBytes = 0;
  readonly #limits: RequestLimits;

  constructor(limits: RequestLimits) {
    this.#limits = limits;
  }

  /** Bytes kept for a command that is not yet complete. */
  get pendingBytes(): number {
    return this.#partial === null ? 0 : this.#partial.length;
  }

  /** No command is half received: bytes may be scanned elsewhere and fed on behind the last whole frame. */
  get idle(): boolean {
    return this.#stream === null;
  }

  /** A protocol error was found: no more bytes are taken. */
  get failed(): boolean {
    return this.errorText !== '';
  }

  /**
   * Takes bytes of buffer[start, end) and fills `table` (emptied first) with the commands that are complete.
   * Stops early where rows cannot share one buffer; `position` says how far it came.
   */
  feed(buffer: Buffer, start: number, end: number, table: FrameTable): FeedStatus {
    table.reset(buffer);
    this.position = end;
    if (this.failed) return PROTOCOL_ERROR;
    let at = start;
    while (at < end) {
      if (this.#stream === null) {
        const status = scanFrames(buffer, at, end, this.#limits, table, scan);
        at = scan.position;
        if (status === SCAN_DONE) return MORE;
        if (status === SCAN_FULL) return this.#stopAt(at, TABLE_FULL);
      }
      const stream = (this.#stream ??= new FrameStream(this.#limits));
      const next = stream.advance(buffer, at, end);
      if (stream.state === FRAME_OPEN) {
        this.#keep(buffer, at, next);
        return UNFINISHED;
      }
      if (stream.state === FRAME_ERROR) {
        this.#forget();
        return this.#fail(stream.errorText);
      }
      if (stream.state === FRAME_EMPTY) {
        this.#forget();
      } else if (stream.state === FRAME_TOO_BIG) {
        this.#forget();
        if (table.count === table.capacity) return this.#retry(at, TABLE_FULL);
        table.add(next, next, TOO_BIG, 0);
      } else {
        // A batch of one in a buffer of its own: the rows found so far go first.
        if (table.count > 0) return this.#retry(at, MORE);
        return this.#giveAssembled(buffer, at, next, table);
      }
      at = next;
    }
    return MORE;
  }

  /** Gives the frame that ended at `next`, or goes on silently when an inline request was blank. */
  #giveAssembled(buffer: Buffer, at: number, next: number, table: FrameTable): FeedStatus {
    const inline = this.#stream!.state === FRAME_INLINE;
    let frame: Buffer;
    if (this.#partial === null) {
      frame = buffer.subarray(at, next);
    } else {
      this.#keep(buffer, at, next);
      frame = this.#partial.subarray(0, this.#partialBytes);
    }
    this.#forget();
    this.position = next;
    if (inline) {
      const length = frame.length - (frame.length > 1 && frame[frame.length - 2] === CR ? 2 : 1);
      const args = splitInline(frame.subarray(0, length));
      if (args === null) return this.#fail('Protocol error: unbalanced quotes in request');
      if (args.length === 0) return MORE;
      frame = encodeCommandArray(args);
    }
    table.reset(frame);
    const status = scanFrames(frame, 0, frame.length, this.#limits, table, scan);
    if (status !== SCAN_DONE) throw new Error(`assembled frame is not canonical (status ${status})`);
    return MORE;
  }

  /** Appends bytes of the open frame to its own buffer, unless they need not be kept. */
  #keep(buffer: Buffer, at: number, next: number): void {
    const stream = this.#stream!;
    if (stream.tooBig) {
      this.#partial = null;
      this.#partialBytes = 0;
      return;
    }
    const bytes = this.#partialBytes + next - at;
    if (this.#partial === null || this.#partial.length < bytes) {
      // Doubling keeps the copying linear, and the memory in proportion to what came; the known end is not overshot.
      const doubled = Math.max(PARTIAL_BYTES_MIN, bytes * 2);
      const needToEnd = stream.needToEnd;
      const grown = Buffer.allocUnsafeSlow(needToEnd > 0 ? Math.min(doubled, bytes + needToEnd) : doubled);
      if (this.#partial !== null) this.#partial.copy(grown, 0, 0, this.#partialBytes);
      this.#partial = grown;
    }
    buffer.copy(this.#partial, this.#partialBytes, at, next);
    this.#partialBytes = bytes;
  }

  #forget(): void {
    this.#stream = null;
    this.#partial = null;
    this.#partialBytes = 0;
  }

  /** Stops before a frame that began in this chunk; the next feed begins with it. */
  #retry(at: number, status: FeedStatus): FeedStatus {
    this.#stream = null;
    return this.#stopAt(at, status);
  }

  #stopAt(at: number, status: FeedStatus): FeedStatus {
    this.position = at;
    return status;
  }

  #fail(text: string): FeedStatus {
    this.errorText = text;
    return PROTOCOL_ERROR;
  }
}
