/** Commands on keys of any type, on their expiry, and on the whole keyspace. */
import {
  ALL_KEYS, NO_KEYS, ONE_KEY, SUB_KEY, TWO_KEYS, container, inGroup, read, refused, statusWrite, write, type Row,
} from './row.js';
import { PAST_PYLON } from './notes.js';
import type { CommandRow, ReplyType } from './types.js';

const filtered = (name: string, arity: number, since: string, reply: ReplyType): Row => ({
  name, arity, kind: 'filtered', keys: NO_KEYS, reply, since,
});

const expire = (name: string, since: string): Row =>
  write(name, -3, since, ONE_KEY, 'integer', 'zero', { check: 'expire', rewrite: 'expire' });

const GENERIC = inGroup('generic',
  read('exists', -2, '1.0.0', ALL_KEYS, 'integer'),
  read('type', 2, '1.0.0', ONE_KEY, 'simple'),
  read('ttl', 2, '1.0.0', ONE_KEY, 'integer'),
  read('pttl', 2, '2.6.0', ONE_KEY, 'integer'),
  read('expiretime', 2, '7.0.0', ONE_KEY, 'integer'),
  read('pexpiretime', 2, '7.0.0', ONE_KEY, 'integer'),
  read('touch', -2, '3.2.1', ALL_KEYS, 'integer'),
  read('dump', 2, '2.6.0', ONE_KEY, 'bulk'),
  container(
    read('object', -2, '2.2.3', NO_KEYS, 'any'),
    read('encoding', 3, '2.2.3', SUB_KEY, 'bulk', { note: 'May differ from rack to rack.' }),
    read('freq', 3, '4.0.0', SUB_KEY, 'integer', { note: 'Differs from rack to rack.' }),
    read('idletime', 3, '2.2.3', SUB_KEY, 'integer', { note: 'Differs from rack to rack.' }),
    read('refcount', 3, '2.2.3', SUB_KEY, 'integer', { note: 'May differ from rack to rack.' }),
    read('help', 2, '6.2.0', NO_KEYS, 'array'),
  ),
  read('sort_ro', -2, '7.0.0', ONE_KEY, 'array'),
  filtered('keys', 2, '1.0.0', 'array'),
  filtered('scan', -2, '2.8.0', 'array'),
  filtered('randomkey', 1, '1.0.0', 'bulk'),
  write('del', -2, '1.0.0', ALL_KEYS, 'integer', 'zero'),
  write('unlink', -2, '4.0.0', ALL_KEYS, 'integer', 'zero'),
  // Their +OK says that the key exists: known only when they are applied.
  write('rename', 3, '1.0.0', TWO_KEYS, 'ok', 'ok'),
  write('renamenx', 3, '1.0.0', TWO_KEYS, 'integer', 'zero'),
  write('restore', -4, '2.6.0', ONE_KEY, 'ok', 'ok', {
    check: 'restore', rewrite: 'restore',
    note: 'A payload of a newer Redis than that of some rack is an error there: dump from the oldest.',
  }),
  write('copy', -3, '6.2.0', TWO_KEYS, 'integer', 'zero', {
    byArguments: 'copy', check: 'copy',
    refusedForm: { form: 'copy ... db', reason: 'Pylon has one keyspace', instead: 'use key prefixes' },
  }),
  write('sort', -2, '1.0.0', 'sort', 'array', 'zero', { byArguments: 'sort', check: 'sort' }),
  write('persist', 2, '2.2.0', ONE_KEY, 'integer', 'zero'),
  expire('expire', '1.0.0'),
  expire('pexpire', '2.6.0'),
  expire('expireat', '1.2.0'),
  expire('pexpireat', '2.6.0'),
);

const SERVER = inGroup('server',
  filtered('dbsize', 1, '1.0.0', 'integer'),
  statusWrite('flushdb', -1, '1.0.0', NO_KEYS, { check: 'flush' }),
  statusWrite('flushall', -1, '1.0.0', NO_KEYS, { check: 'flush', rewrite: 'flushall' }),
  container(
    read('memory', -2, '4.0.0', NO_KEYS, 'any'),
    read('usage', -3, '4.0.0', SUB_KEY, 'integer', { note: 'May differ from rack to rack.' }),
    read('help', 2, '4.0.0', NO_KEYS, 'array'),
    refused(PAST_PYLON, 'connect to that Redis itself', `
      doctor 2 4.0.0
      malloc-stats 2 4.0.0
      purge 2 4.0.0
      stats 2 4.0.0
    `),
  ),
);

export const KEY_COMMANDS: readonly CommandRow[] = [...GENERIC, ...SERVER];
