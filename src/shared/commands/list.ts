/** List commands. */
import { BLOCKING, UNPROVEN } from './notes.js';
import { ONE_KEY, TWO_KEYS, inGroup, read, refused, statusWrite, write } from './row.js';
import type { CommandRow } from './types.js';

export const LIST_COMMANDS: readonly CommandRow[] = inGroup('list',
  read('llen', 2, '1.0.0', ONE_KEY, 'integer'),
  read('lindex', 3, '1.0.0', ONE_KEY, 'bulk'),
  read('lrange', 4, '1.0.0', ONE_KEY, 'array'),
  read('lpos', -3, '6.0.6', ONE_KEY, 'any'),
  write('lpush', -3, '1.0.0', ONE_KEY, 'integer', 'zero'),
  write('rpush', -3, '1.0.0', ONE_KEY, 'integer', 'zero'),
  write('lpushx', -3, '2.2.0', ONE_KEY, 'integer', 'zero'),
  write('rpushx', -3, '2.2.0', ONE_KEY, 'integer', 'zero'),
  write('lpop', -2, '1.0.0', ONE_KEY, 'bulk', 'nil', { check: 'pop' }),
  write('rpop', -2, '1.0.0', ONE_KEY, 'bulk', 'nil', { check: 'pop' }),
  write('lmpop', -4, '7.0.0', { numkeys: 1 }, 'array', 'nilArray', { check: 'lmpop' }),
  write('lmove', 5, '6.2.0', TWO_KEYS, 'bulk', 'nil', { check: 'lmove' }),
  write('rpoplpush', 3, '1.2.0', TWO_KEYS, 'bulk', 'nil'),
  write('linsert', 5, '2.2.0', ONE_KEY, 'integer', 'zero', { check: 'linsert' }),
  write('lrem', 4, '1.0.0', ONE_KEY, 'integer', 'zero', { check: 'count' }),
  // Its +OK says that the key and the index exist: known only when it is applied.
  write('lset', 4, '1.0.0', ONE_KEY, 'ok', 'ok'),
  statusWrite('ltrim', 4, '1.0.0', ONE_KEY, { check: 'twoIntegers' }),
  refused(BLOCKING, 'poll with LMPOP, LMOVE or LPOP', `
    blpop -3 2.0.0
    brpop -3 2.0.0
    blmpop -5 7.0.0
    blmove 6 6.2.0
    brpoplpush 4 2.2.0
    blmovem -6 8.10.0
  `),
  refused(UNPROVEN, 'use LMOVE', 'lmovem -5 8.10.0'),
);
