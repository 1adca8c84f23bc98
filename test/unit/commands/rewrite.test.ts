import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rewriteRead } from '../../../src/shared/commands/rewrite-read.js';
import { rewriteForApply } from '../../../src/shared/commands/rewrite.js';
import { candidatesRequest, spopError, spopWithCandidates } from '../../../src/shared/commands/spop.js';
import { commandIndex } from '../../../src/shared/commands/table.js';
import { validateWrite } from '../../../src/shared/commands/validate.js';
import { FrameArguments } from '../../../src/shared/resp/frame-arguments.js';
import { encodeCommandArray } from '../../../src/shared/resp/encode.js';

const CLOCK_MS = 1_700_000_000_000;

/** Words of a frame; `null` when there is none. */
function words(frame: Buffer | null): string[] | null {
  if (frame === null) return null;
  const args = new FrameArguments().read(frame, 0, frame.length);
  return Array.from({ length: args.count }, (_, i) => args.text(i));
}

function applied(line: string): string | undefined {
  const args = line.split(' ');
  const frame = encodeCommandArray(args);
  return words(rewriteForApply(commandIndex(args[0].toLowerCase()), frame, 0, frame.length, CLOCK_MS))?.join(' ');
}

test('XADD * takes the log clock, ~ becomes exact', () => {
  const cases: Array<[string, string | undefined]> = [
    ['XADD s * f v', 'XADD s 1700000000000-* f v'],
    ['xadd s nomkstream * * *', 'xadd s nomkstream 1700000000000-* * *'],
    ['xadd s 5-5 f v', undefined], ['xadd s 5-* f v', undefined], ['xadd s maxlen = 5 7 f v', undefined],
    ['xadd s maxlen 5 * f v', 'xadd s maxlen 5 1700000000000-* f v'],
    ['xadd s MAXLEN ~ 5 LIMIT 100 * f v', 'xadd s MAXLEN = 5 1700000000000-* f v'],
    ['xadd s limit 3 minid ~ 5 limit 4 9-9 ~ v', 'xadd s minid = 5 9-9 ~ v'],
    ['xtrim s maxlen ~ 5 limit 9', 'xtrim s maxlen = 5'], ['xtrim s minid 5', undefined],
    ['xadd s maxlen ~ x * f v', undefined], ['xadd s', undefined],
  ];
  for (const [line, expected] of cases) assert.equal(applied(line), expected, line);
});

test('XCLAIM delivers at the time of the log', () => {
  const cases: Array<[string, string | undefined]> = [
    ['xclaim s g c 0 1-1 2-1', 'xclaim s g c 0 1-1 2-1 TIME 1700000000000'],
    ['xclaim s g c 0 1-1 idle 1000 justid', 'xclaim s g c 0 1-1 justid TIME 1699999999000'],
    ['xclaim s g c 0 1-1 TIME 5 force', 'xclaim s g c 0 1-1 force TIME 5'],
    ['xclaim s g c 0 1-1 time 5 idle 7', 'xclaim s g c 0 1-1 TIME 1699999999993'],
    ['xclaim s g c 0 1-1 time 9999999999999', 'xclaim s g c 0 1-1 TIME 1700000000000'],
    ['xclaim s g c 0 1-1 idle -5', 'xclaim s g c 0 1-1 TIME 1700000000000'],
    ['xclaim s g c 0 1-1 retrycount 3 lastid 4-4', 'xclaim s g c 0 1-1 retrycount 3 lastid 4-4 TIME 1700000000000'],
    ['xclaim s g c 0 1-1 nonsense', undefined],
  ];
  for (const [line, expected] of cases) assert.equal(applied(line), expected, line);
});

test('expiry of fields becomes absolute', () => {
  assert.equal(applied('hexpire h 10 nx fields 1 f'), 'HPEXPIREAT h 1700000010000 nx fields 1 f');
  assert.equal(applied('hpexpire h 0 fields 1 f'), 'HPEXPIREAT h 1700000000000 fields 1 f');
  assert.equal(applied('hexpireat h 10 fields 1 f'), undefined);
});

test('ranges by name go through a script that looks at the scores', () => {
  const script = applied('zremrangebylex z - (b')!;
  assert.match(script, /^EVAL .* 1 z zremrangebylex - \(b$/s);
  assert.match(applied('zrangestore d s [a + bylex limit 0 3')!, /^EVAL .* 2 d s zrangestore \[a \+ bylex limit 0 3$/s);
  assert.equal(applied('zrangestore d s 0 -1'), undefined);
});

test('PFCOUNT of one key is sent as that of two', () => {
  const asked = (...args: string[]): string[] | null => {
    const frame = encodeCommandArray(args);
    return words(rewriteRead(commandIndex(args[0].toLowerCase()), frame, 0, frame.length));
  };
  assert.deepEqual(asked('pfcount', 'h'), ['PFCOUNT', 'h', 'h']);
  assert.equal(asked('pfcount', 'h', 'i'), null);
  assert.equal(asked('get', 'h'), null);
});

test('SPOP goes to the log with its candidates only', () => {
  const spop = commandIndex('spop');
  const frame = (...args: string[]): Buffer => encodeCommandArray(args);
  const check = (bytes: Buffer): string | undefined => validateWrite(spop, bytes, 0, bytes.length)?.toString();
  for (const asked of [frame('SPOP', 's'), frame('spop', 's', '3'), frame('spop', 's',
    'candidates')]) assert.ok(check(asked));
  const asked = frame('spop', 's', '3');
  assert.deepEqual(words(candidatesRequest(asked, 0, asked.length)), ['SRANDMEMBER', 's', '18']);
  const drawn = spopWithCandidates(asked, 0, asked.length, [Buffer.from('a'), Buffer.from('b')]);
  assert.deepEqual(words(drawn), ['SPOP', 's', 'CANDIDATES', '3', 'a', 'b']);
  assert.equal(check(drawn), undefined);
  const huge = frame('spop', 's', '9223372036854775807');
  assert.deepEqual(words(candidatesRequest(huge, 0, huge.length)), ['SRANDMEMBER', 's', '10015']);
  const one = frame('SPOP', 's');
  assert.deepEqual(words(spopWithCandidates(one, 0, one.length, [])), ['SPOP', 's', 'CANDIDATES', '-']);
  assert.match(applied('SPOP s CANDIDATES - a b')!, /^EVAL .* 1 s - a b$/s);
  const error = (...args: string[]): string | null => spopError(new FrameArguments().read(frame(...args), 0,
    frame(...args).length));
  assert.equal(error('spop', 's', '0'), null);
  assert.equal(error('spop', 's', '-1'), 'ERR value is out of range, must be positive');
  assert.equal(error('spop', 's', '1', 'x'), 'ERR syntax error');
});
