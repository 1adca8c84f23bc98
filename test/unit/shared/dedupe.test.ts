import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDuplicate, noteBatch, type Incarnations } from '../../../src/shared/dedupe.js';
import { limits } from '../../../src/shared/limits.js';

test('a batch not above the last of its incarnation is a duplicate', () => {
  const seen: Incarnations = new Map();
  assert.equal(isDuplicate(seen, 'a', 1), false);
  noteBatch(seen, 'a', 5, 1_000);
  assert.equal(isDuplicate(seen, 'a', 4), true, 'older batches are void');
  assert.equal(isDuplicate(seen, 'a', 5), true);
  assert.equal(isDuplicate(seen, 'a', 6), false);
  assert.equal(isDuplicate(seen, 'b', 1), false);
});

test('an incarnation is forgotten when it was silent for long enough in log time', () => {
  const seen: Incarnations = new Map();
  noteBatch(seen, 'old', 1, 1_000);
  noteBatch(seen, 'new', 1, 1_000 + limits.incarnationMemoryMs);
  assert.ok(seen.has('old'));
  noteBatch(seen, 'new', 2, 1_001 + limits.incarnationMemoryMs);
  assert.ok(!seen.has('old'));
  assert.equal(isDuplicate(seen, 'new', 2), true);
});

test('there are never more than the limit; the longest silent goes first', () => {
  const seen: Incarnations = new Map();
  for (let i = 0; i < limits.incarnationsMax; i++) noteBatch(seen, `i${i}`, 1, 1_000 + i);
  noteBatch(seen, 'i0', 2, 5_000);
  noteBatch(seen, 'one more', 1, 5_001);
  assert.equal(seen.size, limits.incarnationsMax);
  assert.ok(seen.has('i0'), 'heard of lately');
  assert.ok(!seen.has('i1'), 'the longest silent');
});

test('what is remembered depends on the log alone, not on who resumes where', () => {
  const batches = Array.from({ length: 500 }, (_, i) => ({ id: `p${(i * 7) % 150}`, batch: i + 1, clockMs: i * 5_000 }));
  const whole: Incarnations = new Map();
  for (const { id, batch, clockMs } of batches) noteBatch(whole, id, batch, clockMs);
  let resumed: Incarnations = new Map();
  for (const { id, batch, clockMs } of batches) {
    resumed = new Map(resumed); // as read back from the fence, in its order
    noteBatch(resumed, id, batch, clockMs);
  }
  assert.deepEqual([...resumed], [...whole]);
});
