/** The options of XADD, XTRIM and XCLAIM, read as Redis reads them: for the static checks and for rewriting. */
import type { FrameArguments } from '../resp/frame-arguments.js';
import { integerAt, NOT_INTEGER, SYNTAX_ERROR } from './check-values.js';
import { INVALID_ID, parseStreamId, type StreamId } from './stream-id.js';

export interface AddOptions {
  /** XADD: argument number of the id. XTRIM: the number of arguments. */
  readonly idAt: number;
  /** XADD: the id, null for `*`. */
  readonly id: StreamId | null;
  /** Argument number of `~`, 0 when trimming is exact. */
  readonly approximateAt: number;
  /** Argument number of each LIMIT. */
  readonly limits: readonly number[];
}

const TWO_STRATEGIES = 'ERR syntax error, MAXLEN and MINID options at the same time are not compatible';

/** Options of XADD and XTRIM from argument 2 on, or the error text. */
export function readAddOptions(args: FrameArguments, isAdd: boolean): AddOptions | string {
  let approximateAt = 0;
  let trims = false;
  let limit = 0n;
  const limits: number[] = [];
  let id: StreamId | null = null;
  let i = 2;
  for (; i < args.count; i++) {
    const left = args.count - 1 - i;
    if (isAdd && args.is(i, '*')) break;
    const strategy = left < 1 ? null : args.is(i, 'maxlen') ? 'maxlen' : args.is(i, 'minid') ? 'minid' : null;
    if (strategy !== null) {
      if (trims) return TWO_STRATEGIES;
      trims = true;
      approximateAt = left >= 2 && args.is(i + 1, '~') ? i + 1 : 0;
      i += approximateAt > 0 || (left >= 2 && args.is(i + 1, '=')) ? 2 : 1;
      if (strategy === 'minid') {
        if (parseStreamId(args, i) === null) return INVALID_ID;
        continue;
      }
      const length = integerAt(args, i);
      if (length === null) return NOT_INTEGER;
      if (length < 0n) return 'ERR The MAXLEN argument must be >= 0.';
    } else if (left >= 1 && args.is(i, 'limit')) {
      const value = integerAt(args, i + 1);
      if (value === null) return NOT_INTEGER;
      if (value < 0n) return 'ERR The LIMIT argument must be >= 0.';
      limit = value;
      limits.push(i++);
    } else if (isAdd && args.is(i, 'nomkstream')) {
      continue;
    } else if (isAdd) {
      id = parseStreamId(args, i, true);
      if (id === null) return INVALID_ID;
      break;
    } else {
      return SYNTAX_ERROR;
    }
  }
  if (limit > 0n && !trims) return 'ERR syntax error, LIMIT cannot be used without specifying a trimming strategy';
  if (!isAdd && !trims) return 'ERR syntax error, XTRIM must be called with a trimming strategy';
  if (limits.length > 0 && approximateAt === 0) {
    return 'ERR syntax error, LIMIT cannot be used without the special ~ option';
  }
  return { idAt: i, id, approximateAt, limits };
}

export interface ClaimOptions {
  /** Argument number behind the last id. */
  readonly optionsAt: number;
  /** Argument number of each IDLE and TIME, whose last one counts. */
  readonly times: readonly number[];
}

/** XCLAIM key group consumer min-idle-time id … [IDLE ms] [TIME ms] [RETRYCOUNT n] [FORCE] [JUSTID] [LASTID id] */
export function readClaimOptions(args: FrameArguments): ClaimOptions | string {
  let i = 5;
  while (i < args.count && parseStreamId(args, i) !== null) i++;
  const optionsAt = i;
  const times: number[] = [];
  for (; i < args.count; i++) {
    const left = args.count - 1 - i;
    const number = left < 1 ? undefined : ['idle', 'time', 'retrycount'].find((word) => args.is(i, word));
    if (number !== undefined) {
      if (number !== 'retrycount') times.push(i);
      if (integerAt(args, ++i) === null) return `ERR Invalid ${number.toUpperCase()} option argument for XCLAIM`;
    } else if (left >= 1 && args.is(i, 'lastid')) {
      if (parseStreamId(args, ++i) === null) return INVALID_ID;
    } else if (!args.is(i, 'force') && !args.is(i, 'justid')) {
      return `ERR Unrecognized XCLAIM option '${args.text(i).split('\0', 1)[0]}'`;
    }
  }
  return { optionsAt, times };
}
