/**
 * Reads the array that answers EXEC: folds the replies of a step into the running hash, the error lines of the commands
 * that were passed over in their places, sorts errors into those of the data and those that taint the rack, and keeps
 * the replies that are owed to authors.
 *
 * Pure; how the bytes are cut into elements is reply-reader.ts.
 */

import type { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';
import { OwedCapture, type StepReplies } from './owed-replies.js';
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
  readonly #capture: OwedCapture | undefined;

  /** @param hash as of the step before */
  constructor(step: Step, hash: number) {
    this.#step = step;
    this.hash = hash;
    this.#capture = step.owed.length === 0 ? undefined : new OwedCapture(step.owed);
    this.#hashPassedOver(0);
  }

  /** The replies that are owed to authors, once the array has ended. */
  get owed(): StepReplies | undefined {
    return this.#capture?.finish();
  }

  /**
   * Elements end here for a moment: where passed-over commands stood, around replies that are kept, and before the reply
   * to SET, which is not hashed.
   */
  cut(): number {
    const passedOver = this.#step.passedOver[this.#passedOver]?.command ?? this.#step.commandCount;
    return this.#capture === undefined ? passedOver : Math.min(passedOver, this.#capture.cut());
  }

  bytes(chunk: Buffer, start: number, end: number, elements: number): void {
    if (elements > this.#step.commandCount || !this.#hashing) return;
    this.hash = crc32(chunk.subarray(start, end), this.hash);
    this.#capture?.bytes(chunk, start, end, elements);
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
