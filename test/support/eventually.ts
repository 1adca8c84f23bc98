/**
 * Waiting for a condition, with a deadline: what tests use where others would sleep. The error says what was waited
 * for, for how long, and what was seen last.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';

export interface Patience {
  /** How long to wait in all. */
  readonly deadlineMs?: number;
  /** Pause between two looks. */
  readonly everyMs?: number;
}

/**
 * Looks again and again until what is seen is as wanted.
 * @param what ends the sentence "waited for …"
 * @param look may throw: that counts as not yet
 * @returns the value that was as wanted
 * @throws Error naming `what` and the last value or error, once the deadline has passed
 */
export async function eventually<T>(
  what: string,
  look: () => T | Promise<T>,
  wanted: (value: T) => boolean,
  { deadlineMs = 20_000, everyMs = 25 }: Patience = {},
): Promise<T> {
  const startedAt = performance.now();
  const leftMs = (): number => deadlineMs - (performance.now() - startedAt);
  let last = 'nothing was seen';
  do {
    try {
      const value = await within(Math.max(everyMs, leftMs()), look());
      if (wanted(value)) return value;
      last = `last seen: ${inspect(value, { depth: 4, breakLength: 120, maxStringLength: 2000 })}`;
    } catch (error) {
      last = `last error: ${error instanceof Error ? error.message : String(error)}`;
    }
    await delay(Math.max(0, Math.min(everyMs, leftMs())));
  } while (leftMs() > 0);
  throw new Error(`waited ${Math.round(deadlineMs - leftMs())} ms for ${what}; ${last}`);
}

/**
 * The value of a promise, unless it takes longer than `deadlineMs`.
 * @throws Error once the deadline has passed
 */
export async function within<T>(deadlineMs: number, value: T | Promise<T>, what = 'answer'): Promise<T> {
  if (!(value instanceof Promise)) return value;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no ${what} within ${Math.round(deadlineMs)} ms`)),
      Math.max(1, deadlineMs),
    );
  });
  try {
    return await Promise.race([value, late]);
  } finally {
    clearTimeout(timer);
  }
}
