/**
 * Rewriting of stream writes for apply.
 *
 * XADD * becomes XADD <log clock>-*: an id of this millisecond, and since the log clock never steps back, one behind
 * those that * made before. Only a stream whose last id somebody set into the future refuses it, in every rack alike.
 * Trimming with ~ leaves what its node sizes suggest, which depends on the configuration of each Redis; exact trimming
 * keeps the promise of ~ as well (at least as many entries as asked for stay).
 */
import type { FrameArguments } from '../resp/frame-arguments.js';
import { integerAt } from './check-values.js';
import { readAddOptions, readClaimOptions } from './stream-options.js';

type Arguments = Array<string | Buffer>;

/** The arguments with ~ made exact and without LIMIT, which only goes with ~. */
function exactly(args: FrameArguments, approximateAt: number, limits: readonly number[]): Arguments {
  const out: Arguments = [];
  for (let i = 0; i < args.count; i++) {
    if (i === approximateAt) out.push('=');
    else if (limits.includes(i)) i++;
    else out.push(args.bytes(i));
  }
  return out;
}

/** XADD: the id * and approximate trimming. */
export function rewriteXadd(args: FrameArguments, _name: string, logClockMs: number): Arguments | null {
  const options = readAddOptions(args, true);
  if (typeof options === 'string' || options.idAt >= args.count) return null;
  const { idAt, id, approximateAt, limits } = options;
  if (id !== null && approximateAt === 0) return null;
  const out = approximateAt === 0 ? exactly(args, -1, []) : exactly(args, approximateAt, limits);
  if (id === null) out[idAt - 2 * limits.length] = `${logClockMs}-*`;
  return out;
}

/** XTRIM: approximate trimming. */
export function rewriteTrim(args: FrameArguments): Arguments | null {
  const options = readAddOptions(args, false);
  if (typeof options === 'string' || options.approximateAt === 0) return null;
  return exactly(args, options.approximateAt, options.limits);
}

/**
 * XCLAIM: the time of delivery becomes that of the log, or what IDLE and TIME make of it; Redis takes a time that is
 * negative or not yet for "now".
 */
export function rewriteClaim(args: FrameArguments, _name: string, logClockMs: number): Arguments | null {
  const options = readClaimOptions(args);
  if (typeof options === 'string') return null;
  const clock = BigInt(logClockMs);
  let time = clock;
  const out: Arguments = [];
  for (let i = 0; i < args.count; i++) {
    if (!options.times.includes(i)) {
      out.push(args.bytes(i));
      continue;
    }
    const value = integerAt(args, i + 1)!;
    time = args.is(i, 'idle') ? BigInt.asIntN(64, clock - value) : value;
    i++;
  }
  out.push('TIME', String(time < 0n || time > clock ? clock : time));
  return out;
}
