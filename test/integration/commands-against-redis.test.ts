/**
 * The command table, the static checks and the rewriting, held against a real Redis.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { COMMANDS, commandIndex } from '../../src/shared/commands/table.js';
import { validateWrite } from '../../src/shared/commands/validate.js';
import { answeredAtLog } from '../../src/shared/commands/log-reply.js';
import { classify } from '../../src/shared/commands/classify.js';
import { refusal } from '../../src/shared/commands/refusal.js';
import { keysOf } from '../../src/shared/commands/keys.js';
import { KIND_REFUSED, KIND_WRITE } from '../../src/shared/commands/table.js';
import { RespError, type RespValue } from '../../src/shared/resp/decode.js';
import { encodeCommandArray } from '../../src/shared/resp/encode.js';
import { RedisProcess, type RedisConnection } from '../support/redis-on-socket.js';
import { writeCorpus } from '../support/write-corpus.js';

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

const text = (value: RespValue): string => (Buffer.isBuffer(value) ? value.toString('latin1') : String(value));
const list = (value: RespValue): RespValue[] => {
  assert.ok(Array.isArray(value));
  return value;
};

/** Rows that Redis 7.0 does not have: names of later versions, of HTTP, and Pylon's own. */
const NOT_IN_REDIS_7_0 = new Set([
  'pylon', 'post', 'host:', 'waitaof', 'hexpire', 'hpexpire', 'hexpireat', 'hpexpireat', 'hpersist', 'httl', 'hpttl',
  'hexpiretime', 'hpexpiretime', 'hgetdel', 'hgetex', 'hsetex',
]);

/** Our key positions name more than COMMAND does: the key behind a subcommand, SORT's STORE, counted keys. */
const KEYS_DIFFER = new Map([
  ['object', 'COMMAND lists them per subcommand'],
  ['memory', 'COMMAND lists them per subcommand'],
  ['sort', 'STORE has no fixed place'],
  ['sintercard', 'counted keys'], ['zdiff', 'counted keys'], ['zinter', 'counted keys'],
  ['zintercard', 'counted keys'], ['zunion', 'counted keys'], ['lmpop', 'counted keys'], ['zmpop', 'counted keys'],
  ['zdiffstore', 'destination and counted keys'], ['zinterstore', 'destination and counted keys'],
  ['zunionstore', 'destination and counted keys'],
]);

test('every command of Redis 7.0 is in the table, with the same arity, write flag, keys and first version',
  async () => {
  const rows = new Map(COMMANDS.map((row) => [row.name, row]));
  const seen = new Set<string>();
  const faults: string[] = [];
  for (const entry of list(await connection.call('COMMAND'))) {
    const [nameValue, arity, flagValues, first, last, step] = list(entry);
    const name = text(nameValue);
    const flags = list(flagValues).map(text);
    seen.add(name);
    const row = rows.get(name);
    if (row === undefined) {
      faults.push(`${name}: not in the table`);
      continue;
    }
    if (row.arity !== arity) faults.push(`${name}: arity ${row.arity}, Redis ${arity}`);
    if (row.kind === 'refused' || row.kind === 'local') continue;
    const writes = flags.includes('write');
    if (writes !== (row.kind === 'write')) {
      faults.push(`${name}: ${row.kind}, Redis ${flags}`);
    }
    if (KEYS_DIFFER.has(name)) continue;
    const keys = typeof row.keys === 'string' ? [0, 0, 0]
      : 'numkeys' in row.keys ? ['counted'] : [row.keys.first, row.keys.last, row.keys.step];
    if (String(keys) !== String([first, last,
      step])) faults.push(`${name}: keys ${keys}, Redis ${[first, last, step]}`);
  }
  for (const entry of list(await connection.call('COMMAND', 'DOCS')).entries()) {
    const [index, value] = entry;
    if (index % 2 === 1) continue;
    const name = text(value);
    const docs = list(list(await connection.call('COMMAND', 'DOCS', name))[1]).map((item) =>
      Buffer.isBuffer(item) ? item.toString() : item);
    const since = docs[docs.indexOf('since') + 1];
    const row = rows.get(name);
    if (row !== undefined && row.since !== since) faults.push(`${name}: since ${row.since}, Redis ${text(since)}`);
  }
  for (const name of rows.keys()) {
    if (!seen.has(name) && !NOT_IN_REDIS_7_0.has(name)) faults.push(`${name}: not in Redis`);
    if (seen.has(name) && NOT_IN_REDIS_7_0.has(name)) faults.push(`${name}: in Redis after all`);
  }
  assert.deepEqual(faults, []);
});

test('keys of a frame are those that COMMAND GETKEYS finds', async () => {
  const frames = [
    'get a', 'mset a 1 b 2 c 3', 'bitop and d a b', 'del a b c', 'lmpop 2 a b left count 3', 'zmpop 1 a min',
    'zunionstore d 2 a b weights 1 2', 'zdiffstore d 1 a', 'zinter 2 a b withscores', 'sintercard 2 a b limit 3',
    'sort a by nosort get # store d', 'sort a limit 0 1 store d', 'sort a by store', 'sort_ro a by x',
      'copy a b replace',
    'object encoding a', 'memory usage a', 'zrangestore d s 0 -1', 'lcs a b', 'sinterstore d a b', 'rename a b',
    'sdiff a b c', 'touch a b', 'sort a store b store d',
  ];
  const out = new Int32Array(64);
  for (const line of frames) {
    const args = line.split(' ');
    const frame = encodeCommandArray(args);
    const count = keysOf(commandIndex(args[0]), frame, 0, frame.length, out);
    const keys = Array.from({ length: count }, (_, i) => frame.toString('latin1', out[2 * i], out[2 * i + 1]));
    const theirs = list(await connection.call('COMMAND', 'GETKEYS', ...args)).map(text);
    // Of several STOREs Redis names the last, which is the one it writes to; we must know them all.
    if (line === 'sort a store b store d') assert.deepEqual(keys, ['a', 'b', 'd']);
    else assert.deepEqual(keys.sort(), theirs.sort(), line);
  }
});

test('a static error is given exactly where Redis, with no data, gives it, in its words', async () => {
  const faults: string[] = [];
  let refused = 0;
  let passed = 0;
  const corpus = writeCorpus();
  const replies: RespValue[] = [];
  const BATCH = 500;
  for (let at = 0; at < corpus.length; at += BATCH) {
    const batch = corpus.slice(at, at + BATCH).map(({ args }) =>
      Buffer.concat([encodeCommandArray(['FLUSHDB']), encodeCommandArray(args)]));
    const answers = await connection.send(Buffer.concat(batch), batch.length * 2);
    replies.push(...answers.filter((_, index) => index % 2 === 1));
  }
  corpus.forEach(({ args, dependsOnData }, index) => {
    const reply = replies[index];
    const command = commandIndex(String(args[0]).toLowerCase());
    const frame = encodeCommandArray(args);
    const kind = classify(command, frame, 0, frame.length);
    if (kind !== KIND_WRITE) return;
    const line = validateWrite(command, frame, 0, frame.length);
    const ours = line === null ? null : line.toString('latin1').slice(1, -2);
    const theirs = reply instanceof RespError ? reply.message : null;
    if (ours !== null) refused++;
    else passed++;
    if (ours === theirs) return;
    // With no data Redis can also refuse what only the data makes wrong; then nothing is claimed before the log.
    if (ours === null && dependsOnData && !answeredAtLog(command, frame, 0, frame.length)) return;
    faults.push(`${JSON.stringify(args.map(String))}: ours ${ours}, Redis ${theirs}`);
  });
  assert.deepEqual(faults.slice(0, 30), [], `${faults.length} of ${corpus.length} differ`);
  assert.ok(refused > 2000 && passed > 2000, `corpus is one-sided: ${refused} refused, ${passed} passed`);
});

test('unknown commands and subcommands are refused in the words of Redis', async () => {
  const cases: string[][] = [
    ['FOO'], ['foo', 'bar', 'b az'], ['Foo', 'x'.repeat(200), 'y'], ['f\r\noo', 'a\r\nb'], ['foo\0bar', 'a\0b', 'c'],
    ['x'.repeat(300), 'a'.repeat(60), 'b'.repeat(60), 'c'.repeat(60)], [''],
  ];
  for (const args of cases) {
    const frame = encodeCommandArray(args);
    const ours = refusal(-1, frame, 0, frame.length).toString('latin1').slice(1, -2);
    const theirs = await connection.call(...args);
    assert.ok(theirs instanceof RespError);
    assert.equal(ours, theirs.message);
  }
  for (const args of [['OBJECT', 'foo', 'a'], ['object', 'fo\r\no']]) {
    const frame = encodeCommandArray(args);
    assert.equal(classify(commandIndex('object'), frame, 0, frame.length), KIND_REFUSED);
    const theirs = await connection.call(...args);
    assert.ok(theirs instanceof RespError);
    assert.equal(refusal(commandIndex('object'), frame, 0, frame.length).toString('latin1').slice(1, -2),
      theirs.message);
  }
});
