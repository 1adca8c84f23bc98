/**
 * Reading of argument values for the static checks, with the error texts that Redis shares between commands
 * (object.c, util.c). A check returns the error text, its code first, or null.
 */
import type { FrameArguments } from '../resp/frame-arguments.js';
import { INT64_MAX, INT64_MIN, parseInteger } from '../resp/integer.js';

/** `name` is the command's, lower case. */
export type Check = (args: FrameArguments, name: string) => string | null;

export const SYNTAX_ERROR = 'ERR syntax error';
export const NOT_INTEGER = 'ERR value is not an integer or out of range';
export const NOT_POSITIVE = 'ERR value is out of range, must be positive';
export const NOT_FLOAT = 'ERR value is not a valid float';

export const arityError = (name: string): string => `ERR wrong number of arguments for '${name}' command`;
export const expireTimeError = (name: string): string => `ERR invalid expire time in '${name}' command`;

/** Redis's proto-max-bulk-len, as it is by default: no string may be longer. */
export const STRING_BYTES_MAX = 512n * 1024n * 1024n;

/**
 * A relative deadline must leave room for the clock that is added to it, today's and any to come (2^46 ms is the year
 * 4199). Redis adds its own clock here; a constant keeps the answer the same everywhere.
 */
export const RELATIVE_MS_MAX = INT64_MAX - (1n << 46n);

export const SECONDS_MAX = INT64_MAX / 1000n;
export const SECONDS_MIN = INT64_MIN / 1000n;

export const integerAt = (args: FrameArguments, index: number): bigint | null =>
  parseInteger(args.buffer, args.startOf(index), args.endOf(index));

/** NOT_INTEGER when the argument is none. */
export const integerError = (args: FrameArguments, index: number): string | null =>
  integerAt(args, index) === null ? NOT_INTEGER : null;

/** An integer of at least `least`, else `text`, whatever is wrong with it. */
export function atLeast(args: FrameArguments, index: number, least: bigint, text: string): string | null {
  const value = integerAt(args, index);
  return value === null || value < least ? text : null;
}

/** What strtod reads; Redis asks in addition that all of it is read. */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const HEXADECIMAL = /^([+-]?)0x([0-9a-f]*)\.?([0-9a-f]*)(?:p([+-]?\d+))?$/i;
const INFINITE = /^([+-]?)inf(inity)?$/i;

/** Exponent of the highest bit of a hexadecimal float; null when it is zero. */
function binaryMagnitude(hex: RegExpExecArray): number | null {
  const mantissa = BigInt(`0x0${hex[2]}${hex[3]}`);
  return mantissa === 0n ? null : mantissa.toString(2).length - 1 + Number(hex[4] ?? 0) - 4 * hex[3].length;
}

/** Whether a decimal text has a digit other than 0 before its exponent. */
const hasValue = (text: string): boolean => /[1-9]/.test(text.split(/e/i)[0]);

/**
 * A number as strtod reads it: `out of range` where C sets ERANGE for infinity or zero, null when it is none.
 * Hexadecimal, which Redis 7.0 takes and Redis 8 does not, counts as none: racks of both must do the same.
 */
export function readDouble(text: string): number | 'out of range' | null {
  const infinite = INFINITE.exec(text);
  if (infinite !== null) return infinite[1] === '-' ? -Infinity : Infinity;
  if (DECIMAL.test(text)) {
    const value = Number(text);
    return !Number.isFinite(value) || (value === 0 && hasValue(text)) ? 'out of range' : value;
  }
  return null;
}

/** util.c `string2d`: the whole text, no blank before it, no NaN, neither overflow nor underflow. */
export const isDouble = (text: string): boolean => typeof readDouble(text) === 'number';

const LONG_DOUBLE_TEXT_MAX = 5 * 1024 - 1;
/** The largest long double is 1.18973149535723176502e+4932, the smallest above zero 3.6e-4951. */
const LONG_DOUBLE_EXPONENT_MAX = 4932;
const LONG_DOUBLE_DIGITS_MAX = '118973149535723176502';
const LONG_DOUBLE_EXPONENT_MIN = -4951;
/** The same in powers of two. */
const LONG_DOUBLE_BITS_MAX = 16384;
const LONG_DOUBLE_BITS_MIN = -16445;
const LONG_DOUBLE_DIGITS_MIN = '182259976594123730126';

/** util.c `string2ld` (x86-64: 80 bits): false for what is none or out of range. */
export function isLongDouble(text: string): boolean {
  if (text.length > LONG_DOUBLE_TEXT_MAX) return false;
  if (INFINITE.test(text)) return true;
  if (!DECIMAL.test(text)) {
    const hex = HEXADECIMAL.exec(text);
    if (hex === null || hex[2].length + hex[3].length === 0) return false;
    const magnitude = binaryMagnitude(hex);
    return magnitude === null || (magnitude < LONG_DOUBLE_BITS_MAX && magnitude >= LONG_DOUBLE_BITS_MIN);
  }
  if (!hasValue(text)) return true;
  const [mantissa, exponent] = text.toLowerCase().replace(/^[+-]/, '').split('e');
  const [whole, fraction = ''] = mantissa.split('.');
  const digits = whole + fraction;
  const lead = digits.search(/[1-9]/);
  const magnitude = whole.length - 1 - lead + Number(exponent ?? 0);
  const significant = digits.slice(lead).padEnd(LONG_DOUBLE_DIGITS_MAX.length, '0').slice(0, 21);
  if (magnitude >= LONG_DOUBLE_EXPONENT_MAX) {
    return magnitude === LONG_DOUBLE_EXPONENT_MAX && significant <= LONG_DOUBLE_DIGITS_MAX;
  }
  if (magnitude <= LONG_DOUBLE_EXPONENT_MIN) {
    return magnitude === LONG_DOUBLE_EXPONENT_MIN && significant > LONG_DOUBLE_DIGITS_MIN;
  }
  return true;
}

/** Whether a text is an infinity (of any sign). */
export const isInfinite = (text: string): boolean => INFINITE.test(text);
