/**
 * Walks the arguments of one canonical frame (as scan-request.ts accepted it). Pure offsets, no copies.
 */

const CR = 13;
const ZERO = 48;

/**
 * Writes start and end offset of each argument of buffer[start, end) to `out`, in pairs, name first.
 * Returns the number of arguments; when `out` is too short the pairs that fit are written: grow it and call again.
 */
export function frameArguments(buffer: Buffer, start: number, end: number, out: Int32Array): number {
  let p = start + 1;
  let count = 0;
  for (; buffer[p] !== CR; p++) count = count * 10 + (buffer[p] - ZERO);
  p += 2;
  const fits = Math.min(count, out.length >> 1);
  for (let i = 0; i < fits; i++) {
    if (p >= end) throw new RangeError('frame ends before its last argument');
    let length = 0;
    for (p++; buffer[p] !== CR; p++) length = length * 10 + (buffer[p] - ZERO);
    p += 2;
    out[2 * i] = p;
    out[2 * i + 1] = p + length;
    p += length + 2;
  }
  return count;
}

/** How many offsets are kept allocated between two frames. */
const BOUNDS_KEPT = 16 * 1024;

/** The arguments of one frame, by number; one object serves any number of frames, one after the other. */
export class FrameArguments {
  /** Number of arguments, the name included. */
  count = 0;
  buffer: Buffer = Buffer.alloc(0);
  bounds = new Int32Array(64);

  /** Reads buffer[start, end). Returns itself. */
  read(buffer: Buffer, start: number, end: number): this {
    this.buffer = buffer;
    if (this.bounds.length > BOUNDS_KEPT) this.bounds = new Int32Array(64);
    this.count = frameArguments(buffer, start, end, this.bounds);
    if (this.count * 2 > this.bounds.length) {
      this.bounds = new Int32Array(this.count * 2);
      frameArguments(buffer, start, end, this.bounds);
    }
    return this;
  }

  startOf(index: number): number {
    return this.bounds[2 * index];
  }

  endOf(index: number): number {
    return this.bounds[2 * index + 1];
  }

  lengthOf(index: number): number {
    return this.bounds[2 * index + 1] - this.bounds[2 * index];
  }

  /** The bytes of one argument: a view, not a copy. */
  bytes(index: number): Buffer {
    return this.buffer.subarray(this.bounds[2 * index], this.bounds[2 * index + 1]);
  }

  /** One character per byte. */
  text(index: number): string {
    return this.buffer.toString('latin1', this.bounds[2 * index], this.bounds[2 * index + 1]);
  }

  /**
   * Whether the argument is `word` (lower case) whatever its case. Redis compares options as C strings, so a NUL ends
   * them there: `GET\0x` is GET, and must not slip past us as something else.
   */
  is(index: number, word: string): boolean {
    const start = this.bounds[2 * index];
    const end = this.bounds[2 * index + 1];
    if (end - start < word.length) return false;
    for (let i = 0; i < word.length; i++) {
      let byte = this.buffer[start + i];
      if (byte >= 65 && byte <= 90) byte |= 32;
      if (byte !== word.charCodeAt(i)) return false;
    }
    return start + word.length === end || this.buffer[start + word.length] === 0;
  }
}
