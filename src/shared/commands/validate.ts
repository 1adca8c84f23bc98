/**
 * Static checks of a write, before the log: exactly the errors that Redis gives without looking at the data, in
 * Redis's words and order. A status write that passes here may be answered `+OK`; what depends on the data (WRONGTYPE,
 * overflow, no such key) shows itself at apply.
 *
 * The rules stand in check-*.ts by group; which command has which is a column of the command table.
 */
import { encodeError } from '../resp/encode.js';
import { FrameArguments } from '../resp/frame-arguments.js';
import { KEY_CHECKS } from './check-key.js';
import { COLLECTION_CHECKS } from './check-collection.js';
import { SORTED_SET_CHECKS } from './check-sorted-set.js';
import { STRING_CHECKS } from './check-string.js';
import { arityError, type Check } from './check-values.js';
import { GEO_CHECKS } from './check-geo.js';
import { STREAM_CHECKS } from './check-stream.js';
import { rowOf } from './subcommands.js';
import type { CheckRule, CommandRow } from './types.js';

const CHECKS: Readonly<Record<CheckRule, Check>> = {
  ...STRING_CHECKS, ...COLLECTION_CHECKS, ...SORTED_SET_CHECKS, ...KEY_CHECKS, ...GEO_CHECKS,
  ...STREAM_CHECKS,
};

/** Whether a frame of `count` arguments, the name included, has as many as the row says. */
export const fitsArity = (row: CommandRow, count: number): boolean =>
  row.arity < 0 ? count >= -row.arity : count === row.arity;

const scratch = new FrameArguments();

/**
 * Null when Redis would take the write buffer[start, end), as far as can be known without its data; otherwise the whole
 * error line (`-ERR …\r\n`) that Redis 7.0 would give.
 */
export function validateWrite(command: number, buffer: Buffer, start: number, end: number): Buffer | null {
  const args = scratch.read(buffer, start, end);
  const row = rowOf(command, args);
  if (!fitsArity(row, args.count)) return encodeError(arityError(row.name));
  if (row.check === undefined) return null;
  const error = CHECKS[row.check](args, row.name);
  return error === null ? null : encodeError(error);
}
