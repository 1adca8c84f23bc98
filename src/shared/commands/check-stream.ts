/**
 * Static checks of stream writes (Redis: t_stream.c). What Redis finds only behind a missing key or group is checked
 * here all the same when it is wrong whatever the data is.
 */
import type { FrameArguments } from '../resp/frame-arguments.js';
import { arityError, integerAt, NOT_INTEGER, SYNTAX_ERROR, type Check } from './check-values.js';
import { INVALID_ID, isBefore, MAX_ID, parseStreamId } from './stream-id.js';
import { readAddOptions, readClaimOptions } from './stream-options.js';

/** XAUTOCLAIM allocates room for COUNT ids at once: whether it gets it must not depend on a rack's memory. */
const CLAIM_COUNT_MAX = 1_000_000n;
/** Its own limit: the greatest long over the size of an id. */
const CLAIM_COUNT_REDIS_MAX = 9223372036854775807n / 16n;

const isSign = (args: FrameArguments, index: number): boolean => args.is(index, '-') || args.is(index, '+');
const idError = (args: FrameArguments, index: number): string | null =>
  parseStreamId(args, index) === null ? INVALID_ID : null;

const checkXadd: Check = (args, name) => {
  const options = readAddOptions(args, true);
  if (typeof options === 'string') return options;
  const fields = args.count - options.idAt - 1;
  if (fields < 2 || fields % 2 === 1) return arityError(name);
  const { id } = options;
  return id !== null && id.ms === 0n && id.seq === 0n ? 'ERR The ID specified in XADD must be greater than 0-0' : null;
};

/** XSETID key last-id [ENTRIESADDED n] [MAXDELETEDID id] */
const checkXsetid: Check = (args) => {
  if (idError(args, 2) !== null) return INVALID_ID;
  const last = parseStreamId(args, 2)!;
  for (let i = 3; i < args.count; i += 2) {
    const left = args.count - 1 - i;
    if (left >= 1 && args.is(i, 'entriesadded')) {
      const added = integerAt(args, i + 1);
      if (added === null) return NOT_INTEGER;
      if (added < 0n) return 'ERR entries_added must be positive';
    } else if (left >= 1 && args.is(i, 'maxdeletedid')) {
      if (idError(args, i + 1) !== null) return INVALID_ID;
      if (isBefore(last, parseStreamId(args, i + 1)!)) {
        return 'ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id';
      }
    } else {
      return SYNTAX_ERROR;
    }
  }
  return null;
};

/** Options of XGROUP CREATE and SETID from argument 5 on; `counts` says how many arguments Redis takes in all. */
function groupOptionsError(args: FrameArguments, creates: boolean, counts: (count: number) => boolean): string | null {
  const misfit = `ERR unknown subcommand or wrong number of arguments for '${args.text(1).slice(0, 128)}'. Try ${
    args.text(0).toUpperCase()} HELP.`;
  for (let i = 5; i < args.count; i++) {
    if (creates && args.is(i, 'mkstream')) continue;
    if (i + 1 === args.count || !args.is(i, 'entriesread')) return misfit;
    const read = integerAt(args, ++i);
    if (read === null) return NOT_INTEGER;
    if (read < -1n) return 'ERR value for ENTRIESREAD must be positive or -1';
  }
  return counts(args.count) ? null : misfit;
}

const checkXgroupCreate: Check = (args) => {
  const error = groupOptionsError(args, true, (count) => count <= 8);
  if (error !== null) return error;
  const makes = Array.from({ length: args.count - 5 }, (_, i) => args.is(5 + i, 'mkstream')).includes(true);
  return makes && !args.is(4, '$') ? idError(args, 4) : null;
};

/** XREADGROUP GROUP group consumer [COUNT n] [NOACK] STREAMS key … id … */
const checkXreadgroup: Check = (args) => {
  let grouped = false;
  let first = 0;
  for (let i = 1; i < args.count && first === 0; i++) {
    const left = args.count - i - 1;
    if (left >= 1 && args.is(i, 'count')) {
      if (integerAt(args, ++i) === null) return NOT_INTEGER;
    } else if (left >= 1 && args.is(i, 'streams')) {
      first = i + 1;
    } else if (left >= 2 && args.is(i, 'group')) {
      grouped = true;
      i += 2;
    } else if (!args.is(i, 'noack')) {
      return SYNTAX_ERROR;
    }
  }
  if (first === 0) return SYNTAX_ERROR;
  const streams = args.count - first;
  if (streams % 2 === 1) {
    return "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.";
  }
  if (!grouped) return 'ERR Missing GROUP option for XREADGROUP';
  for (let i = first + streams / 2; i < args.count; i++) {
    if (args.is(i, '$')) {
      return 'ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer '
        + 'by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result '
        + 'set.';
    }
    if (!args.is(i, '>') && idError(args, i) !== null) return INVALID_ID;
  }
  return null;
};

/** XAUTOCLAIM key group consumer min-idle-time start [COUNT n] [JUSTID] */
const checkXautoclaim: Check = (args) => {
  const startError = intervalStartError(args, 5);
  if (startError !== null) return startError;
  for (let i = 6; i < args.count; i++) {
    if (i + 1 < args.count && args.is(i, 'count')) {
      const count = integerAt(args, ++i);
      if (count === null || count < 1n || count > CLAIM_COUNT_REDIS_MAX) return 'ERR COUNT must be > 0';
      if (count > CLAIM_COUNT_MAX) {
        return "ERR PYLON refuses 'xautoclaim ... count': so many ids may not fit the memory of every rack; "
          + `claim at most ${CLAIM_COUNT_MAX} at once`;
      }
    } else if (!args.is(i, 'justid')) {
      return SYNTAX_ERROR;
    }
  }
  return null;
};

/** Begin of an interval: an id, `-`, `+`, or with `(` before it the next one. */
function intervalStartError(args: FrameArguments, index: number): string | null {
  if (isSign(args, index)) return null;
  const exclusive = args.lengthOf(index) > 1 && args.buffer[args.startOf(index)] === 0x28;
  if (!exclusive) return idError(args, index);
  const id = parseStreamId(args, index, false, 1);
  if (id === null) return INVALID_ID;
  return isBefore(id, MAX_ID) ? null : 'ERR invalid start ID for the interval';
}

export const STREAM_CHECKS = {
  xadd: checkXadd,
  xtrim: (args) => {
    const options = readAddOptions(args, false);
    return typeof options === 'string' ? options : null;
  },
  xsetid: checkXsetid,
  xgroupCreate: checkXgroupCreate,
  xgroupSetid: (args) => groupOptionsError(args, false, (count) => count === 5 || count === 7),
  xreadgroup: checkXreadgroup,
  xclaim: (args) => {
    const options = readClaimOptions(args);
    return typeof options === 'string' ? options : null;
  },
  xautoclaim: checkXautoclaim,
} satisfies Record<string, Check>;
