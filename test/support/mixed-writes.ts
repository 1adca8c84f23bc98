/**
 * Mixed writes over strings, hashes, lists, sets, sorted sets, keys and expiry, from a seeded generator: what makes the
 * racks' data worth comparing. They hit few keys hard, from all racks, so that order matters; some hit a key of another
 * type, which Redis refuses in the same way in every rack.
 *
 * Deadlines are far beyond the length of a test: racks are compared while they stand.
 */

import type { Random } from './random.js';

export type Command = readonly (string | number)[];
type Make = (random: Random) => Command;

const keysPerType = 200;

function key(random: Random, type: string): string {
  return `mixed:${type}:${random.below(keysPerType)}`;
}

/** A value that is a number half of the time. */
function value(random: Random): string {
  return random.below(2) === 0 ? String(random.below(1000)) : random.text(1 + random.below(60));
}

function field(random: Random): string {
  return `f${random.below(20)}`;
}

function member(random: Random): string {
  return `m${random.below(50)}`;
}

/** A deadline 10 to 20 minutes ahead, in seconds. */
function secondsAhead(random: Random): number {
  return 600 + random.below(600);
}

const strings: readonly Make[] = [
  (r) => ['SET', key(r, 'string'), value(r)],
  (r) => ['SET', key(r, 'string'), value(r), 'EX', secondsAhead(r)],
  (r) => ['SET', key(r, 'string'), value(r), 'NX'],
  (r) => ['SET', key(r, 'string'), value(r), 'XX', 'KEEPTTL'],
  (r) => ['SETEX', key(r, 'string'), secondsAhead(r), value(r)],
  (r) => ['PSETEX', key(r, 'string'), secondsAhead(r) * 1000, value(r)],
  (r) => ['SETNX', key(r, 'string'), value(r)],
  (r) => ['GETSET', key(r, 'string'), value(r)],
  (r) => ['APPEND', key(r, 'string'), r.text(3)],
  (r) => ['SETRANGE', key(r, 'string'), r.below(20), r.text(5)],
  (r) => ['SETBIT', key(r, 'bits'), r.below(400), r.below(2)],
  (r) => ['INCR', key(r, 'number')],
  (r) => ['DECRBY', key(r, 'number'), r.below(10)],
  (r) => ['INCRBYFLOAT', key(r, 'number'), (r.below(1000) / 8).toString()],
  (r) => ['MSET', key(r, 'string'), value(r), key(r, 'string'), value(r)],
];

const hashes: readonly Make[] = [
  (r) => ['HSET', key(r, 'hash'), field(r), value(r)],
  (r) => ['HSET', key(r, 'hash'), field(r), value(r), field(r), value(r)],
  (r) => ['HSETNX', key(r, 'hash'), field(r), value(r)],
  (r) => ['HDEL', key(r, 'hash'), field(r), field(r)],
  (r) => ['HINCRBY', key(r, 'hash'), 'count', r.below(10)],
  (r) => ['HINCRBYFLOAT', key(r, 'hash'), 'sum', (r.below(1000) / 8).toString()],
];

const lists: readonly Make[] = [
  (r) => ['RPUSH', key(r, 'list'), value(r), value(r)],
  (r) => ['LPUSH', key(r, 'list'), value(r)],
  (r) => ['LPUSHX', key(r, 'list'), value(r)],
  (r) => ['LPOP', key(r, 'list')],
  (r) => ['RPOP', key(r, 'list')],
  (r) => ['LTRIM', key(r, 'list'), 0, 50],
  (r) => ['LSET', key(r, 'list'), r.below(3), value(r)],
  (r) => ['LREM', key(r, 'list'), 0, String(r.below(1000))],
  (r) => ['LINSERT', key(r, 'list'), 'BEFORE', String(r.below(1000)), value(r)],
  (r) => ['RPOPLPUSH', key(r, 'list'), key(r, 'list')],
  (r) => ['LMOVE', key(r, 'list'), key(r, 'list'), 'LEFT', 'RIGHT'],
];

const sets: readonly Make[] = [
  (r) => ['SADD', key(r, 'set'), member(r), member(r)],
  (r) => ['SREM', key(r, 'set'), member(r)],
  (r) => ['SMOVE', key(r, 'set'), key(r, 'set'), member(r)],
  (r) => ['SUNIONSTORE', key(r, 'set'), key(r, 'set'), key(r, 'set')],
  (r) => ['SDIFFSTORE', key(r, 'set'), key(r, 'set'), key(r, 'set')],
];

const sortedSets: readonly Make[] = [
  (r) => ['ZADD', key(r, 'zset'), r.below(1000), member(r)],
  (r) => ['ZADD', key(r, 'zset'), 'GT', 'CH', r.below(1000), member(r), r.below(1000), member(r)],
  (r) => ['ZINCRBY', key(r, 'zset'), r.below(100) / 4, member(r)],
  (r) => ['ZREM', key(r, 'zset'), member(r)],
  (r) => ['ZREMRANGEBYSCORE', key(r, 'zset'), r.below(1000), '+inf'],
  (r) => ['ZREMRANGEBYRANK', key(r, 'zset'), 40, -1],
  (r) => ['ZPOPMIN', key(r, 'zset')],
  (r) => ['ZUNIONSTORE', key(r, 'zset'), 2, key(r, 'zset'), key(r, 'zset'), 'AGGREGATE', 'MAX'],
];

const types = ['string', 'hash', 'list', 'set', 'zset', 'number'] as const;
const anyKey = (r: Random): string => key(r, r.pick(types));

const keys: readonly Make[] = [
  (r) => ['DEL', anyKey(r)],
  (r) => ['UNLINK', anyKey(r), anyKey(r)],
  (r) => ['EXPIRE', anyKey(r), secondsAhead(r)],
  (r) => ['PEXPIRE', anyKey(r), secondsAhead(r) * 1000, 'GT'],
  (r) => ['EXPIREAT', anyKey(r), 4_000_000_000 + r.below(1000)],
  (r) => ['PERSIST', anyKey(r)],
  (r) => ['GETEX', key(r, 'string'), 'EX', secondsAhead(r)],
  (r) => ['COPY', key(r, 'hash'), `copy:${key(r, 'hash')}`, 'REPLACE'],
  (r) => ['RENAME', key(r, 'string'), key(r, 'string')],
  // A key of another type: refused by Redis, and in the same way everywhere.
  (r) => ['RPUSH', key(r, 'string'), value(r)],
  (r) => ['HSET', key(r, 'set'), field(r), value(r)],
];

const kinds = [strings, strings, hashes, hashes, lists, sets, sortedSets, keys] as const;

/** One random write. */
export function mixedWrite(random: Random): Command {
  return random.pick(random.pick(kinds))(random);
}
