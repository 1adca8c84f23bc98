import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameTable } from '../../../src/shared/resp/frame-table.js';

test('a table survives a transfer with its rows', () => {
  const table = FrameTable.withCapacity(3);
  table.reset(Buffer.from('abc'));
  table.add(1, 20, 7, 1);
  table.add(20, 2_000_000_000, -2, 2);
  const memory = structuredClone(table.seal() as ArrayBuffer, { transfer: [table.seal() as ArrayBuffer] });
  const received = new FrameTable(memory);
  assert.equal(received.capacity, 3);
  assert.equal(received.count, 2);
  assert.deepEqual([...received.start.subarray(0, 2)], [1, 20]);
  assert.deepEqual([...received.end.subarray(0, 2)], [20, 2_000_000_000]);
  assert.deepEqual([...received.command.subarray(0, 2)], [7, -2]);
  assert.deepEqual([...received.flags.subarray(0, 2)], [1, 2]);
});

test('a table lives in shared memory too', () => {
  const memory = new SharedArrayBuffer(FrameTable.byteLengthFor(5));
  const writer = new FrameTable(memory, 5);
  writer.add(1, 2, 3, 0);
  writer.seal();
  assert.equal(new FrameTable(memory).command[0], 3);
});

test('memory that is too small, or was not filled, is refused', () => {
  assert.throws(() => new FrameTable(new ArrayBuffer(16), 5), RangeError);
  assert.throws(() => new FrameTable(new ArrayBuffer(64)), RangeError);
});

test('byteLengthFor is exact for every capacity', () => {
  for (let capacity = 1; capacity < 100; capacity++) {
    const table = FrameTable.withCapacity(capacity);
    table.flags[capacity - 1] = 9;
    assert.equal(table.memory.byteLength % 8, 0);
    assert.equal(table.flags.length, capacity);
  }
});
