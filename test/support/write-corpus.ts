/**
 * A corpus of writes with good, odd and bad arguments: each template's places are filled from lists of values that are
 * known to be read differently by different readers.
 */

import { options, product, shuffled } from './corpus-parts.js';
import { streamAndGeoWrites } from './stream-geo-corpus.js';

export interface CorpusEntry {
  readonly args: readonly string[];
  /** Whether Redis may refuse it for what the (empty) data is. */
  readonly dependsOnData: boolean;
}

const INTEGERS = [
  '0', '1', '-1', '10', '007', '+5', '-0', '', ' 1', '1 ', '1.0', '1e3', 'abc', '0x10', '1\0', '9223372036854775807',
  '9223372036854775808', '-9223372036854775808', '-9223372036854775809', '99999999999999999999999', '-', '2147483648',
];
const FLOATS = [
  '0', '1', '-1.5', '.5', '5.', '1e3', '1e400', '-1e400', '1e-400', '4e-324', 'inf', '-inf', '+inf', 'infinity', 'INF',
  'nan', 'NaN', '-nan', '', ' 1', '1 ', 'abc', '0x10', '0x1p3', '0x', '0x.8', '0xg', '1e', '1e+', '.', '1\0', '1,5',
    '0e0', '+5',
  '0.0000000000000000000001', '1e308', '1e309', '1e4932', '1e4933', '1e-4951', '1e-4970', '1.18e4932', '1.19e4932',
  '0x1p1023', '0x1p1024', '0x1p-1080', '1_000', '9'.repeat(400), 'nan(1)',
];
const TIMES = [
  '1', '10', '0', '-1', '100000', 'abc', '', '1.5', '9223372036854775', '9223372036854776', '9223372036854775807',
  '-9223372036854775808', '9223372036854775808', '+1', '01', '-9223372036854776', '4611686018427387904',
];
const LEX = ['-', '+', '[a', '(a', '[', '(', 'a', '', '+a', '-a', '+\0a', '1'];
const SCORES = [...FLOATS, '(1', '(', '(inf', '(-inf', '((1', ' (1', '( 1', '\t1', '1\0x', '(nan'];

/** Every write with too few, and too many, arguments. */
function arities(): string[][] {
  const names = `
    set setex psetex mset msetnx setnx getset getdel getex append setrange incr decr incrby decrby incrbyfloat
    setbit bitop bitfield hset hmset hsetnx hdel hincrby hincrbyfloat lpush rpush lpushx rpushx lpop rpop lmpop
    lmove rpoplpush linsert lrem lset ltrim sadd srem smove sdiffstore sinterstore sunionstore zadd zincrby zrem
    zremrangebyrank zremrangebyscore zremrangebylex zpopmin zpopmax zmpop zrangestore zdiffstore zinterstore
    zunionstore del unlink rename renamenx restore copy persist expire pexpire expireat pexpireat flushdb
    flushall sort pfadd pfmerge geoadd georadius georadiusbymember geosearchstore xadd xdel xtrim xsetid xgroup
    xreadgroup xack xclaim xautoclaim hexpire hpexpireat hpersist
  `.trim().split(/\s+/);
  return names.flatMap((name) => [0, 1, 2, 3, 4, 5, 6, 7].flatMap((count) => [
    [name, ...Array.from({ length: count }, (_, i) => `a${i}`)],
    [name.toUpperCase(), ...Array.from({ length: count }, () => '1')],
  ]));
}

function stringWrites(): string[][] {
  const expiries = ['ex', 'PX', 'exat', 'Pxat'];
  return [
    ...product(['set'], ['k'], ['v'], expiries, TIMES),
    ...product(['setex', 'PSETEX'], ['k'], TIMES, ['v']),
    ...shuffled(['set', 'k', 'v'],
      ['nx', 'XX', 'get', 'keepttl', 'ex', 'px', 'exat', 'pxat', '10', '0', 'abc', 'persist', 'get\0x', ''], 3000, 5,
        1),
    ...shuffled(['getex', 'k'], ['ex', 'px', 'EXAT', 'pxat', 'persist', '10', '0', 'abc', 'keepttl', 'nx', 'get'], 800,
      4, 2),
    ...product(['setrange'], ['k'], [...INTEGERS, '536870911', '536870912', '536870913', '536870908'], ['', 'abcd']),
    ...product(['incrby', 'DECRBY'], ['k'], INTEGERS),
    ...product(['incrbyfloat'], ['k'], FLOATS),
    ...product(['setbit'], ['k'], [...INTEGERS, '4294967295', '4294967296',
      '#1'].filter((v) => v !== '4294967295' && v !== '2147483648'), INTEGERS),
    ...product(['setbit'], ['k'], ['7'], ['0', '1', '2', '-1', 'a']),
    ...product(['bitop'], ['and', 'OR', 'xor', 'not', 'nand', 'and\0', ''], ['d'], ['a'], ['b', 'c']),
    ...product(['bitop'], ['and', 'not', 'diff'], ['d'], ['a']),
    ...product(['bitfield'], ['k'], ['get', 'set', 'incrby'], ['u8', 'i64', 'u64', 'i65', 'u63', 'u0', 'i', 'x8', '',
      'u08', 'u8\0z', 'U8'],
      ['0', '#1', '100', '-1', '#-1', '#', 'a', '4294967296', '##1'], ['1', 'abc', '9223372036854775808']),
    ...shuffled(['bitfield', 'k'],
      ['get', 'SET', 'incrby', 'overflow', 'wrap', 'sat', 'fail', 'u8', 'i5', '0', '#2', '3', 'zap'], 2500, 8, 3),
  ];
}

function collectionWrites(): string[][] {
  return [
    ...product(['hincrby'], ['k'], ['f'], INTEGERS),
    ...product(['hincrbyfloat'], ['k'], ['f'], FLOATS),
    ...product(['lpop', 'RPOP'], ['k'], INTEGERS),
    ...product(['lrem'], ['k'], INTEGERS, ['v']),
    ...product(['lset'], ['k'], INTEGERS, ['v']),
    ...product(['ltrim', 'zremrangebyrank'], ['k'], INTEGERS, ['0', 'a', '-1']),
    ...product(['ltrim'], ['k'], ['0', 'a'], INTEGERS),
    ...product(['linsert'], ['k'], ['before', 'AFTER', 'middle', '', 'before\0x'], ['p'], ['v']),
    ...product(['lmove'], ['a'], ['b'], ['left', 'RIGHT', 'up', ''], ['left', 'right', 'down']),
    ...shuffled(['lmpop'], ['1', '2', '0', '-1', 'a', 'left', 'RIGHT', 'count', 'k', '9223372036854775807'], 2000, 7,
      4),
    ...shuffled(['zmpop'], ['1', '2', '0', 'a', 'min', 'MAX', 'count', 'k', '3'], 2000, 7, 5),
    ...product(['lmpop'], ['1'], ['k'], ['left'], ['count'], INTEGERS),
    ...product(['zmpop'], INTEGERS, ['k'], ['min'], ['count'], ['1', '0']),
  ];
}

function sortedSetWrites(): string[][] {
  return [
    ...product(['zadd'], ['k'], FLOATS, ['m']),
    ...product(['zincrby'], ['k'], [...FLOATS, 'nx', 'xx', 'ch', 'incr', 'GT'], ['m', 'nx', 'xx', '1']),
    ...shuffled(['zadd', 'k'], ['nx', 'XX', 'gt', 'lt', 'ch', 'incr', '1', '2', 'm', 'nan', 'a'], 4000, 7, 6),
    ...product(['zpopmin', 'ZPOPMAX'], ['k'], INTEGERS),
    ...product(['zremrangebyscore'], ['k'], SCORES, ['1', 'nan', '(2']),
    ...product(['zremrangebyscore'], ['k'], ['1'], SCORES),
    ...product(['zremrangebylex'], ['k'], LEX, LEX),
    ...product(['zrangestore'], ['d'], ['s'], ['0', 'a', '(1', '[a', '-', '-inf'], ['-1', '(2', '[b', '+', ''],
      ['byscore', 'bylex', 'rev', 'limit', 'withscores', 'BYSCORE']),
    ...shuffled(['zrangestore', 'd', 's', '1', '2'],
      ['byscore', 'bylex', 'rev', 'limit', '0', '-1', '5', 'x', 'withscores'], 1500, 6, 7),
    ...product(['zrangestore'], ['d'], ['s'], ['0'], ['1'], ['byscore'], ['limit'], INTEGERS, ['1', '-1', 'a']),
    ...product(['zunionstore', 'ZINTERSTORE', 'zdiffstore'], ['d'], INTEGERS.filter((v) => v !== '2147483648'), ['a']),
    ...['zunionstore', 'zinterstore', 'zdiffstore'].flatMap((name, i) => shuffled([name, 'd'],
      ['1', '2', 'a', 'weights', 'aggregate', 'sum', 'MIN', 'max', 'avg', '1.5', 'nan', 'withscores'], 1500, 8, 8 + i)),
  ];
}

function keyWrites(): string[][] {
  return [
    ...product(['expire', 'PEXPIRE', 'expireat', 'pexpireat'], ['k'], TIMES),
    ...['expire', 'pexpire', 'expireat', 'pexpireat'].flatMap((name, i) =>
      shuffled([name, 'k', '10'], ['nx', 'XX', 'gt', 'lt', 'ab', 'a\r\nb', 'x\0y', '', 'nx\0'], 400, 4, 20 + i)),
    ...shuffled(['copy', 'a', 'b'], ['replace', 'REPLACE', 'x', ''], 60, 3, 30),
    ['copy', 'a', 'a'], ['copy', 'a', 'a', 'replace'],
    ...shuffled(['restore', 'k', '0', 'payload'],
      ['replace', 'absttl', 'idletime', 'FREQ', '1', '-1', '300', 'a'], 1200, 5, 31),
    ...product(['restore'], ['k'], INTEGERS, ['', 'abc', 'x'.repeat(40)]),
    ...shuffled(['sort', 'k', 'store', 'd'],
      ['by', 'get', 'limit', 'asc', 'DESC', 'alpha', 'store', '0', '1', 'x', '#', 'p*'], 2500, 6, 32),
    ...options(`flushdb | flushall | flushdb async | flushall SYNC | flushdb x | flushall async sync
      | flushdb async x`),
  ];
}

/** Redis looks at these only when it has found the key. */
const LOOKS_AT_DATA_FIRST = new Set([
  'lset', 'rename', 'renamenx', 'xgroup', 'xreadgroup', 'xclaim', 'xautoclaim', 'xsetid', 'xdel', 'xack', 'xadd',
  'georadius', 'georadiusbymember', 'geosearchstore', 'geoadd',
]);

export function writeCorpus(): CorpusEntry[] {
  return [...arities(), ...stringWrites(), ...collectionWrites(), ...sortedSetWrites(), ...keyWrites(),
    ...streamAndGeoWrites()].map((args) => ({
    args,
    dependsOnData: LOOKS_AT_DATA_FIRST.has(args[0].toLowerCase()),
  }));
}
