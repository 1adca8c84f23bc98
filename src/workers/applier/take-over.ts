/**
 * May this rack be led, and from where? Judges what a fence says against the log. Pure: values or errors come back.
 */

import { PylonError } from '../../shared/errors.js';
import { decodeFence, type FenceValue } from '../../shared/fence-value.js';
import { logStart } from '../../shared/position.js';
import { fenceBehind, fenceForeign, fenceMissing, type LogIdentity } from './halt-errors.js';

/** A rack that begins with the log. */
export function newRack(topicId: string): FenceValue {
  return {
    topicId,
    next: logStart,
    logClockMs: 0,
    rewindOffset: undefined,
    runningHash: 0,
    incarnations: new Map(),
  };
}

/** @returns what the fence says, or why it is not one to go by: PYLON_FENCE_CORRUPT, PYLON_FENCE_FOREIGN */
export function readRack(value: string, log: LogIdentity): FenceValue | PylonError {
  try {
    const rack = decodeFence(value);
    return rack.topicId === log.topicId ? rack : fenceForeign(rack, log);
  } catch (error) {
    if (error instanceof PylonError && error.code === 'PYLON_FENCE_CORRUPT') return error;
    throw error;
  }
}

/**
 * Holds a rack's position against the log.
 * @param isNew there is no fence yet
 * @param start the log's first offset
 * @param end the offset behind its last
 * @returns `beyond` may be an end that is hidden for a moment (brokers hold an election): look again before it is
 * believed
 */
export function judgeRange(
  rack: FenceValue,
  isNew: boolean,
  start: number,
  end: number,
): 'within' | 'beyond' | PylonError {
  const { offset, index } = rack.next;
  if (offset < start) return isNew ? fenceMissing(`the log begins at ${start}, not 0`) : fenceBehind(rack, start);
  return offset > end || (offset === end && index > 0) ? 'beyond' : 'within';
}
