import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReplyWindow } from '../../../../src/main/gateway/reply-window.js';
import { limits } from '../../../../src/shared/limits.js';

test('it starts small and grows with the replies that come back', () => {
  const window = new ReplyWindow();
  assert.equal(window.room, limits.clientWindowStart);
  window.opened(16);
  assert.equal(window.room, 0);
  window.completed(16, 160);
  assert.equal(window.room, 32);
  for (let i = 0; i < 2_000; i++) {
    window.opened(1);
    window.completed(1, 10);
  }
  assert.equal(window.room, limits.clientWindowMax);
});

test('big replies shrink it to the budget of bytes, small ones open it again', () => {
  const window = new ReplyWindow();
  const megabyte = 1 << 20;
  for (let i = 0; i < 100; i++) {
    window.opened(1);
    window.completed(0, megabyte / 2);
    window.completed(1, megabyte / 2);
  }
  assert.equal(window.room, 8, 'the floor: 4 MiB would be 4 such replies');
  for (let i = 0; i < 100; i++) {
    window.opened(1);
    window.completed(1, 5);
  }
  assert.ok(window.room > 100);
});

test('a stopped client goes on when half of its window is free', () => {
  const window = new ReplyWindow();
  window.opened(16);
  assert.equal(window.mayResume, false);
  window.completed(4, 40);
  assert.equal(window.mayResume, false, '12 of 20 in flight');
  window.completed(2, 20);
  assert.equal(window.mayResume, true, '10 of 22');
});
