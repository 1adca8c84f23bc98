/**
 * What some rows need of the gateway before their commands may be used. A row whose need is not met counts as refused,
 * with the reason that stands here: what is not wired is not half done.
 */
import { isNewer, OLDEST_REDIS } from './since.js';
import type { CommandRow, Need } from './types.js';

/** Which needs the gateway meets. One word to change when it does. */
export const MET: Readonly<Record<Need, boolean>> = { since: false, rewriteRead: false, candidates: false };

const REASONS: Readonly<Record<Need, { reason: string; instead: string }>> = {
  since: {
    reason: 'it is newer than the oldest Redis that a rack may have, and what the racks have is not compared yet',
    instead: 'use commands of Redis 7.0',
  },
  rewriteRead: {
    reason: 'it would write its count into the key, past the log, and is not rewritten yet',
    instead: 'count with SCARD of a set',
  },
  candidates: {
    reason: 'its random choice must be made once for the world, and is not yet',
    instead: 'use SRANDMEMBER and SREM',
  },
};

const needOf = (row: CommandRow): Need | undefined => {
  const used = row.kind === 'read' || row.kind === 'write';
  return row.needs ?? (used && isNewer(row.since, OLDEST_REDIS) ? 'since' : undefined);
};

/** The row as it stands while its need is not met: refused; itself when it has none, or a met one. */
export function settle(row: CommandRow, met: Readonly<Record<Need, boolean>> = MET): CommandRow {
  const need = needOf(row);
  if (need === undefined || met[need]) return row;
  const { name, group, arity, since, note, keys, reply } = row;
  const refused: CommandRow = { name, group, arity, kind: 'refused', keys, reply, since, ...REASONS[need] };
  return note === undefined ? refused : { ...refused, note };
}
