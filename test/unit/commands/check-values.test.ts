import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDouble, isLongDouble } from '../../../src/shared/commands/check-values.js';
import { dumpPayloadIsWhole } from '../../../src/shared/commands/dump-payload.js';
import { rewriteForApply } from '../../../src/shared/commands/rewrite.js';
import { commandIndex } from '../../../src/shared/commands/table.js';
import { validateWrite } from '../../../src/shared/commands/validate.js';
import { encodeCommand } from '../../../src/shared/resp/encode.js';

test('floats as strtod reads them, all of the text', () => {
  for (const text of ['0', '-0', '1', '+1', '1.', '.5', '1e5', '1E+5', '1e-5', 'inf', '-INF', 'Infinity', '4e-324',
    '1.7976931348623157e308', '0e99999', '00012']) assert.ok(isDouble(text), text);
  for (const text of ['', ' 1', '1 ', 'nan', 'NAN(1)', '.', 'e5', '1e', '1e+', '0x', '0x.', '0xp1', '0x1p', '1,5',
    'infinit', 'in', '--1', '1e309',
    '1e-400', '0x1p1024', '0x1p-1075', '1_0', '0x10', '0x1p3']) assert.ok(!isDouble(text), text);
});

test('long doubles reach further, and not without end', () => {
  for (const text of ['1e400', '-1e400', '1e4932', '1.18973149535723176e4932', '1e-4950', '0x1p16383', '0', '0e9999',
    'inf', `1${'0'.repeat(4000)}`, `0.${'0'.repeat(4000)}1`]) {
    assert.ok(isLongDouble(text), text.slice(0, 40));
  }
  for (const text of ['1e4933', '1.19e4932', '1e-4952', '0x1p16384', '', 'nan', ' 1',
    `1${'0'.repeat(5200)}`]) assert.ok(!isLongDouble(text), text.slice(0, 40));
});

/** DUMP of a string "v" by Redis 7.0. */
const PAYLOAD = Buffer.from('00 01 76 0a 00 91 08 ce b2 19 38 8a ce'.replaceAll(' ', ''), 'hex');

test('the checksum of a payload', () => {
  assert.equal(dumpPayloadIsWhole(PAYLOAD), true);
  assert.equal(dumpPayloadIsWhole(Buffer.alloc(9)), false);
  const good = [...PAYLOAD];
  for (let i = 0; i < good.length; i++) {
    const bad = Buffer.from(good);
    bad[i] ^= 1;
    assert.equal(dumpPayloadIsWhole(bad), false, `byte ${i} changed`);
  }
});

test('offsets within a bigger buffer are respected by checks and rewriting', () => {
  const frame = encodeCommand('SET', 'k', 'v', 'EX', '10');
  const padded = Buffer.concat([Buffer.from('*1\r\n$4\r\nPING\r\n'), frame, Buffer.from('*1\r\n')]);
  assert.equal(validateWrite(commandIndex('set'), padded, 14, 14 + frame.length), null);
  assert.equal(rewriteForApply(commandIndex('set'), padded, 14, 14 + frame.length, 1000)!.toString(),
    encodeCommand('SET', 'k', 'v', 'PXAT', '11000').toString());
});

test('a relative deadline leaves room for any clock; an absolute one needs none', () => {
  const check = (...args: string[]): string | undefined => {
    const frame = encodeCommand(...args);
    return validateWrite(commandIndex(args[0].toLowerCase()), frame, 0, frame.length)?.toString();
  };
  const max = (2n ** 63n - 1n).toString();
  assert.equal(check('PEXPIRE', 'k', max), "-ERR invalid expire time in 'pexpire' command\r\n");
  assert.equal(check('SET', 'k', 'v', 'PX', max), "-ERR invalid expire time in 'set' command\r\n");
  assert.equal(check('PEXPIREAT', 'k', max), undefined);
  assert.equal(check('SET', 'k', 'v', 'PXAT', max), undefined);
  const most = (2n ** 63n - 1n - 2n ** 46n).toString();
  assert.equal(check('PEXPIRE', 'k', most), undefined);
  const frame = encodeCommand('PEXPIRE', 'k', most);
  assert.ok(rewriteForApply(commandIndex('pexpire'), frame, 0, frame.length, 2 ** 46) !== null,
    'and does not overflow at apply');
});
