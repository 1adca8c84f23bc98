/**
 * Gathers the bytes of a step's commands: frames that lie side by side in a record become one run; short runs are
 * copied together, long ones are passed on where they lie, so that a large value is never copied.
 */

import { Buffer } from 'node:buffer';

/** From here on a run is cheaper to hand to the socket as it is than to copy. */
const copyBytesMax = 16 * 1024;
const blockBytes = 64 * 1024;

export class StepBytes {
  readonly #chunks: Uint8Array[] = [];
  /** The run being extended. */
  #run: Buffer | undefined;
  #runStart = 0;
  #runEnd = 0;
  /** The block being filled; its first `#blockSent` bytes are chunks already. */
  #block: Buffer | undefined;
  #blockUsed = 0;
  #blockSent = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Adds buffer[start, end). The buffer must not change until the step is done. */
  add(buffer: Buffer, start: number, end: number): void {
    this.#bytes += end - start;
    if (this.#run === buffer && this.#runEnd === start) {
      this.#runEnd = end;
      return;
    }
    this.#endRun();
    this.#run = buffer;
    this.#runStart = start;
    this.#runEnd = end;
  }

  /** @returns all bytes in order */
  finish(): Uint8Array[] {
    this.#endRun();
    this.#endBlock();
    return this.#chunks;
  }

  #endRun(): void {
    const run = this.#run;
    if (run === undefined) return;
    this.#run = undefined;
    const length = this.#runEnd - this.#runStart;
    if (length > copyBytesMax) {
      this.#endBlock();
      this.#chunks.push(run.subarray(this.#runStart, this.#runEnd));
      return;
    }
    if (this.#block === undefined || this.#block.length - this.#blockUsed < length) {
      this.#endBlock();
      this.#block = Buffer.allocUnsafe(blockBytes);
      this.#blockUsed = 0;
      this.#blockSent = 0;
    }
    run.copy(this.#block, this.#blockUsed, this.#runStart, this.#runEnd);
    this.#blockUsed += length;
  }

  #endBlock(): void {
    if (this.#block === undefined || this.#blockUsed === this.#blockSent) return;
    this.#chunks.push(this.#block.subarray(this.#blockSent, this.#blockUsed));
    this.#blockSent = this.#blockUsed;
  }
}
