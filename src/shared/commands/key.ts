/** Commands on keys of any type, on their expiry, and on the whole keyspace. */
import { ALL_KEYS, NO_KEYS, ONE_KEY, TWO_KEYS, read, statusWrite, write } from './row.js';
import type { CommandRow, ReplyType } from './types.js';

const filtered = (name: string, arity: number, since: string, reply: ReplyType): CommandRow => ({
  name, arity, kind: 'filtered', keys: NO_KEYS, reply, since,
});

const expire = (name: string, since: string): CommandRow =>
  write(name, -3, since, ONE_KEY, 'integer', 'zero', { check: 'expire', rewrite: 'expire' });

export const KEY_COMMANDS: readonly CommandRow[] = [
  read('exists', -2, '1.0.0', ALL_KEYS, 'integer'),
  read('type', 2, '1.0.0', ONE_KEY, 'simple'),
  read('ttl', 2, '1.0.0', ONE_KEY, 'integer'),
  read('pttl', 2, '2.6.0', ONE_KEY, 'integer'),
  read('expiretime', 2, '7.0.0', ONE_KEY, 'integer'),
  read('pexpiretime', 2, '7.0.0', ONE_KEY, 'integer'),
  read('touch', -2, '3.2.1', ALL_KEYS, 'integer'),
  read('dump', 2, '2.6.0', ONE_KEY, 'bulk'),
  // Their key stands behind a subcommand; classify.ts admits the subcommands that only read.
  read('object', -2, '2.2.3', { first: 2, last: 2, step: 1 }, 'any', { byArguments: 'object' }),
  read('memory', -2, '4.0.0', { first: 2, last: 2, step: 1 }, 'any', { byArguments: 'memory' }),
  read('sort_ro', -2, '7.0.0', ONE_KEY, 'array'),
  filtered('keys', 2, '1.0.0', 'array'),
  filtered('scan', -2, '2.8.0', 'array'),
  filtered('randomkey', 1, '1.0.0', 'bulk'),
  filtered('dbsize', 1, '1.0.0', 'integer'),
  write('del', -2, '1.0.0', ALL_KEYS, 'integer', 'zero'),
  write('unlink', -2, '4.0.0', ALL_KEYS, 'integer', 'zero'),
  // Their +OK says that the key exists: known only when they are applied.
  write('rename', 3, '1.0.0', TWO_KEYS, 'ok', 'ok'),
  write('renamenx', 3, '1.0.0', TWO_KEYS, 'integer', 'zero'),
  write('restore', -4, '2.6.0', ONE_KEY, 'ok', 'ok', { check: 'restore', rewrite: 'restore' }),
  write('copy', -3, '6.2.0', TWO_KEYS, 'integer', 'zero', { byArguments: 'copy', check: 'copy' }),
  write('sort', -2, '1.0.0', 'sort', 'array', 'zero', { byArguments: 'sort', check: 'sort' }),
  write('persist', 2, '2.2.0', ONE_KEY, 'integer', 'zero'),
  expire('expire', '1.0.0'),
  expire('pexpire', '2.6.0'),
  expire('expireat', '1.2.0'),
  expire('pexpireat', '2.6.0'),
  statusWrite('flushdb', -1, '1.0.0', NO_KEYS, { check: 'flush' }),
  statusWrite('flushall', -1, '1.0.0', NO_KEYS, { check: 'flush', rewrite: 'flushall' }),
];
