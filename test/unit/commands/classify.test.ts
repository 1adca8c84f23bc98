import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/shared/commands/classify.js';
import { hasReservedKey } from '../../../src/shared/commands/keys.js';
import { answeredAtLog, logReply } from '../../../src/shared/commands/log-reply.js';
import { arityRefusal, payloadRefusal, refusal, reservedRefusal, sinceRefusal,
  tooBigRefusal } from '../../../src/shared/commands/refusal.js';
import {
  commandIndex, COMMANDS, KIND_FILTERED, KIND_LOCAL, KIND_READ, KIND_REFUSED, KIND_WRITE, type Kind,
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
    ['get a', KIND_READ], ['set a 1', KIND_WRITE], ['ping', KIND_LOCAL], ['keys *', KIND_FILTERED], ['blpop a 0',
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
    [['memory', 'usage\0', 'a'], KIND_REFUSED], ['memory', KIND_READ],
    ['georadius a 1 2 3 m', KIND_READ], ['georadius a 1 2 3 m withdist count 3', KIND_READ],
    ['georadius a 1 2 3 m STORE b', KIND_WRITE], ['georadius a 1 2 3 m asc storedist b', KIND_WRITE],
    [['georadius', 'a', '1', '2', '3', 'm', 'store\0x', 'b'], KIND_WRITE], ['georadiusbymember a store 3 m', KIND_READ],
    ['georadiusbymember a m 3 m store b', KIND_WRITE], ['georadiusbymember a m 3 store b', KIND_READ],
    ['xread streams a 0', KIND_READ], ['xread count 2 streams block 0', KIND_READ], ['xread block 0 streams a $',
    KIND_REFUSED],
    ['XREAD COUNT 2 BLOCK 0 STREAMS a $', KIND_REFUSED], [['xread', 'block\0', '0', 'streams', 'a', '$'], KIND_REFUSED],
    ['xread nonsense 3 block 0 streams a $', KIND_REFUSED], ['xread count streams block 0 streams s $', KIND_REFUSED],
    ['xreadgroup group streams c streams a >', KIND_WRITE], ['xreadgroup group streams c block 0 streams a >',
    KIND_REFUSED],
    ['xreadgroup group block block streams a >', KIND_WRITE], ['xreadgroup noack group g c block 5 streams a >',
    KIND_REFUSED],
    ['xclaim a g c 0 1-1', KIND_WRITE], ['xclaim a g c -5 1-1', KIND_WRITE], ['xclaim a g c 1 1-1', KIND_REFUSED],
    ['xclaim a g c x 1-1', KIND_REFUSED], ['xautoclaim a g c 0 0', KIND_WRITE], ['xautoclaim a g c 60000 0',
    KIND_REFUSED],
    ['xgroup create a g $', KIND_WRITE], ['XGROUP DelConsumer a g c', KIND_WRITE], ['xgroup help', KIND_READ],
    ['xgroup nonsense a', KIND_REFUSED], ['xgroup', KIND_WRITE], ['xinfo stream a', KIND_READ], ['xinfo nonsense',
    KIND_REFUSED],
    ['client id', KIND_LOCAL], ['client nonsense', KIND_LOCAL], ['client', KIND_LOCAL], ['client kill x', KIND_REFUSED],
    ['config get *', KIND_LOCAL], ['config set a b', KIND_REFUSED], ['command', KIND_LOCAL], ['command docs',
    KIND_LOCAL],
    ['acl whoami', KIND_REFUSED], ['acl nonsense', KIND_REFUSED], ['script load x', KIND_REFUSED],
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
    `memory usage ${own}`, `zinter 2 a ${own}`, `xread streams a ${own} 0 0`, `xgroup create ${own} g 0`,
    `georadius a 1 2 3 m store ${own}`, `geosearchstore ${own} a`, `pfmerge a ${own}`, `xinfo stream ${own}`,
      `del a b ${own}`, `sort_ro a get ${own}*`]) {
    assert.equal(ask(hasReservedKey, line), true, line);
  }
  for (const line of [`set a ${own}`, `mset a ${own}`, `hset a ${own} ${own}`, `lpush a ${own}`, `zadd a 1 ${own}`,
    `zunionstore d 1 a weights ${own}`,
    `lmpop 1 a ${own}`, `lmpop x ${own} left`, `sadd a ${own}`, `linsert a before ${own} x`, `xadd a * ${own} ${own}`,
      `xread streams a b ${own} 0`, `xgroup create a ${own} 0`, `get __pylon__`]) {
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
  assert.match(ask(refusal, 'CLIENT Kill x').toString(), /^-ERR PYLON refuses 'client kill': /);
  assert.match(ask(refusal, 'acl nonsense').toString(), /^-ERR PYLON refuses 'acl': /);
  assert.equal(ask(refusal, 'xgroup Foo').toString(), "-ERR unknown subcommand 'Foo'. Try XGROUP HELP.\r\n");
  assert.match(ask(refusal, 'xread block 0 streams a $').toString(),
    /^-ERR PYLON refuses 'xread ... block': it blocks the connection; poll with /);
  assert.match(ask(refusal, 'xclaim a g c 5 1-1').toString(),
    /^-ERR PYLON refuses 'xclaim ... min-idle-time': .*; ask /);
  assert.equal(arityRefusal(commandIndex('set')).toString(), "-ERR wrong number of arguments for 'set' command\r\n");
  assert.match(reservedRefusal(commandIndex('get')).toString(),
    /^-ERR PYLON refuses 'get': keys beginning with '__pylon__:'/);
  assert.match(tooBigRefusal(16).toString(), /^-PYLON_TOO_BIG .* 16 bytes .*nothing was logged/);
  assert.throws(() => refusal(-2, Buffer.alloc(0), 0, 0), RangeError);
});

test('every refusal has the one form', () => {
  const refused = COMMANDS.flatMap((row) => [row, ...row.subcommands ?? []]).filter(({ kind }) => kind === 'refused');
  assert.ok(refused.length > 150);
  for (const row of refused) {
    const line = ask(refusal, row.name.split('|')).toString();
    assert.match(line, /^-ERR PYLON refuses '[^']+': [^;]+; [^;]+\r\n$/, row.name);
    assert.ok(line.includes(`'${row.name.replace('|', ' ')}'`), line);
  }
});

test('a command that a rack does not have is refused by its version', () => {
  const asked = (name: string, version: string): string | undefined => sinceRefusal(commandIndex(name),
    version)?.toString();
  assert.equal(asked('lmpop', '6.2.14'),
    "-ERR PYLON refuses 'lmpop': it needs Redis 7.0.0 and there is a rack with 6.2.14; update its Redis\r\n");
  assert.equal(asked('lmpop', '7.0.15'), undefined);
  assert.equal(asked('client', '1.0.0'), undefined);
});

test('a payload that a rack cannot load is refused', () => {
  // A whole payload of "v" from Redis 7.0; the version is in its footer, the checksum does not matter here.
  const frame = (rdbVersion: number): Buffer =>
    encodeCommandArray(['RESTORE', 'k', '0', Buffer.from([0, 1, 0x76, rdbVersion, 0, 1, 2, 3, 4, 5, 6, 7, 8])]);
  const asked = (rdbVersion: number, redis: string): string | undefined => {
    const bytes = frame(rdbVersion);
    return payloadRefusal(commandIndex('restore'), bytes, 0, bytes.length, redis)?.toString();
  };
  assert.equal(asked(10, '7.0.15'), undefined);
  assert.equal(asked(11, '7.2.4'), undefined);
  assert.equal(asked(12, '7.4.1'), undefined);
  assert.equal(asked(99, '8.2.0'), undefined);
  assert.match(asked(11, '7.0.15')!, /^-ERR PYLON refuses 'restore': .* version 11 .* Redis 7\.0\.15; dump from /);
  assert.ok(asked(12, '7.2.9'));
  const get = encodeCommandArray(['GET', 'k']);
  assert.equal(payloadRefusal(commandIndex('get'), get, 0, get.length, '7.0.0'), null);
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
    ['geoadd a 1 2 m', ':0'], ['georadius a 1 2 3 m store b', ':0'], ['pfadd a x', ':0'], ['pfmerge a b', '+OK'],
    ['xadd a * f v', '$-1', '_'], ['xgroup create a g 0', '+OK'], ['xgroup destroy a g', ':0'], ['xclaim a g c 0 1',
    '*0'],
    ['xreadgroup group g c streams a >', '*-1', '_'],
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
