/**
 * A generator of commands of every kind with sensible and with odd arguments, over few keys, some of the wrong type.
 * Each line has forms of commands; capital words are places, filled at random. Deadlines lie far away on both sides,
 * so that nothing expires while a test looks.
 */
import type { Random } from './random.js';

const KEYS_PER_TYPE = 4;
const OTHER_TYPE_ONE_IN = 25;
const TYPES = ['str', 'num', 'bits', 'hash', 'list', 'set', 'zset', 'stream', 'geo', 'hll'] as const;
const CITIES = ['13.361389 38.115556', '15.087269 37.502669', '2.3522 48.8566', '-0.1276 51.5072', '139.6917 35.6895'];

const keyOf = (r: Random, type: string): string =>
  `${r.below(OTHER_TYPE_ONE_IN) === 0 ? r.pick(TYPES) : type}:${r.below(KEYS_PER_TYPE)}`;
const many = (r: Random, most: number, make: () => string): string =>
  Array.from({ length: 1 + r.below(most) }, make).join(' ');
const member = (r: Random): string => (r.below(3) === 0 ? String(r.below(60)) : `m${r.below(40)}`);
const value = (r: Random): string => r.pick([() => String(r.below(1000)), () => r.text(1 + r.below(80))])();
const double = (r: Random): string => r.pick([
  () => String(r.below(100)), () => (r.fraction() * 1000 - 500).toString(), () => (r.fraction() / 7).toExponential(9),
  () => '0.1', () => '-inf', () => '+inf', () => '1e17',
])();
const index = (r: Random): string => String(r.below(14) - 5);
/** Entry ids grow slowly with the commands made, so that most of them name entries that are there. */
const entriesMade = new WeakMap<Random, number>();
const lastEntry = (r: Random): number => entriesMade.get(r) ?? 100;
const id = (r: Random): string => `${lastEntry(r) - r.below(12)}-${r.below(5) === 0 ? 1 : 0}`;
function newId(r: Random): string {
  entriesMade.set(r, lastEntry(r) + r.below(2));
  return r.pick([`${lastEntry(r)}-*`, `${lastEntry(r)}-*`, String(lastEntry(r)), id(r)]);
}

const PLACES: Readonly<Record<string, (r: Random) => string>> = {
  STR: (r) => keyOf(r, 'str'), NUM: (r) => keyOf(r, 'num'), BITS: (r) => keyOf(r, 'bits'), HASH: (r) => keyOf(r,
    'hash'),
  LIST: (r) => keyOf(r, 'list'), SET: (r) => keyOf(r, 'set'), ZSET: (r) => keyOf(r, 'zset'), STREAM: (r) => keyOf(r,
    'stream'),
  GEO: (r) => keyOf(r, 'geo'), HLL: (r) => keyOf(r, 'hll'), ANY: (r) => keyOf(r, r.pick(TYPES)),
  V: value, M: member, MS: (r) => many(r, 6, () => member(r)), F: (r) => `f${r.below(20)}`,
  I: index, N: (r) => String(r.below(8)), BIG: (r) => String(r.below(2 ** 31)), D: double, BIT: (r) =>
    String(r.below(2)),
  OFFSET: (r) => String(r.below(300)), FIELDS: (r) => {
    const count = 1 + r.below(4);
    return `FIELDS ${count} ${Array.from({ length: count }, () => `f${r.below(20)}`).join(' ')}`;
  },
  SECONDS: (r) => String(5000 + r.below(5000)), MILLISECONDS: (r) => String(5_000_000 + r.below(5_000_000)),
  AT: (r) => String(r.pick([4_000_000_000, 1_000_000_000]) + r.below(1000)),
  ATMS: (r) => String(r.pick([4_000_000_000_000, 1_000_000_000_000]) + r.below(1000)),
  WHEN: (r) => r.pick(['NX', 'XX', 'GT', 'LT']), NXXX: (r) => r.pick(['NX', 'XX']), SIDE: (r) => r.pick(['LEFT',
    'RIGHT']),
  END: (r) => r.pick(['MIN', 'MAX']), SCORE: (r) => r.pick(['-inf', '+inf', '3', '(5', '20', '-100', '100']),
  LEX: (r) => r.pick(['-', '+', '[m1', '(m3', '[9', '(m']), AGGREGATE: (r) => r.pick(['SUM', 'MIN', 'MAX']),
  TYPE: (r) => r.pick(['u8', 'i5', 'u63', 'i64', 'u1']), OVERFLOW: (r) => r.pick(['WRAP', 'SAT', 'FAIL']),
  OP: (r) => r.pick(['AND', 'OR', 'XOR']), UNIT: (r) => r.pick(['m', 'km', 'mi', 'ft']), ORDER: (r) => r.pick(['ASC',
    'DESC']),
  CITY: (r) => r.pick(CITIES), RADIUS: (r) => String(r.below(900) + 0.5), ID: id, IDS: (r) => many(r, 5, () => id(r)),
  NEWID: newId, GROUP: (r) => `g${r.below(2)}`, CLOCKED: (r) => `clocked:${r.below(KEYS_PER_TYPE)}`,
  CONSUMER: (r) => `c${r.below(3)}`, FROM: (r) => r.pick(['-', '0', id(r), `(${id(r)}`]), TO: (r) => r.pick(['+',
    id(r)]),
  START: (r) => r.pick(['0', '$', id(r)]), READ: (r) => r.pick(['>', '>', '0', id(r)]), TRIM: (r) => r.pick(['~', '=',
    '~']),
  LIMIT: (r) => `LIMIT ${r.below(4)} ${r.below(8) - 1}`,
};

export const READ_FORMS = `
  get STR|get NUM|getrange STR I I|substr STR I I|mget STR NUM STR|strlen STR|lcs STR STR|lcs STR STR IDX WITHMATCHLEN
  getex STR|getbit BITS OFFSET|bitcount BITS|bitcount BITS I I BIT|bitpos BITS BIT|bitpos BITS BIT I I
  bitfield_ro BITS GET TYPE OFFSET|bitfield BITS GET TYPE OFFSET OVERFLOW SAT GET TYPE #N|digest STR
  hget HASH F|hmget HASH F F|hgetall HASH|hkeys HASH|hvals HASH|hlen HASH|hexists HASH F|hstrlen HASH F
  hrandfield HASH I
  hrandfield HASH I WITHVALUES|hscan HASH 0 COUNT 5|httl HASH FIELDS|hpttl HASH FIELDS|hexpiretime HASH FIELDS
  hpexpiretime HASH FIELDS
  llen LIST|lindex LIST I|lrange LIST I I|lpos LIST V RANK 1 COUNT 0
  scard SET|sismember SET M|smismember SET M M|smembers SET|srandmember SET|srandmember SET I|sscan SET 0 COUNT 3
  sdiff SET SET
  sinter SET SET SET|sintercard 2 SET SET LIMIT 2|sunion SET SET|sdiffcard 2 SET SET|sunioncard 2 SET SET
  zcard ZSET|zcount ZSET SCORE SCORE|zlexcount ZSET LEX LEX|zscore ZSET M|zmscore ZSET M M|zrank ZSET M|zrevrank ZSET M
  zrange ZSET I I WITHSCORES|zrange ZSET SCORE SCORE BYSCORE LIMIT|zrange ZSET LEX LEX BYLEX REV|zrevrange ZSET I I
  zrangebyscore ZSET SCORE SCORE|zrevrangebyscore ZSET SCORE SCORE|zrangebylex ZSET LEX LEX|zrevrangebylex ZSET LEX LEX
  zrandmember ZSET I|zscan ZSET 0|zdiff 2 ZSET ZSET|zinter 2 ZSET ZSET|zinter 2 ZSET SET WEIGHTS D D
  zintercard 2 ZSET ZSET
  zunion 3 ZSET ZSET SET AGGREGATE AGGREGATE WITHSCORES
  geodist GEO M M UNIT|geohash GEO M M|geopos GEO M|geosearch GEO FROMMEMBER M BYRADIUS RADIUS UNIT ASC WITHDIST
  geosearch GEO FROMLONLAT CITY BYBOX RADIUS RADIUS km COUNT 2 ANY|georadius GEO CITY RADIUS UNIT WITHHASH
  georadius_ro GEO CITY RADIUS UNIT|georadiusbymember GEO M RADIUS UNIT WITHCOORD|georadiusbymember_ro GEO M RADIUS UNIT
  pfcount HLL|pfcount HLL HLL|pfcount STR
  xlen STREAM|xrange STREAM FROM TO|xrevrange STREAM TO FROM COUNT 2|xpending STREAM GROUP
  xpending STREAM GROUP - + 5 CONSUMER
  xpending STREAM GROUP IDLE 1 - + 5|xread COUNT 3 STREAMS STREAM STREAM ID $|xinfo stream STREAM
  xinfo stream STREAM FULL COUNT 2
  xinfo groups STREAM|xinfo consumers STREAM GROUP|xinfo help|xgroup help
  exists ANY ANY|type ANY|ttl ANY|pttl ANY|expiretime ANY|pexpiretime ANY|touch ANY ANY|dump ANY|object encoding ANY
  object freq ANY|object idletime ANY|object refcount ANY|object help|memory usage ANY|memory usage ANY SAMPLES 0
  memory help
  sort LIST ALPHA|sort SET BY nosort LIMIT|sort ZSET BY hash:*->f1 GET # GET str:* ORDER|sort_ro LIST ALPHA ORDER
  sort_ro SET
`;

export const WRITE_FORMS = `
  set STR V|set NUM I|set STR V EX SECONDS|set STR V PX MILLISECONDS GET|set STR V NXXX|set STR V KEEPTTL
  set STR V EXAT AT
  setex STR SECONDS V|psetex STR MILLISECONDS V|mset STR V NUM I|msetnx STR V STR V|setnx STR V|getset STR V|getdel STR
  getex STR EX SECONDS|getex STR PERSIST|getex STR PXAT ATMS|append STR V|setrange STR OFFSET V|incr NUM|decr NUM
  incrby NUM I
  decrby NUM BIG|incrbyfloat NUM D|incrbyfloat STR D
  setbit BITS OFFSET BIT|bitop OP BITS BITS BITS|bitop NOT BITS BITS|bitfield BITS SET TYPE OFFSET I
  bitfield BITS OVERFLOW OVERFLOW INCRBY TYPE #N I GET TYPE OFFSET
  hset HASH F V|hset HASH F V F V F I|hmset HASH F V F V|hsetnx HASH F V|hdel HASH F F|hincrby HASH F I
  hincrbyfloat HASH F D
  hexpire HASH SECONDS FIELDS|hpexpire HASH MILLISECONDS WHEN FIELDS|hexpireat HASH AT FIELDS
  hpexpireat HASH ATMS WHEN FIELDS
  hpersist HASH FIELDS|hpexpire HASH 0 FIELDS
  lpush LIST MS|rpush LIST MS V|lpushx LIST V|rpushx LIST V|lpop LIST|lpop LIST N|rpop LIST N
  lmpop 2 LIST LIST SIDE COUNT 3
  lmove LIST LIST SIDE SIDE|rpoplpush LIST LIST|linsert LIST BEFORE M V|linsert LIST AFTER M V|lrem LIST I M
  lset LIST I V
  ltrim LIST I I
  sadd SET MS|sadd SET N N BIG|srem SET MS|smove SET SET M|sdiffstore SET SET SET|sinterstore SET SET SET
  sunionstore SET SET SET
  zadd ZSET D M D M|zadd ZSET WHEN CH D M|zadd ZSET INCR D M|zincrby ZSET D M|zrem ZSET MS|zremrangebyrank ZSET I I
  zremrangebyscore ZSET SCORE SCORE|zremrangebylex ZSET LEX LEX|zpopmin ZSET|zpopmax ZSET N
  zmpop 2 ZSET ZSET END COUNT N
  zrangestore ZSET ZSET I I|zrangestore ZSET ZSET SCORE SCORE BYSCORE LIMIT|zdiffstore ZSET 2 ZSET ZSET
  zinterstore ZSET 2 ZSET SET WEIGHTS D D|zunionstore ZSET 3 ZSET SET ZSET AGGREGATE AGGREGATE|zunionstore ZSET 1 GEO
  geoadd GEO CITY M CITY M|geoadd GEO NXXX CH CITY M|geosearchstore GEO GEO FROMLONLAT CITY BYRADIUS RADIUS km
  geosearchstore ZSET GEO FROMMEMBER M BYBOX RADIUS RADIUS km COUNT 2 ANY STOREDIST
  georadius GEO CITY RADIUS km STORE GEO|georadius GEO CITY RADIUS km ORDER COUNT 2 STOREDIST ZSET
  georadiusbymember GEO M RADIUS km STORE GEO
  pfadd HLL MS|pfadd HLL V V V V V V V V|pfadd HLL|pfmerge HLL HLL HLL
  xadd STREAM NEWID F V|xadd STREAM NEWID F V F V|xadd CLOCKED * F V|xadd CLOCKED MAXLEN ~ 5 LIMIT 2 * F V
  xadd STREAM MAXLEN TRIM 6 NEWID F V F M|xadd STREAM NOMKSTREAM MINID ~ ID LIMIT 2 NEWID F V
  xdel STREAM IDS
  xtrim STREAM MAXLEN TRIM N|xtrim STREAM MINID TRIM ID|xtrim STREAM MAXLEN ~ N LIMIT 1|xsetid STREAM ID
  xsetid STREAM ID ENTRIESADDED BIG MAXDELETEDID ID|xgroup create STREAM GROUP START
  xgroup create STREAM GROUP START MKSTREAM|xgroup create STREAM GROUP 0 MKSTREAM
  xreadgroup GROUP GROUP CONSUMER STREAMS STREAM >
  xgroup setid STREAM GROUP START ENTRIESREAD N|xgroup destroy STREAM GROUP|xgroup createconsumer STREAM GROUP CONSUMER
  xgroup delconsumer STREAM GROUP CONSUMER|xreadgroup GROUP GROUP CONSUMER COUNT N STREAMS STREAM READ
  xreadgroup GROUP GROUP CONSUMER NOACK STREAMS STREAM STREAM READ READ|xack STREAM GROUP IDS
  xclaim STREAM GROUP CONSUMER 0 IDS
  xclaim STREAM GROUP CONSUMER 0 IDS FORCE IDLE N RETRYCOUNT N
  xclaim STREAM GROUP CONSUMER 0 IDS TIME ATMS JUSTID LASTID ID
  xautoclaim STREAM GROUP CONSUMER 0 FROM COUNT 3|xautoclaim STREAM GROUP CONSUMER 0 0 JUSTID
  del ANY|unlink ANY ANY|rename ANY ANY|renamenx ANY ANY|copy ANY ANY|copy ANY ANY REPLACE|persist ANY
  expire ANY SECONDS
  pexpire ANY MILLISECONDS WHEN|expireat ANY AT WHEN|pexpireat ANY ATMS|expire ANY -1
  sort LIST ALPHA STORE LIST|sort SET BY nosort STORE LIST|sort ZSET BY hash:*->f1 LIMIT GET # STORE LIST
  sort SET STORE LIST
  restore STR 0 payload REPLACE|restore STR MILLISECONDS payload|flushdb|flushall ASYNC
`;

export type Form = (r: Random) => string[];

/** Whether a word is an option of its command that is spelt like a place. */
function isOption(words: readonly string[], i: number): boolean {
  switch (words[i]) {
    case 'GROUP': return words[i - 1] === 'xreadgroup';
    case 'AGGREGATE': return words[i + 1] === 'AGGREGATE';
    case 'OVERFLOW': return words[i - 1] !== 'OVERFLOW';
    case 'BIT': return words[0] === 'bitcount';
    case 'SET': return words[0] === 'bitfield';
    case 'LIMIT': return /^(xadd|xtrim|sintercard)$/.test(words[0]);
    default: return false;
  }
}

function fill(form: string, r: Random): string[] {
  const words = form.split(' ');
  return words.flatMap((word, i) => {
    if (i === 0 || isOption(words, i)) return [word];
    if (word === '#N') return [`#${r.below(6)}`];
    const place = PLACES[word];
    return place === undefined ? [word] : place(r).split(' ');
  });
}

export interface CommandForm {
  /** Name, that of a subcommand as `container|subcommand`. */
  readonly name: string;
  readonly make: Form;
}

export function formsOf(text: string, containers: ReadonlySet<string>): CommandForm[] {
  return text.trim().split(/\||\n/).map((form) => form.trim()).map((form) => {
    const [first, second] = form.split(' ');
    return { name: containers.has(first) ? `${first}|${second}` : first, make: (r) => fill(form, r) };
  });
}
