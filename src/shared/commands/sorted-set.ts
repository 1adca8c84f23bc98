/** Sorted set commands. */
import { BLOCKING, FLOATS } from './notes.js';
import { ONE_KEY, TWO_KEYS, inGroup, read, refused, write } from './row.js';
import type { CommandRow, KeySpec } from './types.js';

const BY_NAME = 'Where the scores are not all equal Redis leaves the result open: that is an error.';
const COUNTED: KeySpec = { numkeys: 1 };
const COUNTED_INTO: KeySpec = { numkeys: 2, destination: 1 };

export const SORTED_SET_COMMANDS: readonly CommandRow[] = inGroup('sorted-set',
  read('zcard', 2, '1.2.0', ONE_KEY, 'integer'),
  read('zcount', 4, '2.0.0', ONE_KEY, 'integer'),
  read('zlexcount', 4, '2.8.9', ONE_KEY, 'integer'),
  read('zscore', 3, '1.2.0', ONE_KEY, 'double'),
  read('zmscore', -3, '6.2.0', ONE_KEY, 'array'),
  read('zrank', -3, '2.0.0', ONE_KEY, 'any'),
  read('zrevrank', -3, '2.0.0', ONE_KEY, 'any'),
  read('zrange', -4, '1.2.0', ONE_KEY, 'array'),
  read('zrevrange', -4, '1.2.0', ONE_KEY, 'array'),
  read('zrangebyscore', -4, '1.0.5', ONE_KEY, 'array'),
  read('zrevrangebyscore', -4, '2.2.0', ONE_KEY, 'array'),
  read('zrangebylex', -4, '2.8.9', ONE_KEY, 'array'),
  read('zrevrangebylex', -4, '2.8.9', ONE_KEY, 'array'),
  read('zrandmember', -2, '6.2.0', ONE_KEY, 'any'),
  read('zscan', -3, '2.8.0', ONE_KEY, 'array'),
  read('zdiff', -3, '6.2.0', COUNTED, 'array'),
  read('zinter', -3, '6.2.0', COUNTED, 'array'),
  read('zintercard', -3, '7.0.0', COUNTED, 'integer'),
  read('zunion', -3, '6.2.0', COUNTED, 'array'),
  write('zadd', -4, '1.2.0', ONE_KEY, 'integer', 'zero', { check: 'zadd' }),
  write('zincrby', 4, '1.2.0', ONE_KEY, 'double', 'zeroDouble', { check: 'zincrby' }),
  write('zrem', -3, '1.2.0', ONE_KEY, 'integer', 'zero'),
  write('zremrangebyrank', 4, '2.0.0', ONE_KEY, 'integer', 'zero', { check: 'twoIntegers' }),
  write('zremrangebyscore', 4, '1.2.0', ONE_KEY, 'integer', 'zero', { check: 'scoreRange' }),
  write('zremrangebylex', 4, '2.8.9', ONE_KEY, 'integer', 'zero', {
    check: 'lexRange', rewrite: 'zremrangebylex', note: BY_NAME,
  }),
  write('zpopmin', -2, '5.0.0', ONE_KEY, 'array', 'emptyArray', { check: 'zpop' }),
  write('zpopmax', -2, '5.0.0', ONE_KEY, 'array', 'emptyArray', { check: 'zpop' }),
  write('zmpop', -4, '7.0.0', COUNTED, 'array', 'nilArray', { check: 'zmpop' }),
  write('zrangestore', -5, '6.2.0', TWO_KEYS, 'integer', 'zero', {
    check: 'zrangestore', rewrite: 'zrangestore', note: `BYLEX: ${BY_NAME}`,
  }),
  write('zdiffstore', -4, '6.2.0', COUNTED_INTO, 'integer', 'zero', { check: 'zdiffstore' }),
  write('zinterstore', -4, '2.0.0', COUNTED_INTO, 'integer', 'zero', { check: 'zstore', note: FLOATS }),
  write('zunionstore', -4, '2.0.0', COUNTED_INTO, 'integer', 'zero', { check: 'zstore', note: FLOATS }),
  refused(BLOCKING, 'poll with ZMPOP or ZPOPMIN', `
    bzpopmin -3 5.0.0
    bzpopmax -3 5.0.0
    bzmpop -5 7.0.0
  `),
);
