import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lookupCommand } from '../../../src/shared/commands/lookup.js';
import { settle } from '../../../src/shared/commands/needs.js';
import { isNewer } from '../../../src/shared/commands/since.js';
import {
  ALL_ROWS, ARITY_MAX, ARITY_MIN, BY_ARGUMENTS, commandIndex, COMMANDS, KIND_OF, KIND_READ, KIND_REFUSED, KIND_WRITE,
  type CommandRow,
} from '../../../src/shared/commands/table.js';

const find = (name: string): number => lookupCommand(Buffer.from(`${name}\r\n`, 'latin1'), 0, Buffer.byteLength(name,
  'latin1'));

test('every name is found, in any case, and nothing near it', () => {
  COMMANDS.forEach((row, index) => {
    assert.equal(find(row.name), index);
    assert.equal(find(row.name.toUpperCase()), index);
    assert.equal(find(row.name[0].toUpperCase() + row.name.slice(1)), index);
    for (const near of [`${row.name}x`, row.name.slice(1), `x${row.name}`, `${row.name} `, `${row.name}\0`]) {
      if (!COMMANDS.some((other) => other.name === near)) assert.equal(find(near), -1, near);
    }
  });
  for (const other of ['', '\0', '\r\n', 'x'.repeat(1000), 'sort\x7fro', 'SORT\x1fRO', '\x07et',
    's\x85t']) assert.equal(find(other), -1);
});

test('the name may stand anywhere in a buffer', () => {
  const bytes = Buffer.from('xxGETxx');
  assert.equal(lookupCommand(bytes, 2, 3), commandIndex('get'));
});

const withSubcommands = (rows: readonly CommandRow[]): CommandRow[] =>
  rows.flatMap((row) => [row, ...row.subcommands ?? []]);

test('rows are complete', () => {
  for (const row of [...withSubcommands(ALL_ROWS), ...withSubcommands(COMMANDS)]) {
    assert.equal(row.name, row.name.toLowerCase());
    assert.notEqual(row.arity, 0, row.name);
    assert.equal(row.kind === 'write', row.logReply !== undefined && row.answered !== undefined,
      `${row.name}: write columns`);
    assert.equal(row.kind === 'refused', row.reason !== undefined && row.instead !== undefined, `${row.name}: reason`);
    if (row.check !== undefined || row.rewrite !== undefined) assert.equal(row.kind, 'write', row.name);
    if (row.answered === 'log') assert.equal(row.reply, 'ok', `${row.name}: only a status is known at the log`);
    if (row.readRewrite !== undefined) assert.equal(row.kind, 'read', row.name);
    if (row.since !== 'Pylon') assert.match(row.since, /^\d+\.\d+\.\d+$/);
  }
  for (const row of COMMANDS) {
    for (const { name, answered } of row.subcommands ?? []) {
      assert.ok(name.startsWith(`${row.name}|`), name);
      assert.notEqual(answered, 'log', `${name}: answeredAtLog does not look at subcommands`);
    }
  }
});

test('a row whose need is not met is refused with its reason, and stands when it is', () => {
  const all = { since: true, rewriteRead: true, candidates: true };
  for (const [name, need] of [['hexpire', 'since'], ['digest', 'since'], ['pfcount', 'rewriteRead'], ['spop',
    'candidates']] as const) {
    const row = ALL_ROWS.find((candidate) => candidate.name === name)!;
    assert.equal(settle(row, all), row);
    const without = settle(row, { ...all, [need]: false });
    assert.equal(without.kind, 'refused');
    assert.ok(without.reason!.length > 10 && without.instead!.length > 5);
    assert.equal(without.check ?? without.rewrite ?? without.logReply ?? without.readRewrite, undefined);
  }
  const get = ALL_ROWS.find(({ name }) => name === 'get')!;
  assert.equal(settle(get, { since: false, rewriteRead: false, candidates: false }), get);
});

test('what asks more than its kind does not take the fast path', () => {
  for (const name of ['pfcount', 'hexpire', 'httl', 'object', 'xinfo', 'xread', 'georadius', 'client']) {
    const index = commandIndex(name);
    assert.ok(KIND_OF[index] === KIND_REFUSED || BY_ARGUMENTS[index] === 1, name);
  }
  for (const name of ['get', 'mget', 'hgetall', 'lrange', 'zrange', 'geosearch', 'xrange', 'lmpop']) {
    assert.equal(BY_ARGUMENTS[commandIndex(name)], 0, name);
  }
});

test('versions are compared by their numbers', () => {
  for (const [a, b] of [['7.4.0', '7.0.15'], ['7.10.0', '7.9.9'], ['8.0.0', '7.4.1'], ['7.0.1', '7.0'], ['8.0.1',
    '8.0-rc1']] as const) {
    assert.ok(isNewer(a, b), `${a} after ${b}`);
    assert.equal(isNewer(b, a), false, `${b} not after ${a}`);
  }
  assert.equal(isNewer('7.0.0', '7.0.0'), false);
  assert.equal(isNewer('Pylon', '7.0.0'), false);
  assert.equal(isNewer('7.4.0', '255.255.255'), false);
});

test('typed arrays agree with the rows', () => {
  assert.equal(KIND_OF[commandIndex('get')], KIND_READ);
  assert.equal(KIND_OF[commandIndex('set')], KIND_WRITE);
  assert.equal(KIND_OF[commandIndex('subscribe')], KIND_REFUSED);
  assert.equal(BY_ARGUMENTS[commandIndex('sort')], 1);
  assert.equal(BY_ARGUMENTS[commandIndex('get')], 0);
  assert.deepEqual([ARITY_MIN[commandIndex('get')], ARITY_MAX[commandIndex('get')]], [2, 2]);
  assert.equal(ARITY_MIN[commandIndex('mset')], 3);
  assert.ok(ARITY_MAX[commandIndex('mset')] > 1_000_000);
  assert.throws(() => commandIndex('nope'), RangeError);
});

test('commands that must never pass for reads', () => {
  const writes = ['set', 'getset', 'getdel', 'getex', 'sort', 'bitfield', 'lpop', 'lmpop', 'zmpop', 'zrangestore',
    'copy', 'restore', 'rename', 'expire',
    'sdiffstore', 'zunionstore', 'persist', 'flushall', 'linsert', 'lset', 'incr', 'geoadd', 'georadius',
    'georadiusbymember', 'geosearchstore', 'pfadd', 'pfmerge', 'xadd', 'xreadgroup', 'xclaim', 'xgroup'];
  for (const name of writes) assert.equal(KIND_OF[commandIndex(name)], KIND_WRITE, name);
  const refused = ['blpop', 'eval', 'eval_ro', 'publish', 'move', 'swapdb', 'migrate', 'wait', 'monitor', 'shutdown',
    'cluster', 'pfdebug', 'vadd', 'delex'];
  for (const name of refused) assert.equal(KIND_OF[commandIndex(name)], KIND_REFUSED, name);
});
