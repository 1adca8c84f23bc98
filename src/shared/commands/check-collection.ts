/** Static checks of hash, list and set writes (Redis: t_hash.c, t_list.c, t_set.c). */
import type { FrameArguments } from '../resp/frame-arguments.js';
import { INT64_MIN } from '../resp/integer.js';
import {
  arityError, atLeast, expireTimeError, integerAt, integerError, isInfinite, isLongDouble, NOT_FLOAT, NOT_INTEGER,
  NOT_POSITIVE, SYNTAX_ERROR, type Check,
} from './check-values.js';
import { checkCandidates } from './spop.js';

const COUNT_OUT_OF_RANGE =
  'ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807';

const isSide = (args: FrameArguments, index: number): boolean => args.is(index, 'left') || args.is(index, 'right');

/** LMPOP and ZMPOP: `numkeys key [key …] <where> [COUNT n]`. */
export function multiPopError(args: FrameArguments, isWhere: (index: number) => boolean): string | null {
  const error = atLeast(args, 1, 1n, 'ERR numkeys should be greater than 0');
  if (error !== null) return error;
  const numkeys = integerAt(args, 1)!;
  if (numkeys + 2n >= args.count) return SYNTAX_ERROR;
  const where = Number(numkeys) + 2;
  if (!isWhere(where)) return SYNTAX_ERROR;
  if (where + 1 === args.count) return null;
  if (!args.is(where + 1, 'count') || where + 2 === args.count) return SYNTAX_ERROR;
  return atLeast(args, where + 2, 1n, 'ERR count should be greater than 0')
    ?? (where + 3 < args.count ? SYNTAX_ERROR : null);
}

/** `FIELDS numfields field …` from argument `at` to the end. */
function fieldsError(args: FrameArguments, at: number, notPositive: string): string | null {
  if (at + 1 >= args.count || !args.is(at, 'fields')) {
    return 'ERR Mandatory argument FIELDS is missing or not at the right position';
  }
  const fields = integerAt(args, at + 1);
  if (fields === null || fields < 1n) return notPositive;
  return fields === BigInt(args.count - at - 2) ? null
    : 'ERR The `numfields` parameter must match the number of arguments';
}

/** The largest time a field may carry, milliseconds since 1970; t_hash.c has it. */
const FIELD_TIME_MAX = (1n << 46n) - 1n;
/** What is left of it for a relative time must not depend on the clock: now is taken for 2^42 ms, the year 2109. */
const FIELD_RELATIVE_MAX = FIELD_TIME_MAX - (1n << 42n);

/** HEXPIRE and its kin: key time [NX | XX | GT | LT] FIELDS numfields field … */
const checkFieldExpire: Check = (args, name) => {
  const value = integerAt(args, 2);
  if (value === null) return NOT_INTEGER;
  if (value < 0n) return 'ERR invalid expire time, must be >= 0';
  const unitMs = name === 'hexpire' || name === 'hexpireat' ? 1000n : 1n;
  const max = name === 'hexpire' || name === 'hpexpire' ? FIELD_RELATIVE_MAX : FIELD_TIME_MAX;
  if (value * unitMs > max) return expireTimeError(name);
  const conditional = ['nx', 'xx', 'gt', 'lt'].some((word) => args.is(3, word));
  return fieldsError(args, conditional ? 4 : 3, 'ERR Parameter `numFields` should be greater than 0');
};

export const COLLECTION_CHECKS = {
  fieldExpire: checkFieldExpire,
  fieldPersist: (args) => fieldsError(args, 2, 'ERR Number of fields must be a positive integer'),
  spop: checkCandidates,
  hashPairs: (args, name) => (args.count % 2 === 1 ? arityError(name) : null),
  hashIncrement: (args) => integerError(args, 3),
  hashIncrementFloat: (args) => {
    if (!isLongDouble(args.text(3))) return NOT_FLOAT;
    return isInfinite(args.text(3)) ? 'ERR value is NaN or Infinity' : null;
  },
  pop: (args, name) => {
    if (args.count > 3) return arityError(name);
    return args.count === 3 ? atLeast(args, 2, 0n, NOT_POSITIVE) : null;
  },
  // The least integer has no positive counterpart: Redis 7.0 lets it pass, 8.0 does not.
  count: (args) => (integerAt(args, 2) === INT64_MIN ? COUNT_OUT_OF_RANGE : integerError(args, 2)),
  twoIntegers: (args) => integerError(args, 2) ?? integerError(args, 3),
  linsert: (args) => (args.is(2, 'before') || args.is(2, 'after') ? null : SYNTAX_ERROR),
  lmove: (args) => (isSide(args, 3) && isSide(args, 4) ? null : SYNTAX_ERROR),
  lmpop: (args) => multiPopError(args, (index) => isSide(args, index)),
} satisfies Record<string, Check>;
