import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lookupCommand } from '../../../src/shared/commands/lookup.js';
import {
  ARITY_MAX, ARITY_MIN, BY_ARGUMENTS, commandIndex, COMMANDS, KIND_OF, KIND_READ, KIND_REFUSED, KIND_WRITE,
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

test('rows are complete', () => {
  for (const row of COMMANDS) {
    assert.equal(row.name, row.name.toLowerCase());
    assert.notEqual(row.arity, 0, row.name);
    assert.equal(row.kind === 'write', row.logReply !== undefined && row.answered !== undefined,
      `${row.name}: write columns`);
    assert.equal(row.kind === 'refused', row.reason !== undefined && row.instead !== undefined, `${row.name}: reason`);
    if (row.check !== undefined || row.rewrite !== undefined) assert.equal(row.kind, 'write', row.name);
    if (row.answered === 'log') assert.equal(row.reply, 'ok', `${row.name}: only a status is known at the log`);
    if (row.since !== 'Pylon') assert.match(row.since, /^\d+\.\d+\.\d+$/);
  }
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
    'sdiffstore', 'zunionstore', 'persist', 'flushall', 'linsert', 'lset', 'incr'];
  for (const name of writes) assert.equal(KIND_OF[commandIndex(name)], KIND_WRITE, name);
  const refused = ['spop', 'pfcount', 'pfadd', 'xadd', 'xread', 'blpop', 'eval', 'publish', 'multi', 'move', 'swapdb',
    'migrate', 'wait', 'geoadd',
    'georadius', 'monitor', 'shutdown', 'cluster', 'watch'];
  for (const name of refused) assert.equal(KIND_OF[commandIndex(name)], KIND_REFUSED, name);
});
