import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeCommand, encodeCommandArray } from '../../../src/shared/resp/encode.js';
import { FrameTable, TOO_BIG } from '../../../src/shared/resp/frame-table.js';
import { MORE, PROTOCOL_ERROR, RequestInput, TABLE_FULL, UNFINISHED } from '../../../src/shared/resp/request-input.js';
import { DEFAULT_REQUEST_LIMITS } from '../../../src/shared/resp/request-limits.js';
import { parseRequests } from '../../support/parse-requests.js';

const LIMITS = DEFAULT_REQUEST_LIMITS;
const GET = encodeCommand('GET', 'a');

/** Feeds all of `bytes` in pieces of `size`; returns the rows' bytes (views, not copies) and the most bytes pending. */
function feedPieces(input: RequestInput, bytes: Buffer, size: number): { rows: Buffer[]; pendingMax: number } {
  const table = FrameTable.withCapacity(4);
  const rows: Buffer[] = [];
  let pendingMax = 0;
  for (let from = 0; from < bytes.length; from += size) {
    const end = Math.min(from + size, bytes.length);
    for (let at = from; at !== end; at = input.position) {
      input.feed(bytes, at, end, table);
      for (let row = 0; row < table.count; row++) rows.push(table.buffer.subarray(table.start[row], table.end[row]));
    }
    pendingMax = Math.max(pendingMax, input.pendingBytes);
  }
  return { rows, pendingMax };
}

test('statuses', () => {
  const input = new RequestInput(LIMITS);
  const table = FrameTable.withCapacity(2);
  const four = Buffer.concat([GET, GET, GET, GET.subarray(0, 5)]);
  assert.equal(input.feed(four, 0, four.length, table), TABLE_FULL);
  assert.equal(input.position, 2 * GET.length);
  assert.equal(table.count, 2);
  assert.equal(input.feed(four, input.position, four.length, table), UNFINISHED);
  assert.equal(input.position, four.length);
  assert.equal(table.count, 1);
  assert.equal(input.idle, false);
  assert.equal(input.feed(GET, 5, GET.length, table), MORE);
  assert.equal(table.count, 1);
  assert.equal(input.idle, true);
});

test('after a protocol error nothing is taken any more', () => {
  const input = new RequestInput(LIMITS);
  const table = FrameTable.withCapacity(2);
  const bad = Buffer.concat([GET, Buffer.from('*x\r\n'), GET]);
  assert.equal(input.feed(bad, 0, bad.length, table), PROTOCOL_ERROR);
  assert.equal(table.count, 1, 'rows before the error are given');
  assert.equal(input.feed(GET, 0, GET.length, table), PROTOCOL_ERROR);
  assert.equal(table.count, 0);
});

test('an idle input keeps nothing, and an assembled frame is not used again', () => {
  const input = new RequestInput(LIMITS);
  const { rows } = feedPieces(input, Buffer.concat([encodeCommand('SET', 'a', '1'), encodeCommand('SET', 'b', '2')]),
    7);
  assert.equal(input.pendingBytes, 0);
  assert.deepEqual(rows.map((row) => row.toString()), [
    encodeCommand('SET', 'a', '1').toString(), encodeCommand('SET', 'b', '2').toString(),
  ]);
});

test('memory follows what came, not what was announced', () => {
  const input = new RequestInput(LIMITS);
  const table = FrameTable.withCapacity(2);
  const announced = Buffer.from('*2\r\n$3\r\nGET\r\n$10000000\r\n');
  input.feed(announced, 0, announced.length, table);
  assert.ok(input.pendingBytes <= 1024, `${input.pendingBytes} bytes kept for ${announced.length}`);
});

test('a value of 10 MB in reads of 64 KiB: kept within twice its size, copied a few times at most', () => {
  const value = Buffer.alloc(10_000_000, 'v');
  const frame = encodeCommand('SET', 'k', value);
  const started = process.cpuUsage();
  const { rows, pendingMax } = feedPieces(new RequestInput(LIMITS), frame, 64 * 1024);
  const spent = process.cpuUsage(started);
  assert.equal(rows.length, 1);
  assert.ok(rows[0].equals(frame));
  assert.ok(pendingMax <= frame.length, `the known end is not overshot: ${pendingMax}`);
  assert.ok((spent.user + spent.system) / 1000 < 500, `${(spent.user + spent.system) / 1000} ms`);
});

test('fragments of one byte cost time in proportion', () => {
  const frame = encodeCommandArray(['MSET', ...Array.from({ length: 20_000 }, (_, i) => String(i))]);
  const cpuMs = (bytes: Buffer): number => {
    const started = process.cpuUsage();
    const { rows } = feedPieces(new RequestInput(LIMITS), bytes, 1);
    assert.equal(rows.length, 1);
    const spent = process.cpuUsage(started);
    return (spent.user + spent.system) / 1000;
  };
  cpuMs(frame);
  const spentMs = cpuMs(frame);
  assert.ok(spentMs < 1000, `${frame.length} bytes one by one took ${spentMs} ms`);
});

test('many big arguments do not make the buffer grow argument by argument', () => {
  const frame = encodeCommandArray(['MSET', ...Array.from({ length: 1000 }, () => 'x'.repeat(10_000))]);
  const input = new RequestInput(LIMITS);
  const table = FrameTable.withCapacity(1);
  const sizes = new Set<number>();
  for (let from = 0; from < frame.length; from += 8192) {
    input.feed(frame, from, Math.min(from + 8192, frame.length), table);
    sizes.add(input.pendingBytes);
  }
  assert.equal(table.count, 1);
  assert.ok(sizes.size < 20, `${sizes.size} buffers`);
});

test('a command above the limit is skipped without being kept, and the connection goes on', () => {
  const limits = { ...LIMITS, commandBytesMax: 100_000 };
  const bytes = Buffer.concat([GET, encodeCommand('SET', 'k', 'v'.repeat(5_000_000)), GET]);
  const input = new RequestInput(limits);
  const table = FrameTable.withCapacity(4);
  const commands: number[] = [];
  for (let from = 0; from < bytes.length; from += 65_536) {
    const end = Math.min(from + 65_536, bytes.length);
    for (let at = from; at !== end; at = input.position) {
      input.feed(bytes, at, end, table);
      for (let row = 0; row < table.count; row++) {
        commands.push(table.command[row]);
        if (table.command[row] === TOO_BIG) assert.equal(table.start[row], table.end[row]);
      }
    }
    assert.ok(input.pendingBytes <= 2 * limits.commandBytesMax, `${input.pendingBytes}`);
  }
  assert.equal(commands.length, 3);
  assert.equal(commands[1], TOO_BIG);
});

test('what was kept of a command is let go when it turns out to be too big', () => {
  const frame = encodeCommandArray(['MSET', ...Array.from({ length: 1000 }, () => 'x'.repeat(100))]);
  const input = new RequestInput({ ...LIMITS, commandBytesMax: 50_000 });
  const table = FrameTable.withCapacity(1);
  input.feed(frame, 0, 40_000, table);
  assert.ok(input.pendingBytes >= 40_000);
  input.feed(frame, 40_000, 60_000, table);
  assert.equal(input.pendingBytes, 0);
  input.feed(frame, 60_000, frame.length, table);
  assert.equal(table.command[0], TOO_BIG);
});

test('an inline request may be 64 KiB long, not more', () => {
  const line = (length: number): Buffer => Buffer.from(`ECHO ${'x'.repeat(length - 5)}\n`);
  const fits = parseRequests(line(65_536), [65_537], LIMITS);
  assert.equal(fits.frames.length, 1);
  assert.equal(parseRequests(line(65_537), [65_538], LIMITS).errorText, 'Protocol error: too big inline request');
  const endless = Buffer.alloc(70_000, 'x');
  assert.equal(parseRequests(endless, [30_000, 60_000, 70_000], LIMITS).errorText,
    'Protocol error: too big inline request');
});

test('random commands, random cuts: what goes in comes out', (t) => {
  const command = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 12 })
    .map((args) => encodeCommandArray(args.map((arg) => Buffer.from(arg))));
  const seed = Number(process.env.PYLON_TEST_SEED ?? Date.now() % 2 ** 31);
  t.diagnostic(`seed ${seed}`);
  fc.assert(
    fc.property(fc.array(command, { maxLength: 20 }), fc.array(fc.nat(5000), { maxLength: 8 }), fc.integer({ min: 1,
      max: 9 }),
      (commands, places, capacity) => {
        const bytes = Buffer.concat(commands);
        const cuts = [...new Set([...places.map((place) => place % (bytes.length + 1)), bytes.length])].sort((a,
          b) => a - b);
        const parsed = parseRequests(bytes, cuts, LIMITS, capacity);
        assert.equal(parsed.errorText, '');
        assert.equal(parsed.unfinished, false);
        assert.deepEqual(parsed.frames.map(String), commands.map(String));
      }),
    { seed, interruptAfterTimeLimit: 3_000, numRuns: 3_000 },
  );
});

test('random bytes, random cuts: the cuts make no difference', (t) => {
  const piece = fc.constantFrom('*1', '*2', '*0', '*-1', '$3', '$0', '$4', '\r\n', '\r', '\n', 'GET', 'PING', 'a', '"',
    "'", ' ', '\\', 'x', '\0', '*', '$', '9');
  const seed = Number(process.env.PYLON_TEST_SEED ?? Date.now() % 2 ** 31);
  t.diagnostic(`seed ${seed}`);
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), fc.array(fc.nat(60), { maxLength: 6 }), (pieces, places) => {
      const bytes = Buffer.from(pieces.join(''), 'latin1');
      const cuts = [...new Set([...places.map((place) => place % (bytes.length + 1)), bytes.length])].sort((a,
        b) => a - b);
      const whole = parseRequests(bytes, [bytes.length], LIMITS);
      const cut = parseRequests(bytes, cuts, LIMITS, 2);
      assert.deepEqual({ ...cut, frames: cut.frames.map(String) }, { ...whole, frames: whole.frames.map(String) });
    }),
    { seed, interruptAfterTimeLimit: 3_000, numRuns: 20_000 },
  );
});
