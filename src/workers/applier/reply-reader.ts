/**
 * Reads what Redis answers on the apply connection: RESP2 replies in any fragmentation, out of a buffer that the socket
 * reuses. Nothing is kept of the bytes but the rest of a token that a chunk cut in two.
 *
 * Made for the shape of this traffic: long runs of `+QUEUED` are compared a block at a time, and the array that answers
 * EXEC is not turned into objects: its bytes are handed over in spans (for the running hash), its errors one by one.
 * An array's elements may nest: a count of values still owed says where an element ends, so no stack is needed.
 *
 * Pure. What a reply means is the handler's business (fenced-session.ts, redis-link.ts).
 */

import { Buffer } from 'node:buffer';
import { PylonError } from '../../shared/errors.js';

/** Receives replies in order. Buffers are only valid during the call, except the one given to `bulk`. */
export interface ReplyHandler {
  /** How many more `+QUEUED` may come as the next replies; they are reported by `queued`, not by `line`. */
  queuedExpected(): number;
  queued(count: number): void;
  /** A simple string, error or integer. `type` is its first byte; `text` is what follows, without CRLF. */
  line(type: number, text: string): void;
  /** A bulk string; undefined for nil. The buffer belongs to the handler. */
  bulk(value: Buffer | undefined): void;
  /** An array begins; -1 for nil, and then nothing follows. */
  arrayStart(count: number): void;
  /** The element index at which `arrayBytes` is to be cut, so that the handler can act between two elements. */
  arrayCut(): number;
  /** Bytes of whole or partial elements, in order, never reaching over a cut. `elements`: how many ended so far. */
  arrayBytes(chunk: Buffer, start: number, end: number, elements: number): void;
  /** Element `index` is an error. Comes before the bytes that hold it. */
  arrayError(index: number, text: string): void;
  arrayEnd(): void;
}

export const replyTypes = { simple: 0x2b, error: 0x2d, integer: 0x3a, bulk: 0x24, array: 0x2a } as const;

const CR = 0x0d;
const queuedLine = '+QUEUED\r\n';
const queuedBlockLines = 64;
const queuedBlock = Buffer.from(queuedLine.repeat(queuedBlockLines));
/** No top-level bulk on this connection is larger: the fence and INFO. */
const bulkBytesMax = 1024 * 1024;
const lineBytesMax = 64 * 1024;

export class ReplyReader {
  readonly #handler: ReplyHandler;
  /** The start of a token whose end has not come yet. */
  #rest: Buffer | undefined;
  /** A top-level bulk being filled, and how much of it (with its CRLF) is still to come. */
  #bulk: Buffer | undefined;
  #bulkMissing = 0;
  /** In an array: elements in all, elements ended, values owed by the element at hand, bytes of a bulk to step over. */
  #elements = -1;
  #ended = 0;
  #owed = 0;
  #skip = 0;

  constructor(handler: ReplyHandler) {
    this.#handler = handler;
  }

  /** @throws PylonError PYLON_MISALIGNED when the bytes are not RESP2: the connection is of no more use */
  push(chunk: Buffer): void {
    const rest = this.#rest;
    this.#rest = undefined;
    const data = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (at < data.length) {
      const next = this.#elements >= 0 ? this.#readArray(data, at) : this.#readTop(data, at);
      if (next === at) {
        if (data.length - at > lineBytesMax) throw misaligned('a line without end');
        this.#rest = Buffer.from(data.subarray(at));
        return;
      }
      at = next;
    }
  }

  /** Reads one top-level token. @returns the position behind it, or `at` when it is cut off */
  #readTop(data: Buffer, at: number): number {
    if (this.#bulk !== undefined) return this.#fillBulk(data, at);
    const queued = this.#countQueued(data, at);
    if (queued > 0) {
      this.#handler.queued(queued);
      return at + queued * queuedLine.length;
    }
    const end = lineEnd(data, at);
    if (end < 0) return at;
    const type = data[at];
    if (type === replyTypes.simple || type === replyTypes.error || type === replyTypes.integer) {
      this.#handler.line(type, data.toString('latin1', at + 1, end));
    } else if (type === replyTypes.bulk) {
      const length = readLength(data, at + 1, end);
      if (length > bulkBytesMax) throw misaligned(`a bulk of ${length} bytes`);
      if (length < 0) this.#handler.bulk(undefined);
      else {
        this.#bulk = Buffer.allocUnsafe(length);
        this.#bulkMissing = length + 2;
      }
    } else if (type === replyTypes.array) {
      const count = readLength(data, at + 1, end);
      this.#handler.arrayStart(count);
      if (count === 0) this.#handler.arrayEnd();
      if (count > 0) {
        this.#elements = count;
        this.#ended = 0;
        this.#owed = 1;
      }
    } else throw misaligned(`a reply that begins with byte ${type}`);
    return end + 2;
  }

  #fillBulk(data: Buffer, at: number): number {
    const bulk = this.#bulk as Buffer;
    const filled = bulk.length + 2 - this.#bulkMissing;
    const take = Math.min(this.#bulkMissing, data.length - at);
    data.copy(bulk, filled, at, at + take); // copy() stops at the end of `bulk`, so the CRLF stays out
    this.#bulkMissing -= take;
    if (this.#bulkMissing === 0) {
      this.#bulk = undefined;
      this.#handler.bulk(bulk);
    }
    return at + take;
  }

  #countQueued(data: Buffer, at: number): number {
    const expected = this.#handler.queuedExpected();
    if (expected === 0) return 0;
    let count = 0;
    while (expected - count >= queuedBlockLines && data.length - at >= queuedBlock.length) {
      if (data.compare(queuedBlock, 0, queuedBlock.length, at, at + queuedBlock.length) !== 0) break;
      count += queuedBlockLines;
      at += queuedBlock.length;
    }
    while (count < expected && data.length - at >= queuedLine.length) {
      if (data.compare(queuedBlock, 0, queuedLine.length, at, at + queuedLine.length) !== 0) break;
      count++;
      at += queuedLine.length;
    }
    return count;
  }

  /** Reads as many whole tokens of the array as there are, reporting their bytes in spans. */
  #readArray(data: Buffer, start: number): number {
    const handler = this.#handler;
    let cut = handler.arrayCut();
    let spanStart = start;
    let at = start;
    while (at < data.length && this.#ended < this.#elements) {
      const next = this.#readValue(data, at);
      if (next < 0) break;
      at = next;
      if (this.#owed === 0 && this.#skip === 0) {
        this.#ended++;
        this.#owed = 1;
        if (this.#ended === cut) {
          handler.arrayBytes(data, spanStart, at, this.#ended);
          spanStart = at;
          cut = handler.arrayCut();
        }
      }
    }
    if (at > spanStart) handler.arrayBytes(data, spanStart, at, this.#ended);
    if (this.#ended === this.#elements) {
      this.#elements = -1;
      handler.arrayEnd();
    }
    return at;
  }

  /** Reads one token within an array. @returns the position behind it, or -1 when it is cut off */
  #readValue(data: Buffer, at: number): number {
    if (this.#skip > 0) {
      const take = Math.min(this.#skip, data.length - at);
      this.#skip -= take;
      return at + take;
    }
    const end = lineEnd(data, at);
    if (end < 0) return -1;
    const type = data[at];
    this.#owed--;
    if (type === replyTypes.bulk) {
      const length = readLength(data, at + 1, end);
      if (length >= 0) this.#skip = length + 2;
    } else if (type === replyTypes.array) {
      this.#owed += Math.max(0, readLength(data, at + 1, end));
    } else if (type === replyTypes.error) {
      this.#handler.arrayError(this.#ended, data.toString('latin1', at + 1, end));
    } else if (type !== replyTypes.simple && type !== replyTypes.integer) {
      throw misaligned(`an array element that begins with byte ${type}`);
    }
    return end + 2;
  }
}

/** Where the CR of the line at `at` stands, or -1 when the line has no end yet. */
function lineEnd(data: Buffer, at: number): number {
  const last = data.length - 1;
  for (let i = at; i < last; i++) if (data[i] === CR) return i;
  return -1;
}

function readLength(data: Buffer, start: number, end: number): number {
  if (data[start] === 0x2d) return -1; // RESP2 has no negative length but -1: nil
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = data[i] - 0x30;
    if (digit < 0 || digit > 9) throw misaligned('a length that is not a number');
    value = value * 10 + digit;
  }
  if (start === end || !Number.isSafeInteger(value)) throw misaligned('a length that is not a number');
  return value;
}

function misaligned(what: string): PylonError {
  return new PylonError('PYLON_MISALIGNED', `the backing Redis sent ${what} where a RESP2 reply was due`);
}
