/**
 * Makes a write mean the same in every rack before it is applied: what is relative to "now" is tied to the log clock,
 * and what would reach beyond the data is narrowed. Same log, same clock: same bytes in every rack.
 *
 * Reply parity: the rewritten command answers what the original would have. A command that Redis will refuse (a poison
 * record, or GETEX with a bad expiry, which Redis sees only when the key exists) is left as it stands, so that Redis
 * refuses it in its own words everywhere.
 */
import { encodeCommandArray } from '../resp/encode.js';
import { FrameArguments } from '../resp/frame-arguments.js';
import { INT64_MAX, INT64_MIN } from '../resp/integer.js';
import { readStringOptions, type ExpireOption } from './check-string.js';
import { integerAt } from './check-values.js';
import { rewriteRemoveByName, rewriteStoreByName } from './rewrite-lex.js';
import { rewriteClaim, rewriteTrim, rewriteXadd } from './rewrite-stream.js';
import { takeCandidates } from './spop.js';
import { ALL_ROWS } from './table.js';
import type { RewriteRule } from './types.js';
import { fitsArity } from './validate.js';

export type Rewrite = (args: FrameArguments, name: string, logClockMs: number) => Array<string | Buffer> | null;

/** Clock plus the relative time of an argument, in milliseconds; null when it is no integer or overflows. */
function deadlineMs(args: FrameArguments, index: number, unitMs: bigint, logClockMs: number): bigint | null {
  const value = integerAt(args, index);
  if (value === null) return null;
  const relative = value * unitMs;
  const deadline = BigInt(logClockMs) + relative;
  return relative < INT64_MIN || deadline > INT64_MAX ? null : deadline;
}

/** The same where zero and negative times are refused by Redis rather than taken for "at once". */
function positiveDeadlineMs(args: FrameArguments, index: number, unitMs: bigint, logClockMs: number): bigint | null {
  const value = integerAt(args, index);
  return value === null || value <= 0n ? null : deadlineMs(args, index, unitMs, logClockMs);
}

const unitOf = (option: ExpireOption): bigint => (option === 'ex' ? 1000n : 1n);

/** SET and GETEX: EX and PX become PXAT; all other options stay. */
function toPxat(
  args: FrameArguments, first: number, ofSet: boolean, logClockMs: number,
): Array<string | Buffer> | null {
  const options = readStringOptions(args, ofSet);
  if (options === null || (options.expire !== 'ex' && options.expire !== 'px')) return null;
  const deadline = positiveDeadlineMs(args, options.expireValue, unitOf(options.expire), logClockMs);
  if (deadline === null) return null;
  const out: Array<string | Buffer> = [];
  for (let i = 0; i < args.count; i++) {
    // The options do not mix, so whatever spells this one, from `first` on, is this one with its value behind it.
    if (i >= first && args.is(i, options.expire)) i++;
    else out.push(args.bytes(i));
  }
  out.push('PXAT', String(deadline));
  return out;
}

const rewriteSetex: Rewrite = (args, name, logClockMs) => {
  const deadline = positiveDeadlineMs(args, 2, name === 'setex' ? 1000n : 1n, logClockMs);
  return deadline === null ? null : ['SET', args.bytes(1), args.bytes(3), 'PXAT', String(deadline)];
};

/** EXPIRE and PEXPIRE become PEXPIREAT with the same conditions; the absolute forms stay. */
const rewriteExpire: Rewrite = (args, name, logClockMs) => {
  if (name !== 'expire' && name !== 'pexpire') return null;
  const deadline = deadlineMs(args, 2, name === 'expire' ? 1000n : 1n, logClockMs);
  if (deadline === null) return null;
  const out: Array<string | Buffer> = ['PEXPIREAT', args.bytes(1), String(deadline)];
  for (let i = 3; i < args.count; i++) out.push(args.bytes(i));
  return out;
};

/** HEXPIRE and HPEXPIRE become HPEXPIREAT, the fields and conditions as they are. */
const rewriteFieldExpire: Rewrite = (args, name, logClockMs) => {
  if (name !== 'hexpire' && name !== 'hpexpire') return null;
  const deadline = deadlineMs(args, 2, name === 'hexpire' ? 1000n : 1n, logClockMs);
  if (deadline === null) return null;
  const out: Array<string | Buffer> = ['HPEXPIREAT', args.bytes(1), String(deadline)];
  for (let i = 3; i < args.count; i++) out.push(args.bytes(i));
  return out;
};

/** A time to live becomes absolute; 0 (none) and ABSTTL stay. */
const rewriteRestore: Rewrite = (args, _name, logClockMs) => {
  for (let i = 4; i < args.count; i++) {
    if (args.is(i, 'absttl')) return null;
    if (args.is(i, 'idletime') || args.is(i, 'freq')) i++;
  }
  const deadline = positiveDeadlineMs(args, 2, 1n, logClockMs);
  if (deadline === null) return null;
  const out: Array<string | Buffer> = [args.bytes(0), args.bytes(1), String(deadline)];
  for (let i = 3; i < args.count; i++) out.push(args.bytes(i));
  out.push('ABSTTL');
  return out;
};

/** FLUSHALL would save an RDB without the fence, and reach databases that are not Pylon's. */
const rewriteFlushall: Rewrite = (args) => {
  const out: Array<string | Buffer> = ['FLUSHDB'];
  for (let i = 1; i < args.count; i++) out.push(args.bytes(i));
  return out;
};

const REWRITES: Readonly<Record<RewriteRule, Rewrite>> = {
  set: (args, _name, logClockMs) => toPxat(args, 3, true, logClockMs),
  getex: (args, _name, logClockMs) => toPxat(args, 2, false, logClockMs),
  setex: rewriteSetex,
  expire: rewriteExpire,
  restore: rewriteRestore,
  flushall: rewriteFlushall,
  fieldExpire: rewriteFieldExpire,
  spop: takeCandidates,
  xadd: rewriteXadd,
  xtrim: rewriteTrim,
  xclaim: rewriteClaim,
  zremrangebylex: rewriteRemoveByName,
  zrangestore: rewriteStoreByName,
};

const scratch = new FrameArguments();

/**
 * The frame to apply instead of buffer[start, end), or null: apply it as it stands.
 * @param logClockMs monotone log time of the record, milliseconds since 1970
 */
export function rewriteForApply(
  command: number, buffer: Buffer, start: number, end: number, logClockMs: number,
): Buffer | null {
  const row = ALL_ROWS[command];
  if (row.rewrite === undefined) return null;
  const args = scratch.read(buffer, start, end);
  if (!fitsArity(row, args.count)) return null;
  const rewritten = REWRITES[row.rewrite](args, row.name, logClockMs);
  return rewritten === null ? null : encodeCommandArray(rewritten);
}
