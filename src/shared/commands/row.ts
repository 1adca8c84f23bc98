/**
 * Short forms for the rows of the command table, so that the data files read as tables.
 */
import type { CommandRow, Group, KeySpec, LogReply, ReplyType } from './types.js';

export const NO_KEYS: KeySpec = 'none';
/** Argument 1. */
export const ONE_KEY: KeySpec = { first: 1, last: 1, step: 1 };
/** Arguments 1 and 2. */
export const TWO_KEYS: KeySpec = { first: 1, last: 2, step: 1 };
/** All arguments. */
export const ALL_KEYS: KeySpec = { first: 1, last: -1, step: 1 };
/** The argument behind a subcommand. */
export const SUB_KEY: KeySpec = { first: 2, last: 2, step: 1 };

/** A row before it is put in a group. */
export type Row = Omit<CommandRow, 'group' | 'subcommands'> & { readonly subcommands?: readonly Row[] };
type More = Partial<Omit<Row, 'name' | 'arity' | 'kind' | 'keys' | 'reply' | 'since'>>;

export function read(
  name: string, arity: number, since: string, keys: KeySpec, reply: ReplyType, more: More = {},
): Row {
  return { name, arity, kind: 'read', keys, reply, since, ...more };
}

/** A write whose reply is known only when it is applied. */
export function write(
  name: string, arity: number, since: string, keys: KeySpec, reply: ReplyType, logReply: LogReply, more: More = {},
): Row {
  return { name, arity, kind: 'write', keys, reply, since, answered: 'apply', logReply, ...more };
}

/** A write that is answered `+OK` once the log has it. */
export function statusWrite(name: string, arity: number, since: string, keys: KeySpec, more: More = {}): Row {
  return { name, arity, kind: 'write', keys, reply: 'ok', since, answered: 'log', logReply: 'ok', ...more };
}

export const refusedRow = (name: string, arity: number, since: string, reason: string, instead: string): Row => ({
  name, arity, kind: 'refused', keys: NO_KEYS, reply: 'any', since, reason, instead,
});

/** Refused commands, `name arity since` one line a command. */
export function refused(reason: string, instead: string, lines: string): readonly Row[] {
  return lines.trim().split('\n').map((line) => {
    const [name, arity, since] = line.trim().split(/\s+/);
    return refusedRow(name, Number(arity), since, reason, instead);
  });
}

/** A command with subcommands: what is done with a frame is said by the subcommand's row. */
export const container = (row: Row, ...subcommands: ReadonlyArray<Row | readonly Row[]>): Row => ({
  ...row, subcommands: subcommands.flat(),
});

/** The rows of one group, with the full names of subcommands. */
export function inGroup(group: Group, ...rows: ReadonlyArray<Row | readonly Row[]>): readonly CommandRow[] {
  return rows.flat().map(({ subcommands, ...row }) => {
    if (subcommands === undefined) return { ...row, group };
    const named = subcommands.map((sub) => ({ ...sub, name: `${row.name}|${sub.name}` }));
    return { ...row, group, subcommands: inGroup(group, named) };
  });
}
