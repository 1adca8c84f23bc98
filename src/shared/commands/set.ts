/** Set commands. */
import { ALL_KEYS, ONE_KEY, TWO_KEYS, inGroup, read, write } from './row.js';
import type { CommandRow } from './types.js';

export const SET_COMMANDS: readonly CommandRow[] = inGroup('set',
  read('scard', 2, '1.0.0', ONE_KEY, 'integer'),
  read('sismember', 3, '1.0.0', ONE_KEY, 'integer'),
  read('smismember', -3, '6.2.0', ONE_KEY, 'array'),
  read('smembers', 2, '1.0.0', ONE_KEY, 'array'),
  read('srandmember', -2, '1.0.0', ONE_KEY, 'any'),
  read('sscan', -3, '2.8.0', ONE_KEY, 'array'),
  read('sdiff', -2, '1.0.0', ALL_KEYS, 'array'),
  read('sinter', -2, '1.0.0', ALL_KEYS, 'array'),
  read('sintercard', -3, '7.0.0', { numkeys: 1 }, 'integer'),
  read('sunion', -2, '1.0.0', ALL_KEYS, 'array'),
  read('sdiffcard', -3, '8.10.0', { numkeys: 1 }, 'integer'),
  read('sunioncard', -3, '8.10.0', { numkeys: 1 }, 'integer'),
  write('sadd', -3, '1.0.0', ONE_KEY, 'integer', 'zero'),
  write('srem', -3, '1.0.0', ONE_KEY, 'integer', 'zero'),
  write('smove', 4, '1.0.0', TWO_KEYS, 'integer', 'zero'),
  write('sdiffstore', -3, '1.0.0', ALL_KEYS, 'integer', 'zero'),
  write('sinterstore', -3, '1.0.0', ALL_KEYS, 'integer', 'zero'),
  write('sunionstore', -3, '1.0.0', ALL_KEYS, 'integer', 'zero'),
  write('spop', -2, '1.0.0', ONE_KEY, 'any', 'nil', {
    check: 'spop', rewrite: 'spop', needs: 'candidates',
    note: 'What it may take is drawn once, before the log; every rack takes the first of these that is still there.',
  }),
);
