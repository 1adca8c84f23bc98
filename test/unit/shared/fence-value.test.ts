import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeFence, encodeFence, type FenceValue } from '../../../src/shared/fence-value.js';
import { makeIncarnation } from '../../../src/shared/incarnation.js';

const natural = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const incarnation = fc.tuple(fc.nat(2 ** 40), fc.uint8Array({ minLength: 6, maxLength: 6 }))
  .map(([timeMs, random]) => makeIncarnation(timeMs, random));
const plain = { noNullPrototype: true } as const;
const fences: fc.Arbitrary<FenceValue> = fc.record({
  topicId: fc.uuid(),
  next: fc.record({ offset: natural, index: fc.nat(1e6) }, plain),
  logClockMs: natural,
  rewindOffset: fc.option(natural, { nil: undefined }),
  runningHash: fc.nat(0xffffffff),
  incarnations: fc.array(fc.tuple(incarnation, fc.record({ batch: natural, clockMs: natural }, plain))).map((all) => new Map(all)),
}, plain);

test('a fence comes back as it was, incarnations in their order', () => {
  fc.assert(fc.property(fences, (fence) => {
    const back = decodeFence(encodeFence(fence));
    assert.deepEqual(back, fence);
    assert.deepEqual([...back.incarnations.keys()], [...fence.incarnations.keys()]);
  }));
});

test('anything else is corrupt and says which field', () => {
  const good = 'pylon-fence/1 topic 12:3 1700 - 0000beef -';
  assert.ok(decodeFence(good));
  const faults: [string, RegExp][] = [
    ['', /begins with/],
    ['hello', /begins with/],
    ['pylon-fence/2 topic 12:3 1700 - 0000beef -', /begins with/],
    [`${good} more`, /8 fields/],
    [good.replace('12:3', '12'), /next position/],
    [good.replace('12:3', '-1:3'), /next position/],
    [good.replace('12:3', '012:3'), /next position/],
    [good.replace('1700', '17x'), /log clock/],
    [good.replace(' - 0', ' x 0'), /rewind offset/],
    [good.replace('0000beef', 'beef'), /running hash/],
    [good.replace(/-$/, 'short.1.1'), /incarnations/],
    [good.replace(/-$/, 'AZh2VDIQobLD1OX2.1'), /incarnations/],
    [good.replace(/-$/, 'AZh2VDIQobLD1OX2.1.1,AZh2VDIQobLD1OX2.2.2'), /incarnations/],
  ];
  for (const [text, field] of faults) {
    assert.throws(() => decodeFence(text), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'PYLON_FENCE_CORRUPT');
      assert.match(error.message, field);
      return true;
    }, text);
  }
});
