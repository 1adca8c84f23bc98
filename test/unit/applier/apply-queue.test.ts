/** The queue of fetched records: decoded when looked at, dropped when applied, without a gap. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApplyQueue } from '../../../src/workers/applier/apply-queue.js';
import { commandsValue, entry, set } from '../../support/apply-records.js';

const three = [set('a', '1'), set('b', '2'), set('c', '3')];

/** Records of three commands each, but for the ones given, from offset 5. */
function queueOf(count: number, others: Readonly<Record<number, Buffer | null>> = {}): ApplyQueue {
  const queue = new ApplyQueue();
  queue.reset(5);
  for (let i = 0; i < count; i++) queue.push(entry(5 + i, i in others ? (others[i] as Buffer | null) : commandsValue(i + 1, three)));
  return queue;
}

test('commands are counted over records, from any position in them', () => {
  const queue = queueOf(4, { 1: null });
  const at = (offset: number, index: number, count: number): boolean => queue.hasCommands({ offset, index }, count);
  assert.deepEqual([at(5, 0, 9), at(5, 0, 10), at(5, 2, 7), at(5, 2, 8)], [true, false, true, false]);
  queue.dropBefore(7);
  assert.deepEqual([at(7, 0, 6), at(7, 0, 7), at(8, 1, 2), at(8, 1, 3), at(9, 0, 1)], [true, false, true, false, false]);
});

test('what another applier has applied is dropped unseen, and counting goes on', () => {
  const queue = queueOf(4);
  queue.dropBefore(7);
  assert.deepEqual([queue.records, queue.startOffset, queue.endOffset], [2, 7, 9]);
  assert.equal(queue.hasCommands({ offset: 7, index: 0 }, 6), true);
  assert.equal(queue.hasCommands({ offset: 7, index: 0 }, 7), false);
  queue.dropBefore(9);
  queue.push(entry(9, commandsValue(9, three)));
  assert.equal(queue.get(9)?.record?.kind, 'commands');
  assert.equal(queue.bytes, commandsValue(9, three).length);
});

test('a record that cannot be read is a fault of its own, not of its neighbours', () => {
  const future = commandsValue(2, three);
  future[2] = 99;
  const queue = queueOf(3, { 1: future });
  assert.equal(queue.hasCommands({ offset: 5, index: 0 }, 6), true);
  assert.equal(queue.get(6)?.fault?.code, 'PYLON_RECORD_UNKNOWN');
  assert.equal(queue.get(7)?.record?.kind, 'commands');
});

test('the name of a command at a position', () => {
  const queue = queueOf(2, { 1: null });
  const names = [queue.commandName({ offset: 5, index: 2 }), queue.commandName({ offset: 6, index: 0 })];
  assert.deepEqual(names, ['set', '?']);
});
