/**
 * Rewriting for apply, held against a real Redis: the rewritten command answers, writes and expires like the original.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { rewriteForApply } from '../../src/shared/commands/rewrite.js';
import { validateWrite } from '../../src/shared/commands/validate.js';
import { commandIndex } from '../../src/shared/commands/table.js';
import { RespError, type RespValue } from '../../src/shared/resp/decode.js';
import { encodeCommandArray } from '../../src/shared/resp/encode.js';
import { RedisProcess, type RedisConnection } from '../support/redis-on-socket.js';

let redis: RedisProcess;
let connection: RedisConnection;

before(async () => {
  redis = await RedisProcess.start();
  connection = await redis.connect();
});
after(async () => {
  connection?.close();
  await redis?.stop();
});

/** What every case starts from: keys with and without expiry. */
const DATA = [
  ['SET', 'plain', 'v'], ['SET', 'short', 'v', 'PX', '5000'], ['SET', 'long', 'v', 'EX', '100000'],
  ['RPUSH', 'list', 'a', 'b'],
  ['ZADD', 'names', '1', 'a', '1', 'b', '1', 'c'], ['ZADD', 'scores', '1', 'c', '2', 'b', '3', 'a'],
  ['XADD', 'stream', '1-1', 'f', 'v'], ['XADD', 'stream', '2-1', 'f', 'v'], ['XADD', 'stream', '3-1', 'f', 'v'],
  ['XGROUP', 'CREATE', 'stream', 'g', '0'], ['XREADGROUP', 'GROUP', 'g', 'c', 'COUNT', '2', 'STREAMS', 'stream', '>'],
];
const KEYS = ['plain', 'short', 'long', 'list', 'new', 'EX', 'px'];
const CLOCK_TOLERANCE_MS = 1000;

async function outcome(frame: Buffer): Promise<{ reply: string; digest: string; ttls: number[] }> {
  await connection.call('FLUSHDB');
  for (const command of DATA) await connection.call(...command);
  const [reply] = await connection.send(frame, 1);
  const ttls: number[] = [];
  for (const key of KEYS) ttls.push(Number(await connection.call('PTTL', key)));
  const digest = String(await connection.call('DEBUG', 'DIGEST'));
  const shown = (value: RespValue): string =>
    value instanceof RespError ? `error ${value.message}` : Buffer.isBuffer(value) ? `bulk ${value}` : `${value}`;
  return { reply: shown(reply), digest, ttls };
}

const lines = (text: string): string[][] => text.trim().split('\n').map((line) => line.trim().split(/\s+/));

const REWRITTEN = lines(`
  set new v ex 100
  SET new v PX 100000
  set plain v EX 100 NX
  set new v nx px 100000
  set plain v XX EX 100
  set long v GET EX 50
  set new v get px 50000 nx
  set short v ex 10 ex 100
  set EX px ex 100
  set px EX px 100000 get
  setex new 100 v
  PSETEX long 100000 v
  expire plain 100
  pexpire plain 100000
  expire new 100
  expire long 100 GT
  expire long 200000 GT
  expire long 100 lt
  expire plain 100 nx
  expire long 100 NX
  expire plain 100 XX
  expire plain -1
  expire plain 0
  pexpire long -100000 lt
  expire plain -9223372036854775
  getex plain ex 100
  getex long PX 100000
  getex new ex 100
  getex list ex 100
  zremrangebylex names [a (c
  zremrangebylex new - +
  zremrangebylex list - +
  ZRANGESTORE new names [b + bylex limit 0 5
  zrangestore new names + - BYLEX REV
  zrangestore new list - + bylex
  zrangestore new plain - + bylex
  xtrim stream maxlen ~ 0
  xtrim list maxlen ~ 0
  xadd stream maxlen ~ 100 4-1 f v
  xadd stream nomkstream minid ~ 1 limit 10 4-1 f v
  xclaim stream g d 0 1-1 2-1 3-1
  xclaim stream g d 0 1-1 justid idle 5
  xclaim stream g d 0 3-1 force retrycount 7
  xclaim stream nogroup d 0 3-1
  flushall
  FLUSHALL async
  flushall SYNC
`);

const LEFT_ALONE = lines(`
  set new v
  set new v keepttl
  set long v keepttl get
  set new v exat 99999999999
  set new v pxat 99999999999999
  getex plain
  getex plain persist
  getex plain exat 99999999999
  expireat plain 99999999999
  pexpireat plain 99999999999999
  flushdb
  set new v ex 0
  set new v ex abc
  setex new -1 v
  getex plain ex 0
  getex plain ex abc
  getex new px -5
  expire plain 9223372036854775807
  pexpire plain 9223372036854775807
  expire plain abc
  expire plain -9223372036854776
  set new v ex
  expire plain
`);

for (const args of REWRITTEN) {
  test(`rewritten, same outcome: ${args.join(' ')}`, async () => {
    const frame = encodeCommandArray(args);
    const rewritten = rewriteForApply(commandIndex(args[0].toLowerCase()), frame, 0, frame.length, Date.now());
    assert.ok(rewritten !== null);
    assert.doesNotMatch(rewritten.toString(), /\$2\r\n(ex|px)\r\n\$\d+\r\n\d/i, 'no relative time is left');
    const original = await outcome(frame);
    const ours = await outcome(rewritten);
    assert.equal(ours.reply, original.reply);
    assert.equal(ours.digest, original.digest);
    ours.ttls.forEach((ttl, index) => {
      const theirs = original.ttls[index];
      if (ttl < 0 || theirs < 0) assert.equal(ttl, theirs, KEYS[index]);
      else assert.ok(Math.abs(ttl - theirs) <= CLOCK_TOLERANCE_MS, `${KEYS[index]}: ${ttl} and ${theirs} ms`);
    });
  });
}

test('XADD * by the log clock: ids that grow, and an error where the last one lies in the future', async () => {
  await connection.call('FLUSHDB');
  const frame = encodeCommandArray(['XADD', 's', '*', 'f', 'v']);
  const add = async (clock: number): Promise<string> => {
    const [reply] = await connection.send(rewriteForApply(commandIndex('xadd'), frame, 0, frame.length, clock)!, 1);
    return String(reply);
  };
  assert.deepEqual([await add(1000), await add(1000), await add(1001)], ['1000-0', '1000-1', '1001-0']);
  await connection.call('XADD', 's', '5000-7', 'f', 'v');
  assert.match(await add(4999), /The ID specified in XADD is equal or smaller/);
  assert.equal(await add(5000), '5000-8');
});

test('a range by name of different scores is an error, which changes nothing', async () => {
  for (const args of [['zremrangebylex', 'scores', '-', '+'], ['zrangestore', 'new', 'scores', '-', '+', 'bylex']]) {
    const frame = encodeCommandArray(args);
    const before = await outcome(encodeCommandArray(['PING']));
    const ours = await outcome(rewriteForApply(commandIndex(args[0]), frame, 0, frame.length, Date.now())!);
    assert.match(ours.reply, /^error ERR min or max by name: the scores of this sorted set differ/);
    assert.equal(ours.digest, before.digest);
  }
});

test('what is absolute, or will be refused, is left alone', () => {
  for (const args of LEFT_ALONE) {
    const frame = encodeCommandArray(args);
    const command = commandIndex(args[0].toLowerCase());
    assert.equal(rewriteForApply(command, frame, 0, frame.length, 1_700_000_000_000), null, args.join(' '));
  }
});

test('RESTORE: a time to live becomes absolute, none stays none', async () => {
  await connection.call('SET', 'plain', 'v');
  const payload = await connection.call('DUMP', 'plain');
  assert.ok(Buffer.isBuffer(payload));
  for (const [ttl, options, rewrites] of [
    ['0', [], false], ['50000', [], true], ['50000', ['REPLACE'], true], ['99999999999999', ['ABSTTL'], false],
    ['50000', ['idletime', '5', 'replace'], true], ['50000', ['FREQ', '5'], true], ['-1', [], false],
  ] as const) {
    for (const key of ['new', 'plain']) {
      const frame = encodeCommandArray(['restore', key, ttl, payload, ...options]);
      const rewritten = rewriteForApply(commandIndex('restore'), frame, 0, frame.length, Date.now());
      assert.equal(rewritten !== null, rewrites);
      if (rewritten === null) continue;
      const original = await outcome(frame);
      const ours = await outcome(rewritten);
      assert.deepEqual([ours.reply, ours.digest], [original.reply, original.digest]);
      const at = KEYS.indexOf(key);
      assert.ok(Math.abs(ours.ttls[at] - original.ttls[at]) <= CLOCK_TOLERANCE_MS);
    }
  }
});

test('payloads of every type and size pass the check before the log', async () => {
  await connection.call('FLUSHALL');
  await connection.call('SET', 'string', 'x'.repeat(100_000));
  await connection.call('RPUSH', 'list', 'a', '1', 'x'.repeat(500));
  await connection.call('SADD', 'integers', '1', '2');
  await connection.call('SADD', 'set', 'a', 'b');
  await connection.call('ZADD', 'sorted', '1.5', 'a', 'inf', 'b');
  await connection.call('HSET', 'hash', 'f', 'v');
  for (const key of ['string', 'list', 'integers', 'set', 'sorted', 'hash']) {
    const payload = await connection.call('DUMP', key);
    assert.ok(Buffer.isBuffer(payload));
    const frame = encodeCommandArray(['RESTORE', 'copy', '0', payload, 'REPLACE']);
    assert.equal(validateWrite(commandIndex('restore'), frame, 0, frame.length), null, key);
    assert.equal((await connection.send(frame, 1))[0], 'OK');
  }
});

test('the result depends on the log clock alone', () => {
  const frame = encodeCommandArray(['SET', 'k', 'v', 'NX', 'EX', '10', 'GET']);
  const at = (clock: number): string => rewriteForApply(commandIndex('set'), frame, 0, frame.length, clock)!.toString();
  assert.equal(at(1_700_000_000_000), encodeCommandArray(['SET', 'k', 'v', 'NX', 'GET', 'PXAT',
    '1700000010000']).toString());
  assert.equal(at(1_700_000_000_000), at(1_700_000_000_000));
});
