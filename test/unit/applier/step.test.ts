import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeFence, type FenceValue } from '../../../src/shared/fence-value.js';
import { formatPosition } from '../../../src/shared/position.js';
import { encodeCommand } from '../../../src/shared/resp/encode.js';
import { buildStep, positionOf, type Step } from '../../../src/workers/applier/step.js';
import {
  barrierValue,
  commandsValue,
  entry,
  incarnationB,
  newRack,
  queueOf,
  set,
  stepOf,
  textOf,
  wide,
} from '../../support/apply-records.js';

/** All steps to the end of the queue. */
function stepsOf(queue: ReturnType<typeof queueOf>, commands: number, bytes = 1 << 20): Step[] {
  const steps: Step[] = [];
  let state: FenceValue = newRack;
  for (;;) {
    const step = buildStep(state, queue, { commands, bytes }, new Map(), 'east');
    if (step === undefined) return steps;
    if (step instanceof Error) throw step;
    steps.push(step);
    state = step.after;
  }
}

test('records side by side become one step, and the fence behind it says so', () => {
  const queue = queueOf(
    entry(0, commandsValue(1, [set('a', '1'), set('b', '2')]), 5000),
    entry(1, commandsValue(1, [set('c', '3')], incarnationB), 4000),
  );
  const step = stepOf(queue);
  assert.equal(textOf(step), Buffer.concat([set('a', '1'), set('b', '2'), set('c', '3')]).toString());
  assert.deepEqual([step.commandCount, step.records], [3, 2]);
  const fence = decodeFence(step.fence);
  assert.deepEqual(fence.next, { offset: 2, index: 0 });
  assert.equal(fence.logClockMs, 5000, 'the log clock does not step back');
  assert.deepEqual([...fence.incarnations.values()], [{ batch: 1, clockMs: 5000 }, { batch: 1, clockMs: 5000 }]);
  assert.deepEqual([0, 1, 2].map((i) => formatPosition(positionOf(step, i))), ['0:0', '0:1', '1:0']);
});

test('however the steps fall, the bytes and the last fence are the same', () => {
  const frames = Array.from({ length: 23 }, (_, i) => (i % 5 === 3 ? encodeCommand('GET', 'x') : set(`k${i}`, `${i}`)));
  const queue = queueOf(
    entry(0, commandsValue(1, frames)),
    entry(1, commandsValue(1, frames)), // a duplicate
    entry(2, null),
    entry(3, barrierValue(4)),
    entry(4, commandsValue(3, [set('void', '1')])), // declared void by the barrier
    entry(5, commandsValue(5, [])),
    entry(6, commandsValue(6, frames)),
  );
  const whole = stepOf(queue);
  assert.deepEqual([whole.commandCount, whole.duplicates, whole.foreign, whole.records], [38, 2, 1, 7]);
  assert.equal(whole.passedOver.length, 8);
  for (let size = 1; size <= 24; size++) {
    const steps = stepsOf(queue, size);
    assert.equal(steps.map(textOf).join(''), textOf(whole), `${size} commands per step`);
    assert.equal(steps.at(-1)?.fence, whole.fence);
    assert.ok(steps.every((step) => step.commandCount <= size));
    assert.equal(steps.reduce((sum, step) => sum + step.passedOver.length, 0), 8);
    assert.equal(steps.reduce((sum, step) => sum + step.records, 0), 7);
  }
});

test('a record is cut by bytes too, and its batch is noted only at its end', () => {
  const frames = Array.from({ length: 4 }, (_, i) => set(`k${i}`, 'v'.repeat(100)));
  const steps = stepsOf(queueOf(entry(0, commandsValue(1, frames))), 100, 2 * (frames[0] as Buffer).length);
  assert.deepEqual(steps.map((step) => step.after.next), [{ offset: 0, index: 2 }, { offset: 1, index: 0 }]);
  assert.deepEqual(steps.map((step) => step.after.incarnations.size), [0, 1]);
});

test('a command larger than a step is a step of its own', () => {
  const large = set('large', 'v'.repeat(5000));
  const steps = stepsOf(queueOf(entry(0, commandsValue(1, [set('a', '1'), large, set('b', '2')]))), 100, 1000);
  assert.deepEqual(steps.map((step) => step.commandCount), [1, 1, 1]);
});

const poison: readonly [string, Buffer][] = [
  ['cut off', Buffer.from('*2\r\n$3\r\nSET\r\n$1\r\n')],
  ['two commands in one frame', Buffer.concat([set('x', '1'), set('y', '2')])],
  ['inline', Buffer.from('SET x 1\r\n')],
  ['*0', Buffer.from('*0\r\n')],
  ['garbage', Buffer.from('\0\xff')],
  ['a read', encodeCommand('GET', 'x')],
  ['unknown', encodeCommand('FROBNICATE', 'x')],
  ['refused', encodeCommand('SUBSCRIBE', 'x')],
  ['MULTI', encodeCommand('MULTI')],
  ['EXEC', encodeCommand('EXEC')],
  ['too few arguments', encodeCommand('SET', 'x')],
  ['too many arguments', encodeCommand('INCR', 'x', 'y')],
  ['statically wrong', encodeCommand('SET', 'x', '1', 'EX', 'never')],
  ['the fence itself', encodeCommand('SET', '__pylon__:fence', 'x')],
  ['the fence among others', encodeCommand('DEL', 'a', '__pylon__:fence')],
];
for (const [name, frame] of poison) {
  test(`poison is passed over and takes no neighbour with it: ${name}`, () => {
    const queue = queueOf(entry(0, commandsValue(1, [set('a', '1'), frame, set('b', '2')])));
    const step = stepOf(queue);
    assert.equal(textOf(step), Buffer.concat([set('a', '1'), set('b', '2')]).toString());
    assert.deepEqual(step.passedOver.map((passed) => passed.command), [1]);
    assert.deepEqual(positionOf(step, 1), { offset: 0, index: 2 });
    assert.deepEqual(step.after.next, { offset: 1, index: 0 });
    const only = stepOf(queueOf(entry(0, commandsValue(1, [frame]))));
    assert.deepEqual([only.commandCount, only.after.next.offset], [0, 1]);
  });
}

test('relative expiry becomes absolute by the log clock, not by the record alone', () => {
  const expire = encodeCommand('EXPIRE', 'k', '10');
  const queue = queueOf(entry(0, null, 50_000), entry(1, commandsValue(1, [expire]), 40_000));
  assert.equal(textOf(stepOf(queue)), encodeCommand('PEXPIREAT', 'k', '60000').toString());
});

test('what this Redis refused for good is passed over in its place', () => {
  const queue = queueOf(entry(0, commandsValue(1, [set('a', '1'), set('b', '2'), set('c', '3')])));
  const step = stepOf(queue, newRack, wide, new Map([['0:1', { error: 'ERR no', isData: true }]]));
  assert.equal(textOf(step), Buffer.concat([set('a', '1'), set('c', '3')]).toString());
  assert.deepEqual(step.passedOver, [{ command: 1, error: 'ERR no', isData: true }]);
});

test('a record from the future stops the applier, but only when its turn comes', () => {
  const future = commandsValue(2, [set('b', '2')]);
  future[2] = 99;
  const queue = queueOf(entry(0, commandsValue(1, [set('a', '1')])), entry(1, future));
  const step = stepOf(queue);
  assert.deepEqual(step.after.next, { offset: 1, index: 0 });
  const error = buildStep(step.after, queue, wide, new Map(), 'east');
  assert.ok(error instanceof Error && 'code' in error && error.code === 'PYLON_RECORD_UNKNOWN');
  assert.match(error.message, /offset 1/);
});

test('an offset that is not the next one is a gap', () => {
  const queue = queueOf(entry(7, null));
  for (const offset of [7, 9]) assert.throws(() => queue.push(entry(offset, null)), { code: 'PYLON_LOG_GAP' });
  queue.push(entry(8, null));
  queue.dropBefore(9);
  assert.deepEqual([queue.records, queue.bytes, queue.startOffset, queue.endOffset], [0, 0, 9, 9]);
});
