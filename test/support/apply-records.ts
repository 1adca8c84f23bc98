/** Records and queues for unit tests of the applier. */

import { encodeFence, type FenceValue } from '../../src/shared/fence-value.js';
import { appendVarint, encodeBarrier, encodeCommands } from '../../src/shared/record.js';
import { encodeCommand } from '../../src/shared/resp/encode.js';
import { ApplyQueue, type LogEntry } from '../../src/workers/applier/apply-queue.js';
import { buildStep, type Rejections, type Step, type StepBounds } from '../../src/workers/applier/step.js';

export const incarnationA = 'AAAAAAAAAAAAAAAA';
export const incarnationB = 'BBBBBBBBBBBBBBBB';

export function commandsValue(
  batch: number,
  frames: readonly Buffer[],
  incarnation = incarnationA,
  flags: Uint8Array = new Uint8Array(0),
): Buffer {
  const lengths = Buffer.alloc(frames.length * 5);
  let end = 0;
  for (const frame of frames) end = appendVarint(lengths, end, frame.length);
  const author = { rack: 'east', pylon: 'east-1', incarnation, batch };
  return encodeCommands(author, Buffer.concat(frames), lengths.subarray(0, end), flags);
}

export function barrierValue(batch: number, incarnation = incarnationA): Buffer {
  return encodeBarrier({ rack: 'east', pylon: 'east-1', incarnation, batch });
}

export const set = (key: string, value: string): Buffer => encodeCommand('SET', key, value);

export function entry(offset: number, value: Buffer | null, logTimeMs = 1000 + offset): LogEntry {
  return { offset, logTimeMs, value };
}

export function queueOf(...entries: readonly LogEntry[]): ApplyQueue {
  const queue = new ApplyQueue();
  queue.reset(entries[0]?.offset ?? 0);
  for (const one of entries) queue.push(one);
  return queue;
}

export const newRack: FenceValue = {
  topicId: 'topic',
  next: { offset: 0, index: 0 },
  logClockMs: 0,
  rewindOffset: undefined,
  runningHash: 0,
  incarnations: new Map(),
};

export const wide: StepBounds = { commands: 1000, bytes: 1 << 20 };

/** The step, which must be one. */
export function stepOf(
  queue: ApplyQueue,
  state: FenceValue = newRack,
  bounds: StepBounds = wide,
  rejections: Rejections = new Map(),
  rack = 'east',
): Step {
  const step = buildStep(state, queue, bounds, rejections, rack);
  if (step === undefined || step instanceof Error) throw step ?? new Error('no step');
  return step;
}

/** Its commands as text. */
export const textOf = (step: Step): string => Buffer.concat(step.chunks).toString('latin1');

export const fenceAt = (offset: number, index = 0): string => encodeFence({ ...newRack, next: { offset, index } });
