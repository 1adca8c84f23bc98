import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/shared/commands/classify.js';
import { hasReservedKey } from '../../../src/shared/commands/keys.js';
import { answeredAtLog, logReply } from '../../../src/shared/commands/log-reply.js';
import { arityRefusal, refusal, reservedRefusal, tooBigRefusal } from '../../../src/shared/commands/refusal.js';
import {
  commandIndex, KIND_FILTERED, KIND_LOCAL, KIND_READ, KIND_REFUSED, KIND_WRITE, type Kind,
} from '../../../src/shared/commands/table.js';
import { encodeCommandArray } from '../../../src/shared/resp/encode.js';

type Asked<T> = (command: number, buffer: Buffer, start: number, end: number) => T;

/** Asks about a command line; the frame stands between other bytes. */
function ask<T>(question: Asked<T>, line: string | string[]): T {
  const args = typeof line === 'string' ? line.split(' ') : line;
  const frame = Buffer.concat([Buffer.from('*1\r\n'), encodeCommandArray(args), Buffer.from('*1\r\n')]);
  return question(commandIndex(args[0].toLowerCase()), frame, 4, frame.length - 4);
}

test('kinds by arguments', () => {
  const cases: Array<[string | string[], Kind]> = [
    ['get a', KIND_READ], ['set a 1', KIND_WRITE], ['ping', KIND_LOCAL], ['keys *', KIND_FILTERED], ['spop a',
      KIND_REFUSED],
    ['getex a', KIND_READ], ['getex a persist', KIND_WRITE], ['getex a ex 1', KIND_WRITE], ['getex a nonsense',
      KIND_WRITE],
    ['sort a', KIND_READ], ['sort a by x get # limit 0 1 desc', KIND_READ], ['SORT a STORE b', KIND_WRITE],
      ['sort a alpha store b', KIND_WRITE],
    ['sort a by store', KIND_READ], ['sort a get store', KIND_READ], ['sort a by store store b', KIND_WRITE],
      ['sort a limit store store', KIND_READ],
    ['sort a limit 0 1 store b', KIND_WRITE], ['sort a store', KIND_READ], ['sort a by', KIND_READ], [['sort', 'a',
      'StOrE\0x', 'b'], KIND_WRITE],
    ['copy a b', KIND_WRITE], ['copy a b replace', KIND_WRITE], ['copy a b DB 1', KIND_REFUSED],
      ['copy a b replace db 1', KIND_REFUSED],
    [['copy', 'a', 'b', 'db\0', '1'], KIND_REFUSED], ['copy db db', KIND_WRITE],
    ['bitfield a get u8 0', KIND_READ], ['bitfield a get u8 0 get i5 #1', KIND_READ], ['bitfield a', KIND_READ],
    ['bitfield a set u8 0 1', KIND_WRITE], ['bitfield a get u8 0 incrby u8 0 1', KIND_WRITE],
      ['bitfield a overflow sat get u8 0', KIND_READ],
    ['bitfield a nonsense', KIND_WRITE],
    ['object encoding a', KIND_READ], ['OBJECT Freq a', KIND_READ], ['object help', KIND_READ], ['object set a',
      KIND_REFUSED], ['object', KIND_READ],
    ['memory usage a', KIND_READ], ['memory purge', KIND_REFUSED], ['memory doctor', KIND_REFUSED],
  ];
  for (const [line, kind] of cases) assert.equal(ask(classify, line), kind, String(line));
  assert.equal(classify(-1, Buffer.from('*1\r\n$1\r\nx\r\n'), 0, 11), KIND_REFUSED);
  assert.equal(classify(-2, Buffer.alloc(0), 0, 0), KIND_REFUSED);
});

test('the reserved prefix counts where keys stand, and only there', () => {
  const own = '__pylon__:fence';
  for (const line of [`get ${own}`, `mget a ${own}`, `mset a 1 ${own} 2`, `bitop and ${own} a`, `bitop and a ${own}`,
    `rename a ${own}`,
    `zunionstore ${own} 1 a`, `zunionstore d 2 a ${own}`, `lmpop 1 ${own} left`, `sort a store ${own}`,
      `sort a by ${own}`, `object encoding ${own}`,
    `memory usage ${own}`, `zinter 2 a ${own}`, `del a b ${own}`, `sort_ro a get ${own}*`]) {
    assert.equal(ask(hasReservedKey, line), true, line);
  }
  for (const line of [`set a ${own}`, `mset a ${own}`, `hset a ${own} ${own}`, `lpush a ${own}`, `zadd a 1 ${own}`,
    `zunionstore d 1 a weights ${own}`,
    `lmpop 1 a ${own}`, `lmpop x ${own} left`, `sadd a ${own}`, `linsert a before ${own} x`, `get __pylon__`]) {
    assert.equal(ask(hasReservedKey, line), false, line);
  }
});

test('refusals name the command, the reason and the way out', () => {
  assert.equal(ask(refusal, 'Subscribe a').toString(),
    "-ERR PYLON refuses 'subscribe': messages do not go through the log; "
      + 'use a message broker, or connect to Redis itself\r\n');
  assert.equal(ask(refusal, 'copy a b db 1').toString(),
    "-ERR PYLON refuses 'copy ... db': Pylon has one keyspace; use key prefixes\r\n");
  assert.match(ask(refusal, 'memory PURGE').toString(), /^-ERR PYLON refuses 'memory purge': /);
  assert.equal(arityRefusal(commandIndex('set')).toString(), "-ERR wrong number of arguments for 'set' command\r\n");
  assert.match(reservedRefusal(commandIndex('get')).toString(),
    /^-ERR PYLON refuses 'get': keys beginning with '__pylon__:'/);
  assert.match(tooBigRefusal(16).toString(), /^-PYLON_TOO_BIG .* 16 bytes .*nothing was logged/);
  assert.throws(() => refusal(-2, Buffer.alloc(0), 0, 0), RangeError);
});

test('replies at the log have the type of the true reply', () => {
  const cases: Array<[string, string, string?]> = [
    ['set a 1', '+OK'], ['set a 1 nx', '+OK'], ['set a 1 get', '$-1', '_'], ['set a 1 ex 10 get', '$-1', '_'],
      ['set get 1 ex get', '+OK'],
    ['incr a', ':0'], ['getset a 1', '$-1', '_'], ['lpop a', '$-1', '_'], ['lpop a 2', '*-1', '_'], ['lmpop 1 a left',
      '*-1', '_'],
    ['zpopmin a', '*0'], ['zadd a 1 m', ':0'], ['zadd a nx incr 1 m', '$1\r\n0', ',0'], ['zadd a 1 incr', ':0'],
      ['zincrby a 1 m', '$1\r\n0', ',0'],
    ['hincrbyfloat a f 1', '$1\r\n0'], ['rename a b', '+OK'], ['flushall', '+OK'], ['del a', ':0'],
      ['bitfield a set u8 0 1', '*0'],
  ];
  for (const [line, two, three] of cases) {
    assert.equal(ask(logReply, line).toString(), `${two}\r\n`, line);
    assert.equal(ask((c, b, s, e) => logReply(c, b, s, e, 3), line).toString(), `${three ?? two}\r\n`, line);
  }
});

test('only a reply that tells nothing but "logged" is given at the log', () => {
  for (const line of ['set a 1', 'set a 1 ex 10', 'set a 1 keepttl', 'set a 1 ex nx', 'mset a 1', 'setex a 1 v',
    'psetex a 1 v', 'hmset a f v', 'ltrim a 0 1',
    'flushall', 'flushdb async']) assert.equal(ask(answeredAtLog, line), true, line);
  for (const line of ['set a 1 nx', 'set a 1 XX', 'set a 1 get', 'set a 1 ex 10 nx', 'rename a b', 'lset a 0 v',
    'restore a 0 x', 'incr a', 'del a', 'setnx a 1',
    'getex a persist']) assert.equal(ask(answeredAtLog, line), false, line);
});
