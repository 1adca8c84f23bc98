/**
 * Two properties of the command table, held against real Redis with generated commands of every row:
 *  - a read changes nothing
 *  - a write, as it is rewritten for apply, does the same and answers the same in Redis systems with different hash
 *    seeds and encodings
 * PYLON_TEST_COMMANDS says how many commands each may take, PYLON_TEST_SEED repeats a run.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { classify } from '../../src/shared/commands/classify.js';
import { rewriteRead } from '../../src/shared/commands/rewrite-read.js';
import { rewriteForApply } from '../../src/shared/commands/rewrite.js';
import { isNewer } from '../../src/shared/commands/since.js';
import { candidatesRequest, spopWithCandidates } from '../../src/shared/commands/spop.js';
import { ALL_ROWS, commandIndex, COMMANDS, KIND_READ, KIND_WRITE } from '../../src/shared/commands/table.js';
import { validateWrite } from '../../src/shared/commands/validate.js';
import { classifyError } from '../../src/workers/applier/reply-classes.js';
import { RespError, type RespValue } from '../../src/shared/resp/decode.js';
import { encodeCommandArray } from '../../src/shared/resp/encode.js';
import { formsOf, READ_FORMS, WRITE_FORMS, type CommandForm } from '../support/any-command.js';
import { rackState } from '../support/rack-state.js';
import { Random, runSeed } from '../support/random.js';
import { RedisProcess, type RedisConnection } from '../support/redis-on-socket.js';

const COMMANDS_MAX = Number(process.env['PYLON_TEST_COMMANDS'] ?? 24_000);
const BATCH = 400;

/** As unlike the defaults as can be, but for what the documentation says must be alike. */
const OTHER_ENCODINGS = [
  '--hash-max-listpack-entries', '2', '--hash-max-listpack-value', '3', '--set-max-intset-entries', '2',
  '--zset-max-listpack-entries', '2', '--zset-max-listpack-value', '3', '--list-max-listpack-size', '2',
  '--list-compress-depth', '1', '--stream-node-max-entries', '3', '--activerehashing', 'no',
];
const KEYS = ['str', 'num', 'bits', 'hash', 'list', 'set', 'zset', 'stream', 'clocked', 'geo', 'hll'].flatMap((type) =>
  [0, 1, 2, 3].map((index) => `${type}:${index}`));

const KINDS = [/./, /./, /^x/, /^x/, /^geo|^z/, /^s|^pf/, /^h/, /^[lr]/];

const containers = new Set(ALL_ROWS.filter(({ subcommands }) => subcommands !== undefined).map(({ name }) => name));
const rows = ALL_ROWS.flatMap((row) => row.subcommands ?? [row]);

let redis: RedisProcess[] = [];
let east: RedisConnection;
let west: RedisConnection;
let version: string;
let payload: Buffer;

before(async () => {
  redis = await Promise.all([RedisProcess.start(), RedisProcess.start(...OTHER_ENCODINGS)]);
  [east, west] = await Promise.all(redis.map((one) => one.connect()));
  version = /redis_version:(\S+)/.exec(String(await east.call('INFO', 'server')))![1];
  await east.call('RPUSH', 'list', 'a', '1', 'x'.repeat(100));
  payload = (await east.call('DUMP', 'list')) as Buffer;
  await east.call('FLUSHALL');
});
after(async () => {
  east?.close();
  west?.close();
  await Promise.all(redis.map((one) => one.stop()));
});

const usable = (forms: readonly CommandForm[]): CommandForm[] =>
  forms.filter(({ name }) => !isNewer(rows.find((row) => row.name === name)!.since, version));

interface Frame {
  readonly args: ReadonlyArray<string | Buffer>;
  readonly command: number;
  readonly bytes: Buffer;
}

function frameOf(form: CommandForm, random: Random): Frame {
  const args = form.make(random).map((arg) => (arg === 'payload' ? payload : arg));
  return { args, command: commandIndex(String(args[0])), bytes: encodeCommandArray(args) };
}

/** The kind of a frame, as if every need were met. */
function kindOf({ command, bytes }: Frame): number {
  if (COMMANDS[command] === ALL_ROWS[command]) return classify(command, bytes, 0, bytes.length);
  return ALL_ROWS[command].kind === 'read' ? KIND_READ : KIND_WRITE;
}

/** What is applied for a write at a log clock; null when it would not get into the log. */
function applied({ command, bytes }: Frame, logClockMs: number): Buffer | null {
  if (validateWrite(command, bytes, 0, bytes.length) !== null) return null;
  return rewriteForApply(command, bytes, 0, bytes.length, logClockMs) ?? bytes;
}

const shown = (value: RespValue): string => JSON.stringify(value, (_, item: unknown) =>
  (item instanceof RespError ? `-${item.message}` : typeof item === 'bigint' ? String(item) : item));
const line = (frame: Frame): string => frame.args.map((arg) => (typeof arg === 'string' ? arg : '<payload>')).join(' ');

const reads = formsOf(READ_FORMS, containers);
const writes = formsOf(WRITE_FORMS, containers);

test('the generator knows every read and every write of the table', () => {
  const made = (forms: readonly CommandForm[], kind: number): string[] => {
    const random = new Random(1);
    const missed = forms.flatMap((form) => {
      const frame = frameOf(form, random);
      return kindOf(frame) === kind ? [] : [line(frame)];
    });
    assert.deepEqual(missed, [], 'not of the kind they are listed under');
    return forms.map(({ name }) => name);
  };
  const known = new Set([...made(reads, KIND_READ), ...made(writes, KIND_WRITE), 'spop']);
  const unknown = rows.filter(({ kind, name }) => (kind === 'read' || kind === 'write') && !known.has(name));
  assert.deepEqual(unknown.map(({ name }) => name), []);
});

/** Sends a batch of writes to both; fails on the first reply that differs. */
async function applyToBoth(frames: readonly Frame[], bytes: readonly Buffer[]): Promise<RespValue[]> {
  const all = Buffer.concat(bytes);
  const [ours, theirs] = await Promise.all([east.send(all, bytes.length), west.send(all, bytes.length)]);
  ours.forEach((reply, i) => {
    // An applier must know every error that a logged write can meet for what it is.
    if (reply instanceof RespError) {
      assert.equal(classifyError(reply.message), 'data', `${line(frames[i])}: ${reply.message}`);
    }
    if (shown(reply) !== shown(theirs[i])) {
      assert.fail(`${line(frames[i])}: ${shown(reply)} in one Redis, ${shown(theirs[i])} in the other`);
    }
  });
  return ours;
}

test('a read changes nothing', async (t) => {
  const random = new Random(runSeed());
  t.diagnostic(`seed ${random.seed}`);
  const fill = usable(writes).filter(({ name }) => !/^(flush|del|unlink|rename|expire)/.test(name));
  const forms = usable(reads);
  let answered = 0;
  for (let sent = 0; sent < COMMANDS_MAX; sent += BATCH) {
    const changes = Array.from({ length: BATCH / 4 }, () => frameOf(random.pick(fill), random))
      .flatMap((frame) => applied(frame, Date.now()) ?? []);
    await east.send(Buffer.concat(changes), changes.length);
    const state = await rackState(east, KEYS);
    const frames = Array.from({ length: BATCH }, () => frameOf(random.pick(forms), random));
    const replies = await east.send(
      Buffer.concat(frames.map(({ command, bytes }) => rewriteRead(command, bytes, 0, bytes.length) ?? bytes)),
        frames.length);
    answered += replies.filter((reply) => !(reply instanceof RespError)).length;
    if ((await rackState(east, KEYS)) === state) continue;
    // Which one was it?
    for (const frame of frames) {
      const one = await rackState(east, KEYS);
      await east.send(rewriteRead(frame.command, frame.bytes, 0, frame.bytes.length) ?? frame.bytes, 1);
      assert.equal(await rackState(east, KEYS), one, `seed ${random.seed}: ${line(frame)}`);
    }
    assert.fail(`seed ${random.seed}: one of ${frames.map(line).join(' | ')}`);
  }
  assert.ok(answered > COMMANDS_MAX / 2, `only ${answered} were no errors`);
});

test('PFCOUNT as it is rewritten counts what the original would', async () => {
  await east.call('FLUSHALL');
  for (let elements = 0; elements < 4000; elements = elements * 2 + 1) {
    await east.call('PFADD', 'hll', ...Array.from({ length: elements }, (_, i) => `e${i}`));
    const frame = encodeCommandArray(['PFCOUNT', 'hll']);
    const [ours] = await east.send(rewriteRead(commandIndex('pfcount'), frame, 0, frame.length)!, 1);
    assert.equal(ours, await east.call('PFCOUNT', 'hll'));
  }
});

test('a write does the same in every rack, and answers the same', async (t) => {
  const random = new Random(runSeed());
  t.diagnostic(`seed ${random.seed}`);
  await Promise.all([east.call('FLUSHALL'), west.call('FLUSHALL')]);
  const forms = usable(writes);
  const rare = new Set(['flushdb', 'flushall', 'xgroup|destroy', 'xgroup|delconsumer']);
  let done = 0;
  let logged = 0;
  for (let sent = 0; sent < COMMANDS_MAX; sent += BATCH) {
    const dump = await east.call('DUMP', random.pick(KEYS));
    if (Buffer.isBuffer(dump)) payload = dump;
    // Commands of all kinds, or of one kind, so that they meet what others of the kind have made.
    const kind = random.pick(KINDS);
    const choice = forms.filter(({ name }) => kind.test(name) && (!rare.has(name) || random.below(10) === 0));
    const frames = Array.from({ length: BATCH }, () => frameOf(random.pick(choice), random));
    const kept = frames.flatMap((frame) => {
      const bytes = applied(frame, Date.now());
      return bytes === null ? [] : [{ frame, bytes }];
    });
    logged += kept.length;
    try {
      const replies = await applyToBoth(kept.map(({ frame }) => frame), kept.map(({ bytes }) => bytes));
      done += replies.filter((reply) => !(reply instanceof RespError)).length;
      assert.equal(await rackState(west, KEYS), await rackState(east, KEYS));
    } catch (error) {
      assert.fail(`seed ${random.seed}, after ${sent} commands: ${(error as Error).message}`);
    }
  }
  assert.ok(done > COMMANDS_MAX * 0.6, `only ${done} of ${COMMANDS_MAX} succeeded (${logged} logged)`);
});

const takenBy = (reply: RespValue): number => (Array.isArray(reply) ? reply.length : reply === null ? 0 : 1);

test('SPOP takes the same members in every rack, from what was drawn in one', async (t) => {
  const random = new Random(runSeed());
  t.diagnostic(`seed ${random.seed}`);
  const spop = commandIndex('spop');
  await Promise.all([east.call('FLUSHALL'), west.call('FLUSHALL')]);
  const members = Array.from({ length: 200 }, (_, i) => (i % 3 === 0 ? String(i) : `m${i}`));
  const sadd = encodeCommandArray(['SADD', 'set', ...members]);
  await Promise.all([east.send(sadd, 1), west.send(sadd, 1)]);
  let left = 200;
  for (let round = 0; left > 0 && round < 500; round++) {
    const args = random.below(2) === 0 ? ['SPOP', 'set'] : ['SPOP', 'set', String(random.below(6))];
    const asked = encodeCommandArray(args);
    // The rack that draws may be behind or ahead: what it draws may be gone.
    const [candidates] = await east.send(candidatesRequest(asked, 0, asked.length), 1);
    const drawn = spopWithCandidates(asked, 0, asked.length, candidates as Buffer[]);
    assert.equal(validateWrite(spop, drawn, 0, drawn.length), null);
    const frame: Frame = { args, command: spop, bytes: drawn };
    const [reply] = await applyToBoth([frame], [applied(frame, 0)!]);
    const taken = takenBy(reply);
    assert.equal(taken, Math.min(left, args.length === 2 ? 1 : Number(args[2])));
    left -= taken;
    assert.equal(await east.call('SCARD', 'set'), left);
    if (round % 5 > 0) continue;
    // The same candidates once more, as when two gateways drew them: some are gone.
    const [again] = await applyToBoth([frame], [applied(frame, 0)!]);
    left -= takenBy(again);
    assert.equal(await east.call('SCARD', 'set'), left);
  }
  assert.equal(left, 0);
  assert.equal(await rackState(west, []), await rackState(east, []));
  await Promise.all([east.call('SET', 'set', 'v'), west.call('SET', 'set', 'v')]);
  const wrong = encodeCommandArray(['SPOP', 'set', 'CANDIDATES', '-', 'a']);
  const frame: Frame = { args: ['SPOP of a string'], command: spop, bytes: wrong };
  const [error] = await applyToBoth([frame], [applied(frame, 0)!]);
  assert.ok(error instanceof RespError && error.message.startsWith('WRONGTYPE '), shown(error));
});
