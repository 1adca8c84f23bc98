/**
 * Reads the array that answers EXEC: folds the replies of a step into the running hash, the error lines of the commands
 * that were passed over in their places, and sorts errors into those of the data and those that taint the rack.
 *
 * Pure; how the bytes are cut into elements is reply-reader.ts.
 */

import type { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';
import { classifyError } from './reply-classes.js';
import type { Commit } from './session-events.js';
import type { Step } from './step.js';

export class ExecutedReplies {
  readonly #step: Step;
  /** CRC-32 of all replies so far. */
  hash: number;
  dataErrors = 0;
  /** The first reply that is not known to be the same in every rack. */
  tainted: Commit['tainted'];
  /** Passed-over commands whose error lines are in the hash. */
  #passedOver = 0;
  #hashing = true;

  /** @param hash as of the step before */
  constructor(step: Step, hash: number) {
    this.#step = step;
    this.hash = hash;
    this.#hashPassedOver(0);
  }

  /** Elements end here for a moment: where passed-over commands stood, and before the reply to SET, which is not hashed. */
  cut(): number {
    return this.#step.passedOver[this.#passedOver]?.command ?? this.#step.commandCount;
  }

  bytes(chunk: Buffer, start: number, end: number, elements: number): void {
    if (elements > this.#step.commandCount || !this.#hashing) return;
    this.hash = crc32(chunk.subarray(start, end), this.hash);
    this.#hashPassedOver(elements);
  }

  error(index: number, text: string): void {
    const isFence = index === this.#step.commandCount;
    if (!isFence && classifyError(text) === 'data') this.dataErrors++;
    else this.tainted ??= { index, error: text };
  }

  /** Folds in the error lines of commands that were passed over behind `elements` others. */
  #hashPassedOver(elements: number): void {
    const { passedOver, commandCount } = this.#step;
    for (;;) {
      const passed = passedOver[this.#passedOver];
      if (passed === undefined || passed.command !== elements) break;
      this.hash = crc32(`-${passed.error}\r\n`, this.hash);
      this.#passedOver++;
    }
    if (elements === commandCount) this.#hashing = false; // what is left is the reply to SET
  }
}
