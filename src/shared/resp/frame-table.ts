/**
 * Rows of scanned request frames, as typed arrays over one ArrayBuffer.
 *
 * A row says where a frame lies (`start`, `end`: offsets into `buffer`), which command it is (an index into the command
 * table, or one of the negative specials below) and what was noticed while scanning (`flags`). Nothing is allocated per
 * command. The whole table lives in one (Shared)ArrayBuffer, so a parse worker hands its result back by transfer.
 *
 * Who fills it: scan-request.ts and request-input.ts. It does not own the bytes that the rows point into.
 */

/** The name is in no row of the command table. */
export const UNKNOWN_COMMAND = -1;
/** The frame was longer than the limit: its bytes were skipped, the row is empty (`start === end`). */
export const TOO_BIG = -2;

/** Some argument after the name begins with the reserved prefix; whether it is a key is asked on the slow path. */
export const FLAG_RESERVED = 1;
/** The number of arguments does not fit the command's arity. */
export const FLAG_ARITY = 2;

const HEADER_BYTES = 8; // Int32 count, Int32 capacity
const ROW_BYTES = 4 + 4 + 2 + 1;
const NO_BYTES = Buffer.alloc(0);

export class FrameTable {
  readonly capacity: number;
  /** Number of rows in use. */
  count = 0;
  /** The bytes that `start` and `end` point into. */
  buffer: Buffer = NO_BYTES;
  readonly start: Int32Array;
  readonly end: Int32Array;
  readonly command: Int16Array;
  readonly flags: Uint8Array;
  /** What the arrays lie in: transfer this one. */
  readonly memory: ArrayBufferLike;
  readonly #header: Int32Array;

  /** Bytes that a table of `capacity` rows takes. */
  static byteLengthFor(capacity: number): number {
    return (HEADER_BYTES + capacity * ROW_BYTES + 7) & ~7;
  }

  static withCapacity(capacity: number): FrameTable {
    const memory = new ArrayBuffer(FrameTable.byteLengthFor(capacity));
    return new FrameTable(memory, capacity);
  }

  /**
   * A table over `memory`. Without `capacity` the memory is one that another thread filled: capacity and count are read
   * from its header (see `seal`).
   */
  constructor(memory: ArrayBufferLike, capacity?: number) {
    this.memory = memory;
    this.#header = new Int32Array(memory, 0, 2);
    if (capacity === undefined) {
      this.count = this.#header[0];
      capacity = this.#header[1];
    }
    if (capacity <= 0 || FrameTable.byteLengthFor(capacity) > memory.byteLength || this.count > capacity) {
      throw new RangeError(`frame table of ${capacity} rows does not fit ${memory.byteLength} bytes`);
    }
    this.#header[1] = capacity;
    this.capacity = capacity;
    let at = HEADER_BYTES;
    this.start = new Int32Array(memory, at, capacity);
    at += capacity * 4;
    this.end = new Int32Array(memory, at, capacity);
    at += capacity * 4;
    this.command = new Int16Array(memory, at, capacity);
    at += capacity * 2;
    this.flags = new Uint8Array(memory, at, capacity);
  }

  /** Empties the table and points it at other bytes. */
  reset(buffer: Buffer): void {
    this.count = 0;
    this.buffer = buffer;
  }

  /** Writes the count into the memory, so that the receiver of `memory` finds it there. */
  seal(): ArrayBufferLike {
    this.#header[0] = this.count;
    return this.memory;
  }

  /** Appends one row; the caller has checked that there is room. */
  add(start: number, end: number, command: number, flags: number): void {
    const row = this.count++;
    this.start[row] = start;
    this.end[row] = end;
    this.command[row] = command;
    this.flags[row] = flags;
  }
}
