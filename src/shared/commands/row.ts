/**
 * Short forms for the rows of the command table, so that the data files read as tables.
 */
import type { CommandRow, KeySpec, LogReply, ReplyType } from './types.js';

export const NO_KEYS: KeySpec = 'none';
/** Argument 1. */
export const ONE_KEY: KeySpec = { first: 1, last: 1, step: 1 };
/** Arguments 1 and 2. */
export const TWO_KEYS: KeySpec = { first: 1, last: 2, step: 1 };
/** All arguments. */
export const ALL_KEYS: KeySpec = { first: 1, last: -1, step: 1 };

type More = Partial<Omit<CommandRow, 'name' | 'arity' | 'kind' | 'keys' | 'reply' | 'since'>>;

export function read(
  name: string, arity: number, since: string, keys: KeySpec, reply: ReplyType, more: More = {},
): CommandRow {
  return { name, arity, kind: 'read', keys, reply, since, ...more };
}

/** A write whose reply is known only when it is applied. */
export function write(
  name: string, arity: number, since: string, keys: KeySpec, reply: ReplyType, logReply: LogReply, more: More = {},
): CommandRow {
  return { name, arity, kind: 'write', keys, reply, since, answered: 'apply', logReply, ...more };
}

/** A write that is answered `+OK` once the log has it. */
export function statusWrite(name: string, arity: number, since: string, keys: KeySpec, more: More = {}): CommandRow {
  return { name, arity, kind: 'write', keys, reply: 'ok', since, answered: 'log', logReply: 'ok', ...more };
}
