/**
 * The command table: one row per command that Pylon knows, and the same as typed arrays for the hot path. Everything
 * that differs from command to command is data here; an index into COMMANDS names a command everywhere in a process
 * (it is not stable between versions: never write it to the log). The rows of subcommands stand in their command's.
 */
import { CONNECTION_COMMANDS } from './connection.js';
import { GEO_COMMANDS } from './geo.js';
import { HASH_COMMANDS } from './hash.js';
import { HYPERLOGLOG_COMMANDS } from './hyperloglog.js';
import { KEY_COMMANDS } from './key.js';
import { LIST_COMMANDS } from './list.js';
import { settle } from './needs.js';
import { REFUSED_COMMANDS } from './refused.js';
import { isNewer, OLDEST_REDIS } from './since.js';
import { SET_COMMANDS } from './set.js';
import { SORTED_SET_COMMANDS } from './sorted-set.js';
import { STREAM_COMMANDS } from './stream.js';
import { STRING_COMMANDS } from './string.js';
import type { CommandKind, CommandRow } from './types.js';

export type { CommandKind, CommandRow, KeySpec, LogReply, ReplyType } from './types.js';

/** Every row as its data file has it. */
export const ALL_ROWS: readonly CommandRow[] = [
  ...STRING_COMMANDS,
  ...HASH_COMMANDS,
  ...LIST_COMMANDS,
  ...SET_COMMANDS,
  ...SORTED_SET_COMMANDS,
  ...GEO_COMMANDS,
  ...HYPERLOGLOG_COMMANDS,
  ...STREAM_COMMANDS,
  ...KEY_COMMANDS,
  ...CONNECTION_COMMANDS,
  ...REFUSED_COMMANDS,
];

/** The rows in force: those whose needs are not met are refused (needs.ts). */
export const COMMANDS: readonly CommandRow[] = ALL_ROWS.map((row) => settle(row));

/** Numbers of the kinds, as they stand in KIND_OF. */
export const KIND_READ = 1;
export const KIND_WRITE = 2;
export const KIND_FILTERED = 3;
export const KIND_LOCAL = 4;
export const KIND_REFUSED = 5;
export type Kind =
  typeof KIND_READ | typeof KIND_WRITE | typeof KIND_FILTERED | typeof KIND_LOCAL | typeof KIND_REFUSED;

const KIND_NUMBER: Readonly<Record<CommandKind, Kind>> = {
  read: KIND_READ, write: KIND_WRITE, filtered: KIND_FILTERED, local: KIND_LOCAL, refused: KIND_REFUSED,
};

const UNBOUNDED = 0x7fffffff;

export const kindNumber = (row: CommandRow): Kind => KIND_NUMBER[row.kind];

/**
 * Whether more than the kind must be asked before a frame is passed on: its arguments or its subcommand (classify.ts),
 * the version of Redis (refusal.ts `sinceRefusal`), or whether a read is rewritten (rewrite-read.ts).
 */
const asksMore = (row: CommandRow): boolean =>
  row.byArguments !== undefined || row.subcommands !== undefined || row.readRewrite !== undefined
  || isNewer(row.since, OLDEST_REDIS);

/** Kind of each command; where BY_ARGUMENTS is 1 it is not the last word. */
export const KIND_OF = Uint8Array.from(COMMANDS, kindNumber);
export const BY_ARGUMENTS = Uint8Array.from(COMMANDS, (row) => (asksMore(row) ? 1 : 0));
/** Least and greatest number of arguments, the name included. */
export const ARITY_MIN = Int32Array.from(COMMANDS, (row) => Math.abs(row.arity));
export const ARITY_MAX = Int32Array.from(COMMANDS, (row) => (row.arity < 0 ? UNBOUNDED : row.arity));

const INDEX_OF = new Map(COMMANDS.map((row, index) => [row.name, index]));
if (INDEX_OF.size !== COMMANDS.length) throw new Error('the command table has a name twice');

/** Index of a command by its name in lower case; throws if there is none. Not for the hot path (see lookup.ts). */
export function commandIndex(name: string): number {
  const index = INDEX_OF.get(name);
  if (index === undefined) throw new RangeError(`no command '${name}' in the table`);
  return index;
}
