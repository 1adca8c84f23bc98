/** String and bitmap commands. */
import { ALL_KEYS, ONE_KEY, TWO_KEYS, inGroup, read, refused, statusWrite, write } from './row.js';
import { FLOATS, UNPROVEN } from './notes.js';
import type { CommandRow, KeySpec } from './types.js';

const EVERY_SECOND: KeySpec = { first: 1, last: -1, step: 2 };

const STRINGS = inGroup('string',
  read('get', 2, '1.0.0', ONE_KEY, 'bulk'),
  read('getrange', 4, '2.4.0', ONE_KEY, 'bulk'),
  read('substr', 4, '1.0.0', ONE_KEY, 'bulk'),
  read('mget', -2, '1.0.0', ALL_KEYS, 'array'),
  read('strlen', 2, '2.2.0', ONE_KEY, 'integer'),
  read('lcs', -3, '7.0.0', TWO_KEYS, 'any'),
  statusWrite('set', -3, '1.0.0', ONE_KEY, { check: 'set', rewrite: 'set' }),
  statusWrite('setex', 4, '2.0.0', ONE_KEY, { check: 'setex', rewrite: 'setex' }),
  statusWrite('psetex', 4, '2.6.0', ONE_KEY, { check: 'setex', rewrite: 'setex' }),
  statusWrite('mset', -3, '1.0.1', EVERY_SECOND, { check: 'pairs' }),
  write('msetnx', -3, '1.0.1', EVERY_SECOND, 'integer', 'zero', { check: 'pairs' }),
  write('setnx', 3, '1.0.0', ONE_KEY, 'integer', 'zero'),
  write('getset', 3, '1.0.0', ONE_KEY, 'bulk', 'nil'),
  write('getdel', 2, '6.2.0', ONE_KEY, 'bulk', 'nil'),
  write('getex', -2, '6.2.0', ONE_KEY, 'bulk', 'nil', { byArguments: 'getex', check: 'getex', rewrite: 'getex' }),
  write('append', 3, '2.0.0', ONE_KEY, 'integer', 'zero'),
  write('setrange', 4, '2.2.0', ONE_KEY, 'integer', 'zero', { check: 'setrange' }),
  write('incr', 2, '1.0.0', ONE_KEY, 'integer', 'zero'),
  write('decr', 2, '1.0.0', ONE_KEY, 'integer', 'zero'),
  write('incrby', 3, '1.0.0', ONE_KEY, 'integer', 'zero', { check: 'increment' }),
  write('decrby', 3, '1.0.0', ONE_KEY, 'integer', 'zero', { check: 'decrement' }),
  write('incrbyfloat', 3, '2.6.0', ONE_KEY, 'bulk', 'zeroBulk', { check: 'incrementFloat', note: FLOATS }),
  read('digest', 2, '8.4.0', ONE_KEY, 'bulk'),
  refused(UNPROVEN, 'use GET and DEL', 'delex -2 8.4.0'),
  refused(UNPROVEN, 'use MSET and PEXPIREAT', 'msetex -4 8.4.0'),
  refused(UNPROVEN, 'use INCRBY and PEXPIREAT', 'increx -2 8.8.0'),
);

const BITMAPS = inGroup('bitmap',
  read('getbit', 3, '2.2.0', ONE_KEY, 'integer'),
  read('bitcount', -2, '2.6.0', ONE_KEY, 'integer'),
  read('bitpos', -3, '2.8.7', ONE_KEY, 'integer'),
  read('bitfield_ro', -2, '6.0.0', ONE_KEY, 'array'),
  write('setbit', 4, '2.2.0', ONE_KEY, 'integer', 'zero', { check: 'setbit' }),
  write('bitop', -4, '2.6.0', { first: 2, last: -1, step: 1 }, 'integer', 'zero', { check: 'bitop' }),
  write('bitfield', -2, '3.2.0', ONE_KEY, 'array', 'emptyArray', { byArguments: 'bitfield', check: 'bitfield' }),
);

export const STRING_COMMANDS: readonly CommandRow[] = [...STRINGS, ...BITMAPS];
