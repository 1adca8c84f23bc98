import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandIndex } from '../../../src/shared/commands/table.js';
import { encodeCommand } from '../../../src/shared/resp/encode.js';
import { FrameTable, TOO_BIG } from '../../../src/shared/resp/frame-table.js';
import { DEFAULT_REQUEST_LIMITS } from '../../../src/shared/resp/request-limits.js';
import {
  createScanState, scanFrames, SCAN_DONE, SCAN_FULL, SCAN_ODD, SCAN_UNFINISHED,
} from '../../../src/shared/resp/scan-request.js';

const GET = encodeCommand('GET', 'a');
const SET = encodeCommand('set', 'key', 'v'.repeat(300));

test('rows are appended behind what is there, and offsets are those of the buffer', () => {
  const table = FrameTable.withCapacity(8);
  const scan = createScanState();
  const bytes = Buffer.concat([Buffer.from('junk'), GET, SET, Buffer.from('*9 not looked at')]);
  const end = 4 + GET.length + SET.length;
  table.add(0, 0, 0, 0);
  assert.equal(scanFrames(bytes, 4, end, DEFAULT_REQUEST_LIMITS, table, scan), SCAN_DONE);
  assert.equal(scan.position, end);
  assert.equal(table.count, 3);
  assert.deepEqual([...table.start.subarray(1, 3)], [4, 4 + GET.length]);
  assert.deepEqual([...table.end.subarray(1, 3)], [4 + GET.length, end]);
  assert.deepEqual([...table.command.subarray(1, 3)], [commandIndex('get'), commandIndex('set')]);
});

test('bytes behind the end are never taken for part of a frame', () => {
  const table = FrameTable.withCapacity(8);
  const scan = createScanState();
  const bytes = Buffer.concat([GET, SET]);
  for (let end = 0; end < bytes.length; end++) {
    table.reset(bytes);
    const status = scanFrames(bytes, 0, end, DEFAULT_REQUEST_LIMITS, table, scan);
    assert.equal(table.count, end >= GET.length ? 1 : 0);
    assert.equal(scan.position, end >= GET.length ? GET.length : 0);
    assert.equal(status, end === 0 || end === GET.length ? SCAN_DONE : SCAN_UNFINISHED);
  }
});

test('a full table stops before the next frame, and only if there is one', () => {
  const table = FrameTable.withCapacity(2);
  const scan = createScanState();
  const three = Buffer.concat([GET, GET, GET]);
  assert.equal(scanFrames(three, 0, three.length, DEFAULT_REQUEST_LIMITS, table, scan), SCAN_FULL);
  assert.equal(scan.position, 2 * GET.length);
  table.reset(three);
  assert.equal(scanFrames(three, scan.position, three.length, DEFAULT_REQUEST_LIMITS, table, scan), SCAN_DONE);
  assert.equal(table.count, 1);
});

test('what is not canonical stops the scan at its frame', () => {
  const table = FrameTable.withCapacity(8);
  const scan = createScanState();
  for (const odd of ['PING\r\n', '*0\r\n', '*-1\r\n', '\r\n', '*01\r\n', '*1\r\n$04\r\nPING\r\n', '*1\r\n+4\r\n',
    '*1\rx', '*12\rx',
    '*1\r\n$4\r\nPINGxx', '*1\r\n$536870913\r\n', '*1048577\r\n', '*9999999999\r\n']) {
    const bytes = Buffer.concat([GET, Buffer.from(odd)]);
    table.reset(bytes);
    assert.equal(scanFrames(bytes, 0, bytes.length, DEFAULT_REQUEST_LIMITS, table, scan), SCAN_ODD,
      JSON.stringify(odd));
    assert.equal(scan.position, GET.length);
    assert.equal(table.count, 1);
  }
});

test('a frame above the limit is an empty row in its place', () => {
  const table = FrameTable.withCapacity(8);
  const scan = createScanState();
  const bytes = Buffer.concat([GET, SET, GET]);
  assert.equal(scanFrames(bytes, 0, bytes.length, { ...DEFAULT_REQUEST_LIMITS, commandBytesMax: 100 }, table, scan),
    SCAN_DONE);
  assert.deepEqual([...table.command.subarray(0, 3)], [commandIndex('get'), TOO_BIG, commandIndex('get')]);
  assert.equal(table.start[1], table.end[1]);
});
