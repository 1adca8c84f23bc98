/**
 * The errors that stop an applier for good, in words for the one who must look: what was found, what it may come from,
 * what to do.
 */

import { PylonError } from '../../shared/errors.js';
import type { FenceValue } from '../../shared/fence-value.js';
import { formatPosition } from '../../shared/position.js';
import { fenceKey, taintedKey } from '../../shared/reserved-keys.js';
import { positionOf, type Step } from './step.js';

/** The log that this applier reads. */
export interface LogIdentity {
  readonly topic: string;
  readonly topicId: string;
}

export function fenceMissing(what: string): PylonError {
  return new PylonError(
    'PYLON_FENCE_MISSING',
    `there is no fence (key ${fenceKey}), and ${what}. An empty Redis is filled from a log that begins at 0; data ` +
      'without a fence must be adopted, or this Redis emptied, or filled with a copy of another rack and its fence',
  );
}

export function fenceGone(rack: FenceValue): PylonError {
  return new PylonError(
    'PYLON_FENCE_GONE',
    `the fence (key ${fenceKey}) vanished; last seen at ${formatPosition(rack.next)}. Something else deletes keys, ` +
      'or this Redis lost its data: give it back with its fence, or empty it and restart this Pylon',
  );
}

export function fenceForeign(rack: FenceValue, log: LogIdentity): PylonError {
  return new PylonError(
    'PYLON_FENCE_FOREIGN',
    `the fence belongs to a log with topic id ${rack.topicId}; topic ${log.topic} has ${log.topicId}. This Redis ` +
      'is of another world, or the topic was made anew',
  );
}

export function fenceBeyond(rack: FenceValue, end: number): PylonError {
  return new PylonError(
    'PYLON_FENCE_RANGE',
    `the fence is at ${formatPosition(rack.next)}, beyond the end of the log at ${end}: the log lost records, or ` +
      'this Redis is of another world',
  );
}

export function fenceBehind(rack: FenceValue, start: number): PylonError {
  return new PylonError(
    'PYLON_FENCE_RANGE',
    `the fence is at ${formatPosition(rack.next)}, but the log begins at ${start}: what lies between was removed by ` +
      'retention. Fill this Redis with a copy of another rack and its fence',
  );
}

/** What is noted of a reply that other racks may not have got. @param name of the command */
export function describeTaint(step: Step, tainted: { readonly index: number; readonly error: string }, name: string): string {
  const isCommand = tainted.index < step.commandCount;
  const where = isCommand ? `command ${formatPosition(positionOf(step, tainted.index))} (${name})` : 'the fence itself';
  return `${where} was answered '${tainted.error}' while applied`;
}

/** @param what as noted in the rack's Redis */
export function taintedBy(what: string): PylonError {
  return new PylonError(
    'PYLON_TAINTED',
    `${what}: other racks may differ from here on, so nothing more is applied. Compare and repair this rack, DEL ` +
      `${taintedKey} in its Redis and restart this Pylon; or empty that Redis, so that it is filled again from the log`,
  );
}
