/**
 * Request parsing held against a real Redis: the rows that leave RequestInput, sent to Redis on a clean connection, and
 * the error that it names, must give byte for byte what Redis gives for the raw input.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { encodeError } from '../../src/shared/resp/encode.js';
import { DEFAULT_REQUEST_LIMITS } from '../../src/shared/resp/request-limits.js';
import { parseRequests } from '../support/parse-requests.js';
import { RedisProcess } from '../support/redis-on-socket.js';

let redis: RedisProcess;
before(async () => { redis = await RedisProcess.start(); });
after(async () => { await redis?.stop(); });

async function exchange(bytes: Buffer): Promise<string> {
  const connection = await redis.connect();
  return (await connection.exchange(bytes)).toString('latin1');
}

/** What a client gets from Redis, and what it would get through Pylon. */
async function compare(input: Buffer): Promise<void> {
  const theirs = await exchange(input);
  const parsed = parseRequests(input, [input.length], DEFAULT_REQUEST_LIMITS);
  const rows = Buffer.concat(parsed.frames);
  const error = parsed.errorText === '' ? '' : encodeError(`ERR ${parsed.errorText}`).toString('latin1');
  const ours = (rows.length > 0 ? await exchange(rows) : '') + error;
  assert.equal(ours, theirs, JSON.stringify(input.toString('latin1').slice(0, 400)));
}

const PING = '*1\r\n$4\r\nPING\r\n';
/**
 * A line without end. (With an end, Redis's answer depends on how much it happened to read at once, and
 * what it has not read when it closes would make the kernel drop its answer: so hardly above the limit of 64 KiB.)
 */
const LONG = 'x'.repeat(66_000);

const CASES: readonly string[] = [
  // counts
  '*0\r\n', '*-1\r\n', '*-5\r\n', '*01\r\n', '*+1\r\n', '*\r\n', '* 1\r\n', '*1 \r\n', '*a\r\n', '*1a\r\n', '*-0\r\n',
    '*-\r\n',
  '*2147483648\r\n', '*99999999999999999999\r\n', '*-99999999999999999999\r\n', '*-9223372036854775808\r\n', `*${LONG}`,
  // lengths
  '*1\r\n$04\r\nPING\r\n', '*1\r\n$+4\r\nPING\r\n', '*1\r\n$\r\n', '*1\r\n$-1\r\n', '*1\r\n$a\r\n',
    '*1\r\n$536870913\r\n',
  '*1\r\n$99999999999999999999\r\n', '*1\r\n$ 4\r\n', `*1\r\n$${LONG}`, `*1\r\n${LONG}`,
    '*2\r\n$4\r\nECHO\r\n$0\r\n\r\n',
  '*1\r\n$0\r\n\r\n',
  // what should be a bulk
  '*1\r\nPING\r\n', '*1\r\n+PING\r\n', '*1\r\n:4\r\n', '*1\r\n*1\r\n', '*1\r\n\r\n', '*2\r\n$4\r\nECHO\r\nx\r\n',
  '*1\r\n\xff\r\n', '*1\r\n\t\r\n',
  // nothing to answer
  '\r\n', '\n', '   \r\n', '\r\n\r\n\n\n', '\t \v\f\r\n',
  // inline
  'PING\r\n', 'PING\n', '  ping  \r\n', 'ECHO "a b"\r\n', "ECHO 'a b'\r\n", 'ECHO "a\\x41\\n\\r\\t\\b\\a\\q\\"c"\r\n',
  "ECHO 'a\\'b\\n'\r\n", 'ECHO "\\xzz\\x4"\r\n', 'ECHO a"b c"\r\n', 'ECHO "a"b\r\n', "ECHO 'a'b\r\n", 'ECHO "a\r\n',
    "ECHO 'a\r\n",
  'ECHO "a\\\r\n', 'ECHO ""\r\n', "ECHO ''\r\n", 'ECHO "" x\r\n', 'ECHO a\vb\r\n', '\vPING\r\n', 'ECHO \xff\xfe\r\n',
    'ECHO a\r b\r\n',
  'ECHO "a\\"\r\n', 'ECHO a\\ b\r\n', '"ECHO" x\r\n', 'e"c"ho x\r\n', 'PING\r\r\n', '+OK\r\n', '$4\r\nPING\r\n', LONG,
    'ECHO "a"\tb\n',
];

for (const input of CASES) {
  test(`as Redis: ${JSON.stringify(input).slice(0, 60)}`, async () => {
    await compare(Buffer.from(input, 'latin1'));
    await compare(Buffer.from(PING + input + (input.endsWith(LONG) ? '' : PING), 'latin1'));
  });
}

test('a line of 64 KiB passes, a longer one does not', async () => {
  const fits = `ECHO ${'x'.repeat(65_000)}\r\n`;
  await compare(Buffer.from(fits + PING, 'latin1'));
});

test('a NUL in a line is refused at once with the text that Redis has for it in the end', async () => {
  for (const [start, text] of [
    ['PING\0\r\n', 'too big inline request'], ['*1\0\r\n', 'too big mbulk count string'],
    ['*1\r\n$4\0\r\n', 'too big bulk count string'],
  ]) {
    assert.equal(parseRequests(Buffer.from(start), [start.length], DEFAULT_REQUEST_LIMITS).errorText,
      `Protocol error: ${text}`);
    await compare(Buffer.from(start + LONG, 'latin1'));
  }
});

test('stricter than Redis where a shared connection asks for it: CR without LF, a body without its line end', () => {
  const text = (input: string): string =>
    parseRequests(Buffer.from(input, 'latin1'), [input.length], DEFAULT_REQUEST_LIMITS).errorText;
  assert.equal(text('*1\rx$4\r\nPING\r\n'), 'Protocol error: invalid multibulk length');
  assert.equal(text('*1\r\n$4\rxPING\r\n'), 'Protocol error: invalid bulk length');
  assert.equal(text('*1\r\n$4\r\nPINGxx'), 'Protocol error: expected CR LF after bulk');
});

test('random mixtures of good and bad requests', async (t) => {
  const piece = fc.oneof(
    { weight: 6, arbitrary: fc.array(fc.string({ maxLength: 12 }), { minLength: 1, maxLength: 4 }).map((args) =>
      [`*${args.length + 1}`, '$4', 'ECHO', ...args.flatMap((arg) => [`$${Buffer.byteLength(arg)}`, arg]),
        ''].join('\r\n')) },
    { weight: 3, arbitrary: fc.constantFrom(...CASES.filter((input) => input.length < 100)) },
    { weight: 1, arbitrary: fc.stringMatching(/^[!-~ '"\\]{0,30}$/).map((line) => `${line}\r\n`) },
    { weight: 1, arbitrary: fc.tuple(fc.constantFrom('*', '$', '+', ''), fc.integer({ min: -3, max: 40 }))
      .map(([type, n]) => `${type}${n}\r\n`) },
  );
  const seed = Number(process.env.PYLON_TEST_SEED ?? Date.now() % 2 ** 31);
  t.diagnostic(`seed ${seed}`);
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 8 }), async (pieces) => {
      // What follows a header may become a body that lacks its CR LF: there we are stricter on purpose.
      const input = Buffer.from(pieces.join(''), 'latin1');
      const parsed = parseRequests(input, [input.length], DEFAULT_REQUEST_LIMITS);
      fc.pre(!parsed.errorText.includes('CR LF'));
      await compare(input);
    }),
    { seed, interruptAfterTimeLimit: 8_000, numRuns: 2_000 },
  );
});
