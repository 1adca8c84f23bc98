/** Hash commands. */
import { FLOATS, UNPROVEN } from './notes.js';
import { ONE_KEY, container, inGroup, read, refused, refusedRow, statusWrite, write, type Row } from './row.js';
import type { CommandRow } from './types.js';

const PREPARED = ['it keeps what was prepared with one connection of one Redis', 'use HSET'] as const;

/** Expiry of single fields; the reply has one code for each field. */
const fieldExpire = (name: string): Row =>
  write(name, -6, '7.4.0', ONE_KEY, 'array', 'emptyArray', { check: 'fieldExpire', rewrite: 'fieldExpire' });

export const HASH_COMMANDS: readonly CommandRow[] = inGroup('hash',
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
  write('hincrbyfloat', 4, '2.6.0', ONE_KEY, 'bulk', 'zeroBulk', { check: 'hashIncrementFloat', note: FLOATS }),

  read('httl', -5, '7.4.0', ONE_KEY, 'array'),
  read('hpttl', -5, '7.4.0', ONE_KEY, 'array'),
  read('hexpiretime', -5, '7.4.0', ONE_KEY, 'array'),
  read('hpexpiretime', -5, '7.4.0', ONE_KEY, 'array'),
  fieldExpire('hexpire'),
  fieldExpire('hpexpire'),
  fieldExpire('hexpireat'),
  fieldExpire('hpexpireat'),
  write('hpersist', -5, '7.4.0', ONE_KEY, 'array', 'emptyArray', { check: 'fieldPersist' }),
  refused(UNPROVEN, 'use HGET and HDEL', 'hgetdel -5 8.0.0'),
  refused(UNPROVEN, 'use HGET and HPEXPIRE', 'hgetex -5 8.0.0'),
  refused(UNPROVEN, 'use HSET and HPEXPIRE', 'hsetex -6 8.0.0'),
  container(
    refusedRow('himport', -2, '8.10.0', ...PREPARED),
    refused(...PREPARED, `
      prepare -4 8.10.0
      set -5 8.10.0
      discard 3 8.10.0
      discardall 2 8.10.0
    `),
  ),
);
