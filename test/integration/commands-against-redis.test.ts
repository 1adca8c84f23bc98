/**
 * The command table, the static checks and the rewriting, held against a real Redis.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isNewer } from '../../src/shared/commands/since.js';
import { ALL_ROWS, commandIndex, type CommandRow } from '../../src/shared/commands/table.js';
import { validateWrite } from '../../src/shared/commands/validate.js';
import { answeredAtLog } from '../../src/shared/commands/log-reply.js';
import { classify } from '../../src/shared/commands/classify.js';
import { refusal } from '../../src/shared/commands/refusal.js';
import { keysOf } from '../../src/shared/commands/keys.js';
import { KIND_REFUSED, KIND_WRITE } from '../../src/shared/commands/table.js';
import { RespError, type RespValue } from '../../src/shared/resp/decode.js';
import { encodeCommandArray } from '../../src/shared/resp/encode.js';
import { RedisProcess, type RedisConnection } from '../support/redis-on-socket.js';
import { classifyError } from '../../src/workers/applier/reply-classes.js';
import { writeCorpus, type CorpusEntry } from '../support/write-corpus.js';

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

/** What differs from what COMMAND says, and why. */
const KEYS_DIFFER = new Map([
  ['sort', 'STORE has no fixed place'],
  ['georadius', 'STORE has no fixed place'], ['georadiusbymember', 'STORE has no fixed place'],
  ['xread', 'behind STREAMS'], ['xreadgroup', 'behind STREAMS'],
  ['sintercard', 'counted keys'], ['zdiff', 'counted keys'], ['zinter', 'counted keys'],
  ['zintercard', 'counted keys'], ['zunion', 'counted keys'], ['lmpop', 'counted keys'], ['zmpop', 'counted keys'],
  ['sdiffcard', 'counted keys'], ['sunioncard', 'counted keys'],
  ['zdiffstore', 'destination and counted keys'], ['zinterstore', 'destination and counted keys'],
  ['zunionstore', 'destination and counted keys'],
]);
/** What Redis 7.0 says; later ones take one argument less, and WITHSCORE. */
const ARITY_DIFFERS = new Map([
  ['command|getkeys', -4], ['command|getkeysandflags', -4], ['zrank', 3], ['zrevrank', 3],
]);
/** What Redis 7.0 says. */
const SINCE_DIFFERS = new Map([['client|pause', '2.9.50']]);
/** Ours, and what Redis calls by another name. */
const NOT_IN_ANY_REDIS = new Set(['pylon', 'post', 'host:']);

interface RedisCommand {
  readonly arity: number;
  readonly flags: readonly string[];
  readonly keys: string;
  readonly since: string;
  readonly group: string;
}

/** What the server says of its commands and subcommands, by full name. */
async function commandsOfRedis(): Promise<Map<string, RedisCommand>> {
  const docs = new Map<string, Map<string, RespValue>>();
  const pairs = (value: RespValue): Map<string, RespValue> => {
    const items = list(value);
    return new Map(items.flatMap((item, i) => (i % 2 === 0 ? [[text(item), items[i + 1]] as const] : [])));
  };
  const learn = (named: Map<string, RespValue>): void => {
    for (const [name, value] of named) {
      const facts = pairs(value);
      docs.set(name, facts);
      const subcommands = facts.get('subcommands');
      if (subcommands !== undefined) learn(pairs(subcommands));
    }
  };
  learn(pairs(await connection.call('COMMAND', 'DOCS')));
  const commands = new Map<string, RedisCommand>();
  const add = (entry: RespValue): void => {
    const [name, arity, flags, first, last, step, , , , subcommands] = list(entry);
    const facts = docs.get(text(name));
    commands.set(text(name), {
      arity: Number(arity), flags: list(flags).map(text), keys: String([first, last, step]),
      since: text(facts?.get('since') ?? ''), group: text(facts?.get('group') ?? ''),
    });
    for (const subcommand of list(subcommands)) add(subcommand);
  };
  for (const entry of list(await connection.call('COMMAND'))) add(entry);
  return commands;
}

const ROWS = new Map(ALL_ROWS.flatMap((row) => [row, ...row.subcommands ?? []]).map((row) => [row.name, row]));

function faultsOf(name: string, row: CommandRow, theirs: RedisCommand): string[] {
  const faults: string[] = [];
  const { arity, flags, since, group } = theirs;
  if (![row.arity, ARITY_DIFFERS.get(name)].includes(arity)) faults.push(`${name}: arity ${row.arity}, Redis ${arity}`);
  if (![row.since, SINCE_DIFFERS.get(name)].includes(since)) faults.push(`${name}: since ${row.since}, Redis ${since}`);
  if (row.group !== group) faults.push(`${name}: group ${row.group}, Redis ${group}`);
  // A command with subcommands has no flags and keys of its own.
  if (row.kind === 'refused' || row.kind === 'local' || row.subcommands !== undefined) return faults;
  if (flags.includes('write') !== (row.kind === 'write')) faults.push(`${name}: ${row.kind}, Redis ${flags}`);
  if (KEYS_DIFFER.has(name)) return faults;
  const keys = typeof row.keys === 'string' ? '0,0,0'
    : 'numkeys' in row.keys ? 'counted' : String([row.keys.first, row.keys.last, row.keys.step]);
  if (keys !== theirs.keys) faults.push(`${name}: keys ${keys}, Redis ${theirs.keys}`);
  return faults;
}

test('the table has every command and subcommand of this Redis, as Redis describes it', async () => {
  const theirs = await commandsOfRedis();
  const version = /redis_version:(\S+)/.exec(text(await connection.call('INFO', 'server')))![1];
  const faults: string[] = [];
  for (const [name, command] of theirs) {
    const row = ROWS.get(name);
    if (row === undefined) faults.push(`${name}: not in the table`);
    else faults.push(...faultsOf(name, row, command));
  }
  for (const [name, row] of ROWS) {
    if (NOT_IN_ANY_REDIS.has(name)) continue;
    if (theirs.has(name) === isNewer(row.since, version)) {
      faults.push(`${name}: since ${row.since}, this Redis is ${version} and ${theirs.has(name) ? 'has' : 'lacks'} it`);
    }
  }
  assert.deepEqual(faults, []);
  assert.ok(theirs.size > 350, `${theirs.size} commands and subcommands`);
});

test('keys of a frame are those that COMMAND GETKEYS finds', async () => {
  const frames = [
    'get a', 'mset a 1 b 2 c 3', 'bitop and d a b', 'del a b c', 'lmpop 2 a b left count 3', 'zmpop 1 a min',
    'zunionstore d 2 a b weights 1 2', 'zdiffstore d 1 a', 'zinter 2 a b withscores', 'sintercard 2 a b limit 3',
    'sort a by nosort get # store d', 'sort a limit 0 1 store d', 'sort a by store', 'sort_ro a by x',
      'copy a b replace',
    'object encoding a', 'memory usage a', 'zrangestore d s 0 -1', 'lcs a b', 'sinterstore d a b', 'rename a b',
    'sdiff a b c', 'touch a b', 'sort a store b store d', 'georadius a 1 2 3 m store d', 'georadius a 1 2 3 m',
    'georadiusbymember a m 3 m count 3 storedist d', 'xread count 1 streams a b 0 0', 'xread streams a 0',
    'geoadd a 1 2 m',
    'xreadgroup group streams c noack streams a b > 0', 'xinfo stream a full', 'xgroup create a g $',
    'geosearchstore d a frommember m byradius 1 m',
    'xgroup setid a g 0', 'pfmerge d a b', 'pfcount a b', 'xadd a * f v', 'xclaim a g c 0 1-1',
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

/** Errors that Redis gives for what is not there, before it looks at the rest of the arguments. */
const NOTHING_THERE =
  /^(NOGROUP |ERR no such key|ERR The XGROUP subcommand requires the key|ERR could not decode requested zset member)/;

/** Numbers that Redis 7.0 reads and Redis 8 does not: refused, so that racks of both do the same. */
const READ_BY_7_0_ONLY = /^\(?([ \t]|[+-]?0x)|^-9223372036854775808$/i;

/** Where ours and Redis's errors disagree, when every write of the corpus meets the data that `setup` makes. */
async function disagreements(
  corpus: readonly CorpusEntry[], setup: readonly Buffer[],
): Promise<{ faults: string[]; refused: number; passed: number }> {
  const faults: string[] = [];
  let refused = 0;
  let passed = 0;
  const each = setup.length + 1;
  const replies: RespValue[] = [];
  const BATCH = 500;
  for (let at = 0; at < corpus.length; at += BATCH) {
    const batch = corpus.slice(at, at + BATCH).map(({ args }) => Buffer.concat([...setup, encodeCommandArray(args)]));
    const answers = await connection.send(Buffer.concat(batch), batch.length * each);
    replies.push(...answers.filter((_, index) => index % each === each - 1));
  }
  corpus.forEach(({ args, dependsOnData }, index) => {
    const reply = replies[index];
    const command = commandIndex(String(args[0]).toLowerCase());
    const frame = encodeCommandArray(args);
    if (classify(command, frame, 0, frame.length) !== KIND_WRITE) return;
    const line = validateWrite(command, frame, 0, frame.length);
    const ours = line === null ? null : line.toString('latin1').slice(1, -2);
    const theirs = reply instanceof RespError ? reply.message : null;
    if (ours !== null) refused++;
    else passed++;
    if (ours === theirs || (ours !== null && args.some((arg) => READ_BY_7_0_ONLY.test(arg)))) return;
    // With no data Redis can also refuse what only the data makes wrong; then nothing is claimed before the log.
    if (ours === null && dependsOnData && !answeredAtLog(command, frame, 0, frame.length)) {
      // But an applier must know it for what it is.
      if (classifyError(theirs!) === 'data') return;
    }
    if (ours !== null && theirs !== null && NOTHING_THERE.test(theirs)) return;
    faults.push(`${JSON.stringify(args.map(String))}: ours ${ours}, Redis ${theirs}`);
  });
  return { faults, refused, passed };
}

const FLUSH = encodeCommandArray(['FLUSHDB']);

test('a static error is given exactly where Redis, with no data, gives it, in its words', async () => {
  const corpus = writeCorpus();
  const { faults, refused, passed } = await disagreements(corpus, [FLUSH]);
  assert.deepEqual(faults.slice(0, 30), [], `${faults.length} of ${corpus.length} differ`);
  assert.ok(refused > 2000 && passed > 2000, `corpus is one-sided: ${refused} refused, ${passed} passed`);
});

test('the same where a stream with a group, and positions, are there', async () => {
  const corpus = writeCorpus().filter(({ args }) => /^(x|geo)/i.test(args[0]));
  const setup = [
    ['xadd', 'k', '5-5', 'f', 'v'], ['xgroup', 'create', 'k', 'g', '0'],
    ['xreadgroup', 'group', 'g', 'c', 'streams', 'k', '>'],
    ['geoadd', 'geo', '13.3', '38.1', 'm'],
  ].map((args) => encodeCommandArray(args));
  const { faults, refused, passed } = await disagreements(corpus, [FLUSH, ...setup]);
  assert.deepEqual(faults.slice(0, 30), [], `${faults.length} of ${corpus.length} differ`);
  assert.ok(refused > 2000 && passed > 1500, `corpus is one-sided: ${refused} refused, ${passed} passed`);
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
