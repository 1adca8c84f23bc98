/** Static checks of sorted set writes (Redis: t_zset.c). */
import type { FrameArguments } from '../resp/frame-arguments.js';
import { multiPopError } from './check-collection.js';
import {
  atLeast, integerAt, integerError, isDouble, NOT_FLOAT, NOT_INTEGER, NOT_POSITIVE, readDouble, SYNTAX_ERROR,
  type Check,
} from './check-values.js';

const SCORE_RANGE_ERROR = 'ERR min or max is not a float';
const LEX_RANGE_ERROR = 'ERR min or max not valid string range item';

const ADD_OPTIONS = ['nx', 'xx', 'ch', 'incr', 'gt', 'lt'] as const;

/** ZADD, and ZINCRBY which Redis reads as a ZADD with INCR (so that options are taken for options there too). */
function addError(args: FrameArguments, increments: boolean): string | null {
  const given = new Set<string>(increments ? ['incr'] : []);
  let first = 2;
  for (; first < args.count; first++) {
    const option = ADD_OPTIONS.find((word) => args.is(first, word));
    if (option === undefined) break;
    given.add(option);
  }
  const rest = args.count - first;
  if (rest === 0 || rest % 2 === 1) return SYNTAX_ERROR;
  const [nx, gt, lt] = [given.has('nx'), given.has('gt'), given.has('lt')];
  if (nx && given.has('xx')) return 'ERR XX and NX options at the same time are not compatible';
  if ((gt && nx) || (lt && nx) || (gt && lt)) {
    return 'ERR GT, LT, and/or NX options at the same time are not compatible';
  }
  if (given.has('incr') && rest > 2) return 'ERR INCR option supports a single increment-element pair';
  for (let i = first; i < args.count; i += 2) {
    if (!isDouble(args.text(i))) return NOT_FLOAT;
  }
  return null;
}

/**
 * One end of a score range. Redis 7.0 reads it by a bare strtod: overflow and the empty text (0) pass, and a NUL ends
 * it. Blanks before it and hexadecimal pass there too, but not in Redis 8: they are refused, so that racks of both do
 * the same.
 */
function isScoreBound(text: string): boolean {
  const bare = (text.startsWith('(') ? text.slice(1) : text).split('\0', 1)[0];
  return bare === '' || readDouble(bare) !== null;
}

function isLexBound(text: string): boolean {
  if (text[0] === '+' || text[0] === '-') return text.length === 1 || text[1] === '\0';
  return text[0] === '(' || text[0] === '[';
}

const scoreRangeError = (args: FrameArguments, min: number): string | null =>
  isScoreBound(args.text(min)) && isScoreBound(args.text(min + 1)) ? null : SCORE_RANGE_ERROR;

const lexRangeError = (args: FrameArguments, min: number): string | null =>
  isLexBound(args.text(min)) && isLexBound(args.text(min + 1)) ? null : LEX_RANGE_ERROR;

/** ZRANGESTORE destination source min max [BYSCORE | BYLEX] [REV] [LIMIT offset count] */
const checkRangeStore: Check = (args) => {
  let by: 'rank' | 'score' | 'lex' = 'rank';
  let limit = -1n;
  let reversed = false;
  for (let i = 5; i < args.count; i++) {
    if (args.is(i, 'limit') && i + 2 < args.count) {
      const error = integerError(args, i + 1) ?? integerError(args, i + 2);
      if (error !== null) return error;
      limit = integerAt(args, i + 2)!;
      i += 2;
    } else if (by === 'rank' && (args.is(i, 'bylex') || args.is(i, 'byscore'))) {
      by = args.is(i, 'bylex') ? 'lex' : 'score';
    } else if (!reversed && args.is(i, 'rev')) {
      reversed = true; // Redis takes it once
    } else {
      return SYNTAX_ERROR;
    }
  }
  if (limit !== -1n && by === 'rank') {
    return 'ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX';
  }
  if (by === 'score') return scoreRangeError(args, 3);
  if (by === 'lex') return lexRangeError(args, 3);
  return integerError(args, 3) ?? integerError(args, 4);
};

/** ZUNIONSTORE, ZINTERSTORE and (without options) ZDIFFSTORE: destination numkeys key … [WEIGHTS …] [AGGREGATE …] */
function storeError(args: FrameArguments, name: string, hasOptions: boolean): string | null {
  const numkeys = integerAt(args, 2);
  if (numkeys === null) return NOT_INTEGER;
  if (numkeys < 1n) return `ERR at least 1 input key is needed for '${name}' command`;
  if (numkeys > args.count - 3) return SYNTAX_ERROR;
  const keys = Number(numkeys);
  let i = 3 + keys;
  while (i < args.count) {
    if (hasOptions && args.is(i, 'weights') && args.count - i >= keys + 1) {
      for (let weight = i + 1; weight <= i + keys; weight++) {
        if (!isDouble(args.text(weight))) return 'ERR weight value is not a float';
      }
      i += keys + 1;
    } else if (hasOptions && args.is(i, 'aggregate') && i + 1 < args.count) {
      if (!['sum', 'min', 'max'].some((word) => args.is(i + 1, word))) return SYNTAX_ERROR;
      i += 2;
    } else {
      return SYNTAX_ERROR;
    }
  }
  return null;
}

export const SORTED_SET_CHECKS = {
  zadd: (args) => addError(args, false),
  zincrby: (args) => addError(args, true),
  zpop: (args) => {
    if (args.count > 3) return SYNTAX_ERROR;
    return args.count === 3 ? atLeast(args, 2, 0n, NOT_POSITIVE) : null;
  },
  zmpop: (args) => multiPopError(args, (index) => args.is(index, 'min') || args.is(index, 'max')),
  scoreRange: (args) => scoreRangeError(args, 2),
  lexRange: (args) => lexRangeError(args, 2),
  zrangestore: checkRangeStore,
  zstore: (args, name) => storeError(args, name, true),
  zdiffstore: (args, name) => storeError(args, name, false),
} satisfies Record<string, Check>;
