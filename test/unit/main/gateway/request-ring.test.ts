import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReplyOrder, type Segment } from '../../../../src/main/gateway/reply-order.js';
import { RequestRing } from '../../../../src/main/gateway/request-ring.js';

function segments(count: number): Segment[] {
  return Array.from({ length: count }, () => new ReplyOrder({ emit() {} }).open({}));
}

test('first in, first out; neighbours of one segment are one entry', () => {
  const ring = new RequestRing();
  const [a, b] = segments(2);
  ring.push(a, 2);
  ring.push(a, 3);
  ring.push(b, 1);
  assert.equal(ring.segment, a);
  assert.equal(ring.count, 5);
  ring.shift(4);
  assert.equal(ring.count, 1);
  ring.shift(1);
  assert.equal(ring.segment, b);
  ring.shift(1);
  assert.equal(ring.empty, true);
});

test('it grows, wrapped around or not, and keeps the order', () => {
  const ring = new RequestRing();
  const all = segments(5_000);
  for (const segment of all.slice(0, 700)) ring.push(segment, 1);
  for (let i = 0; i < 600; i++) {
    assert.equal(ring.segment, all[i]);
    ring.shift(1);
  }
  for (const segment of all.slice(700)) ring.push(segment, 1);
  for (let i = 600; i < all.length; i++) {
    assert.equal(ring.segment, all[i]);
    ring.shift(1);
  }
  assert.equal(ring.empty, true);
});
