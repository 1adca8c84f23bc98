/**
 * A zombie on purpose: a rack's leader that is stopped while a step of its own is on its way to Redis, sleeps through
 * its successor's work, and wakes up with that step still in its hands. No luck is needed:
 *
 *   1. the rack's Redis is paused: the leader's step is sent and gets no answer; records pile up behind it
 *   2. the leader is paused, then Redis goes on: it queues the step's commands, but EXEC cannot come
 *   3. another Pylon takes over and applies what is in the log
 *   4. the old leader goes on: it reads the answers of long ago, and sends EXEC
 *
 * With the fence, that EXEC does nothing. Without WATCH, it applies the step a second time.
 */

import { eventually } from './eventually.js';
import { logEnd } from './kafka.js';
import type { Load } from './load.js';
import type { PylonProcess } from './pylon-process.js';
import { readFence } from './rack-data.js';
import type { TestRack, TestWorld } from './test-world.js';

/** How long a takeover may take: the session of 6 s, and the group's round. */
export const takeoverMsMax = 12_000;

export interface Zombie {
  readonly pylon: PylonProcess;
  readonly successor: PylonProcess;
  /** From the moment the leader was paused. */
  readonly takeoverMs: number;
}

/** Needs a rack of two Pylons under load. On return the zombie is still paused. */
export async function makeZombie(world: TestWorld, rack: TestRack, load: Load): Promise<Zombie> {
  const pylon = await rack.leader();
  await rack.redis.pause();
  const loggedBefore = await logEnd(world.kafka, world.name);
  await eventually(
    'records to pile up',
    () => logEnd(world.kafka, world.name),
    (end) => end > loggedBefore + 20,
  );
  pylon.pause();
  const pausedAt = performance.now();
  await rack.redis.resume();
  const others = rack.running.filter((other) => other !== pylon);
  const successor = await rack.leader({ deadlineMs: takeoverMsMax }, others);
  const takeoverMs = performance.now() - pausedAt;
  // The successor must have come by what the zombie has in hand.
  const appliedAt = (await logEnd(world.kafka, world.name)) + 1;
  await eventually(
    'the successor to apply',
    () => rack.redis.use(readFence),
    (fence) => (fence?.next.offset ?? 0) >= appliedAt || load.progress.sent === 0,
    { deadlineMs: 30_000 },
  );
  return { pylon, successor, takeoverMs };
}

/** Wakes the zombie, and waits until it knows that it does not lead. */
export async function wakeZombie({ pylon }: Zombie): Promise<void> {
  pylon.resume();
  await eventually(
    'the old leader to stand by',
    async () => (await pylon.info()).text('applier_state'),
    (state) => state === 'standby',
    {
      deadlineMs: 30_000,
    },
  );
}
