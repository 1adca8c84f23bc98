/**
 * A seeded random generator (mulberry32), so that a failed run can be run again: every test that uses chance prints its
 * seed and takes it back from PYLON_TEST_SEED.
 */

export class Random {
  readonly seed: number;
  #state: number;

  constructor(seed: number) {
    this.seed = seed >>> 0;
    this.#state = this.seed;
  }

  /** From 0 up to, not including, 1. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer from 0 up to, not including, `end`. */
  below(end: number): number {
    return Math.floor(this.fraction() * end);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }

  /** Random printable text without spaces. */
  text(length: number): string {
    let text = '';
    while (text.length < length) text += Math.floor(this.fraction() * 36 ** 8).toString(36);
    return text.slice(0, length);
  }
}

/** The seed of this run: PYLON_TEST_SEED, or a new one. */
export function runSeed(): number {
  const given = process.env['PYLON_TEST_SEED'];
  return given === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(given);
}
