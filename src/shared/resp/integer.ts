/**
 * Integers as Redis reads them (util.c `string2ll`): an optional minus, no leading zero, no plus, no blanks, within
 * 64 bits. `-0` and the empty string are not integers.
 */

const ZERO = 48;
const MINUS = 45;

export const INT64_MAX = 9223372036854775807n;
export const INT64_MIN = -9223372036854775808n;

/** Longest text that can be an integer: a minus and 19 digits. */
const TEXT_MAX = 20;

/** The integer that buffer[start, end) spells, or null. Not for the hot path. */
export function parseInteger(buffer: Buffer, start: number, end: number): bigint | null {
  const length = end - start;
  if (length === 0 || length > TEXT_MAX) return null;
  if (length === 1 && buffer[start] === ZERO) return 0n;
  let p = start;
  if (buffer[p] === MINUS) p++;
  if (p === end || buffer[p] === ZERO) return null;
  for (let q = p; q < end; q++) {
    if (buffer[q] < ZERO || buffer[q] > ZERO + 9) return null;
  }
  const value = BigInt(buffer.toString('latin1', start, end));
  return value > INT64_MAX || value < INT64_MIN ? null : value;
}
