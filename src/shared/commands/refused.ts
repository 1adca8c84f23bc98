/**
 * Commands that Pylon knows and refuses, by group: why, and what to do instead. A name that is in no row of any table
 * is refused too, as unknown.
 */
import { NO_KEYS } from './row.js';
import type { CommandRow } from './types.js';

/** `name arity since`, one line a command. */
function refused(reason: string, instead: string, lines: string): readonly CommandRow[] {
  return lines.trim().split('\n').map((line) => {
    const [name, arity, since] = line.trim().split(/\s+/);
    return { name, arity: Number(arity), kind: 'refused', keys: NO_KEYS, reply: 'any', since, reason, instead };
  });
}

const PUBSUB = refused('messages do not go through the log', 'use a message broker, or connect to Redis itself', `
  subscribe -2 2.0.0
  unsubscribe -1 2.0.0
  psubscribe -2 2.0.0
  punsubscribe -1 2.0.0
  ssubscribe -2 7.0.0
  sunsubscribe -1 7.0.0
  publish 3 2.0.0
  spublish 3 7.0.0
  pubsub -2 2.8.0
`);

const BLOCKING_LISTS = refused(
  'it blocks the connection, and its choice would have to be made once for the world',
  'poll with LMPOP, LMOVE or LPOP', `
  blpop -3 2.0.0
  brpop -3 2.0.0
  blmpop -5 7.0.0
  blmove 6 6.2.0
  brpoplpush 4 2.2.0
`);

const BLOCKING_SORTED_SETS = refused(
  'it blocks the connection, and its choice would have to be made once for the world',
  'poll with ZMPOP or ZPOPMIN', `
  bzpopmin -3 5.0.0
  bzpopmax -3 5.0.0
  bzmpop -5 7.0.0
`);

const SCRIPTS = refused(
  'a script may touch any key and do something else in each rack', 'send the commands themselves', `
  eval -3 2.6.0
  eval_ro -3 7.0.0
  evalsha -3 2.6.0
  evalsha_ro -3 7.0.0
  fcall -3 7.0.0
  fcall_ro -3 7.0.0
  function -2 7.0.0
  script -2 2.6.0
`);

const TRANSACTIONS = refused('transactions do not go through the log yet', 'send the commands one by one', `
  multi 1 1.2.0
  exec 1 1.2.0
  discard 1 2.0.0
  watch -2 2.2.0
  unwatch 1 2.2.0
`);

const STREAMS = refused(
  'streams are not supported yet: entry ids and group state must be the same in every rack',
  'use a list or a sorted set', `
  xack -4 5.0.0
  xadd -5 5.0.0
  xautoclaim -6 6.2.0
  xclaim -6 5.0.0
  xdel -3 5.0.0
  xgroup -2 5.0.0
  xinfo -2 5.0.0
  xlen 2 5.0.0
  xpending -3 5.0.0
  xrange -4 5.0.0
  xread -4 5.0.0
  xreadgroup -7 5.0.0
  xrevrange -4 5.0.0
  xsetid -3 5.0.0
  xtrim -4 5.0.0
`);

const GEO = refused('geo commands are not supported yet', 'use a sorted set with scores of your own', `
  geoadd -5 3.2.0
  geodist -4 3.2.0
  geohash -2 3.2.0
  geopos -2 3.2.0
  georadius -6 3.2.0
  georadius_ro -6 3.2.10
  georadiusbymember -5 3.2.0
  georadiusbymember_ro -5 3.2.10
  geosearch -7 6.2.0
  geosearchstore -8 6.2.0
`);

const HYPERLOGLOG = refused(
  'HyperLogLogs are not supported yet: even PFCOUNT writes into the key, past the log', 'count with a set or INCR', `
  pfadd -2 2.8.9
  pfcount -2 2.8.9
  pfmerge -2 2.8.9
  pfdebug 3 2.8.9
  pfselftest 1 2.8.9
`);

const FIELD_EXPIRY = refused('expiry of hash fields is not supported yet', 'expire whole keys', `
  hexpire -6 7.4.0
  hpexpire -6 7.4.0
  hexpireat -6 7.4.0
  hpexpireat -6 7.4.0
  hpersist -5 7.4.0
  httl -5 7.4.0
  hpttl -5 7.4.0
  hexpiretime -5 7.4.0
  hpexpiretime -5 7.4.0
  hgetdel -5 8.0.0
  hgetex -5 8.0.0
  hsetex -6 8.0.0
`);

const RANDOM_WRITES = refused(
  'its random choice must be made once for the world, and is not yet', 'use SRANDMEMBER and SREM', `
  spop -2 1.0.0
`);

const DATABASES = refused('Pylon has one keyspace', 'use key prefixes', `
  move 3 1.0.0
  swapdb 3 4.0.0
`);

const PAST_THE_LOG = refused('it would change data past the log', 'use DUMP and RESTORE', `
  migrate -6 2.6.0
  restore-asking -4 3.0.0
`);

const REPLICATION = refused(
  'replication is the business of Pylon and of the backing Redis', 'ask PYLON INFO for positions and lag', `
  wait 3 3.0.0
  waitaof 4 7.2.0
  psync -3 2.8.0
  sync 1 1.0.0
  replconf -1 3.0.0
  replicaof 3 5.0.0
  slaveof 3 1.0.0
  failover -1 6.2.0
  role 1 2.8.12
`);

const CLUSTER = refused('Pylon is one endpoint, not a Redis Cluster', 'connect without cluster mode', `
  cluster -2 3.0.0
  asking 1 3.0.0
  readonly 1 3.0.0
  readwrite 1 3.0.0
`);

const ADMINISTRATION = refused(
  'it would reach past Pylon to one Redis of one rack', 'connect to that Redis itself', `
  acl -2 6.0.0
  bgrewriteaof 1 1.0.0
  bgsave -1 1.0.0
  lastsave 1 1.0.0
  latency -2 2.8.13
  lolwut -1 5.0.0
  module -2 4.0.0
  monitor 1 1.0.0
  save 1 1.0.0
  shutdown -1 1.0.0
  slowlog -2 2.2.12
`);

/** Begin of an HTTP request: a browser was led here. Redis closes such connections, and so do we. */
const HTTP: readonly CommandRow[] = ['post', 'host:'].map((name) => ({
  name, arity: -1, kind: 'refused', keys: NO_KEYS, reply: 'any', since: '3.2.7',
  reason: 'this looks like an HTTP request', instead: 'connect with a Redis client', closes: true,
}));

export const REFUSED_COMMANDS: readonly CommandRow[] = [
  ...PUBSUB, ...BLOCKING_LISTS, ...BLOCKING_SORTED_SETS, ...SCRIPTS, ...TRANSACTIONS, ...STREAMS, ...GEO,
  ...HYPERLOGLOG, ...FIELD_EXPIRY, ...RANDOM_WRITES, ...DATABASES, ...PAST_THE_LOG, ...REPLICATION, ...CLUSTER,
  ...ADMINISTRATION, ...HTTP,
];
