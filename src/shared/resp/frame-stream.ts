/**
 * Finds the end of one request frame that comes in pieces, or that is not canonical: byte by byte where it must, by
 * skipping over bodies where it can. It keeps no bytes but those of one header line, so that a frame can be followed
 * that is too big to be kept, and no byte is looked at twice however small the pieces are.
 *
 * Redis (networking.c, processMultibulkBuffer and processInlineBuffer) is the measure for what is an error and how it
 * is worded. Stricter than Redis, since what passes here is forwarded on a connection that others share:
 *  - the line end must be CR LF (Redis skips any byte after CR), and a body must be followed by CR LF;
 *  - a NUL in a line is refused at once (Redis waits for 64 KiB more, then refuses with the same text).
 */
import { parseInteger } from './integer.js';
import type { RequestLimits } from './request-limits.js';

/** More bytes are needed. */
export const FRAME_OPEN = 0;
/** A canonical frame ended. */
export const FRAME_WHOLE = 1;
/** An inline request ended (its bytes include the line end). */
export const FRAME_INLINE = 2;
/** Nothing to answer: `*0`, `*-1`. */
export const FRAME_EMPTY = 3;
/** A frame above the limit ended. */
export const FRAME_TOO_BIG = 4;
/** See `errorText`. */
export const FRAME_ERROR = 5;
export type FrameState =
  | typeof FRAME_OPEN | typeof FRAME_WHOLE | typeof FRAME_INLINE
  | typeof FRAME_EMPTY | typeof FRAME_TOO_BIG | typeof FRAME_ERROR;

/** What the next byte belongs to. */
const AT_START = 0;
const IN_COUNT = 1; // after '*'
const IN_LENGTH = 2; // a line that should begin with '$'
const IN_BODY = 3;
const IN_INLINE = 4;
const AFTER_CR = 5; // the LF of a header line
type Place = typeof AT_START | typeof IN_COUNT | typeof IN_LENGTH | typeof IN_BODY | typeof IN_INLINE | typeof AFTER_CR;

const NUL = 0;
const LF = 10;
const CR = 13;
const DOLLAR = 36;
const STAR = 42;

/** Kept bytes of a header line: a longer one is no number anyway. */
const LINE_KEPT = 24;
const COUNT_MAX_OF_REDIS = 0x7fffffffn;

export class FrameStream {
  state: FrameState = FRAME_OPEN;
  /** Redis's words without `ERR `, one character per byte. */
  errorText = '';
  /** Bytes of the frame seen so far. */
  length = 0;
  /** The frame is above the limit: its bytes need not be kept. */
  tooBig = false;
  #place: Place = AT_START;
  #lineOf: typeof IN_COUNT | typeof IN_LENGTH = IN_COUNT;
  readonly #line = Buffer.allocUnsafe(LINE_KEPT);
  #lineBytes = 0;
  #argumentsLeft = 0;
  /** Bytes of the current body still to come, its CR LF included. */
  #bodyLeft = 0;
  readonly #limits: RequestLimits;

  constructor(limits: RequestLimits) {
    this.#limits = limits;
  }

  /** Bytes still to come up to the frame's end, once that is known (inside the last argument), else 0. */
  get needToEnd(): number {
    return this.#argumentsLeft === 1 ? this.#bodyLeft : 0;
  }

  /** Follows the frame through buffer[at, end). Returns where it stopped: behind the frame, or `end`. */
  advance(buffer: Buffer, at: number, end: number): number {
    let p = at;
    while (p < end && this.state === FRAME_OPEN) {
      const before = p;
      if (this.#place === IN_BODY) p = this.#body(buffer, p, end);
      else if (this.#place === IN_INLINE) p = this.#inline(buffer, p, end);
      else if (this.#place === AT_START) p = this.#begin(buffer, p);
      else p = this.#header(buffer, p, end);
      this.length += p - before;
      if (this.length > this.#limits.commandBytesMax && this.#place !== IN_INLINE) this.tooBig = true;
    }
    if (this.state === FRAME_WHOLE && this.tooBig) this.state = FRAME_TOO_BIG;
    return p;
  }

  #begin(buffer: Buffer, p: number): number {
    if (buffer[p] !== STAR) {
      this.#place = IN_INLINE;
      return p;
    }
    this.#place = this.#lineOf = IN_COUNT;
    return p + 1;
  }

  #inline(buffer: Buffer, at: number, end: number): number {
    for (let p = at; p < end; p++) {
      if (buffer[p] === LF) {
        this.#lineBytes += p - at;
        if (this.#lineBytes > this.#limits.lineBytesMax) break;
        this.state = FRAME_INLINE;
        return p + 1;
      }
      if (buffer[p] === NUL) return this.#fail('too big inline request', end);
    }
    this.#lineBytes += end - at;
    return this.#lineBytes > this.#limits.lineBytesMax ? this.#fail('too big inline request', end) : end;
  }

  #header(buffer: Buffer, at: number, end: number): number {
    if (this.#place === AFTER_CR) {
      const invalid = this.#invalid();
      this.#lineDone(); // Redis's own objections go first
      if (buffer[at] !== LF && this.state !== FRAME_ERROR) this.#fail(invalid, end);
      return at + 1;
    }
    for (let p = at; p < end; p++) {
      const byte = buffer[p];
      if (byte === CR) {
        this.#place = AFTER_CR;
        return p + 1;
      }
      if (byte === NUL || ++this.#lineBytes > this.#limits.lineBytesMax) {
        return this.#fail(this.#lineOf === IN_COUNT ? 'too big mbulk count string' : 'too big bulk count string', end);
      }
      if (this.#lineBytes <= LINE_KEPT) this.#line[this.#lineBytes - 1] = byte;
    }
    return end;
  }

  #lineDone(): void {
    const bytes = this.#lineBytes;
    this.#lineBytes = 0;
    if (this.#lineOf === IN_COUNT) {
      const count = bytes > LINE_KEPT ? null : parseInteger(this.#line, 0, bytes);
      if (count === null || count > COUNT_MAX_OF_REDIS) this.#fail(this.#invalid(), 0);
      else if (count <= 0n) this.state = FRAME_EMPTY;
      else if (count > this.#limits.argumentsMax) this.#fail(this.#invalid(), 0);
      else this.#expectArgument(Number(count));
      return;
    }
    if (bytes === 0 || this.#line[0] !== DOLLAR) {
      const got = bytes === 0 ? '\r' : String.fromCharCode(this.#line[0]);
      this.#fail(`expected '$', got '${got}'`, 0);
      return;
    }
    const length = bytes > LINE_KEPT ? null : parseInteger(this.#line, 1, bytes);
    if (length === null || length < 0n || length > this.#limits.bulkBytesMax) {
      this.#fail(this.#invalid(), 0);
      return;
    }
    this.#bodyLeft = Number(length) + 2;
    this.#place = IN_BODY;
    if (this.length + this.#bodyLeft > this.#limits.commandBytesMax) this.tooBig = true;
  }

  #body(buffer: Buffer, at: number, end: number): number {
    const taken = Math.min(this.#bodyLeft, end - at);
    const next = at + taken;
    // The CR LF behind the body may itself come in two pieces.
    for (let left = Math.min(2, this.#bodyLeft); left > 0; left--) {
      const p = at + this.#bodyLeft - left;
      if (p < next && buffer[p] !== (left === 2 ? CR : LF)) return this.#fail('expected CR LF after bulk', end);
    }
    this.#bodyLeft -= taken;
    if (this.#bodyLeft === 0) this.#expectArgument(this.#argumentsLeft - 1);
    return next;
  }

  #expectArgument(left: number): void {
    this.#argumentsLeft = left;
    this.#place = this.#lineOf = IN_LENGTH;
    if (left === 0) this.state = FRAME_WHOLE;
  }

  #invalid(): string {
    return this.#lineOf === IN_COUNT ? 'invalid multibulk length' : 'invalid bulk length';
  }

  #fail(text: string, at: number): number {
    this.errorText = `Protocol error: ${text}`;
    this.state = FRAME_ERROR;
    return at;
  }
}
