import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Watchdog } from '../../../../src/main/serve/watchdog.js';
import { limits } from '../../../../src/shared/limits.js';

function run(beats: (nowMs: number) => number, fromMs: number, toMs: number, skip?: [number, number]): string | undefined {
  let nowMs = fromMs;
  const watchdog = new Watchdog([{ name: 'applier-0', heartbeatMs: () => beats(nowMs) }], nowMs);
  for (; nowMs <= toMs; nowMs += 1_000) {
    if (skip !== undefined && nowMs > skip[0] && nowMs < skip[1]) continue;
    const silent = watchdog.check(nowMs);
    if (silent !== undefined) return `${silent} at ${nowMs}`;
  }
  return undefined;
}

test('a worker that beats is left alone; one that has not begun too', () => {
  assert.equal(run((nowMs) => nowMs, 1, 200_000), undefined);
  assert.equal(run(() => 0, 1, 200_000), undefined);
});

test('a worker that stops beating is named after the limit', () => {
  const stoppedMs = 10_000;
  const named = run((nowMs) => Math.min(nowMs, stoppedMs), 1, 200_000);
  assert.equal(named, `applier-0 at ${stoppedMs + limits.applierStallMsMax + 1}`);
});

test('a process that was itself stopped for a while counts anew', () => {
  const pause: [number, number] = [20_000, 120_000];
  // After the pause the worker needs a moment before it beats again.
  const beats = (nowMs: number): number => (nowMs < pause[0] ? nowMs : nowMs < pause[1] + 5_000 ? pause[0] : nowMs);
  assert.equal(run(beats, 1, 300_000, pause), undefined);
  const neverAgain = run((nowMs) => Math.min(nowMs, pause[0]), 1, 300_000, pause);
  assert.ok(neverAgain !== undefined && Number(neverAgain.split(' ').at(-1)) > pause[1] + limits.applierStallMsMax);
});
