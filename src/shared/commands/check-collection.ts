/** Static checks of hash and list writes (Redis: t_hash.c, t_list.c). Set writes have none but their arity. */
import type { FrameArguments } from '../resp/frame-arguments.js';
import {
  arityError, atLeast, integerAt, integerError, isInfinite, isLongDouble, NOT_FLOAT, NOT_POSITIVE, SYNTAX_ERROR,
  type Check,
} from './check-values.js';

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

export const COLLECTION_CHECKS = {
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
  count: (args) => integerError(args, 2),
  twoIntegers: (args) => integerError(args, 2) ?? integerError(args, 3),
  linsert: (args) => (args.is(2, 'before') || args.is(2, 'after') ? null : SYNTAX_ERROR),
  lmove: (args) => (isSide(args, 3) && isSide(args, 4) ? null : SYNTAX_ERROR),
  lmpop: (args) => multiPopError(args, (index) => isSide(args, index)),
} satisfies Record<string, Check>;
