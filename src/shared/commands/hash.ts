/** Hash commands. */
import { ONE_KEY, read, statusWrite, write } from './row.js';
import type { CommandRow } from './types.js';

export const HASH_COMMANDS: readonly CommandRow[] = [
  read('hget', 3, '2.0.0', ONE_KEY, 'bulk'),
  read('hmget', -3, '2.0.0', ONE_KEY, 'array'),
  read('hgetall', 2, '2.0.0', ONE_KEY, 'array'),
  read('hkeys', 2, '2.0.0', ONE_KEY, 'array'),
  read('hvals', 2, '2.0.0', ONE_KEY, 'array'),
  read('hlen', 2, '2.0.0', ONE_KEY, 'integer'),
  read('hexists', 3, '2.0.0', ONE_KEY, 'integer'),
  read('hstrlen', 3, '3.2.0', ONE_KEY, 'integer'),
  read('hrandfield', -2, '6.2.0', ONE_KEY, 'any'),
  read('hscan', -3, '2.8.0', ONE_KEY, 'array'),
  write('hset', -4, '2.0.0', ONE_KEY, 'integer', 'zero', { check: 'hashPairs' }),
  statusWrite('hmset', -4, '2.0.0', ONE_KEY, { check: 'hashPairs' }),
  write('hsetnx', 4, '2.0.0', ONE_KEY, 'integer', 'zero'),
  write('hdel', -3, '2.0.0', ONE_KEY, 'integer', 'zero'),
  write('hincrby', 4, '2.0.0', ONE_KEY, 'integer', 'zero', { check: 'hashIncrement' }),
  write('hincrbyfloat', 4, '2.6.0', ONE_KEY, 'bulk', 'zeroBulk', { check: 'hashIncrementFloat' }),
];
