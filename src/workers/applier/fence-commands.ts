/**
 * The commands that make a step exactly-once, as bytes. They are one object, given to whoever applies, so that a test
 * can give a broken one and see that the rest of the tests notices (test/support/sabotaged-applier.ts). Production has
 * this one only; no option leads to another.
 */

import { Buffer } from 'node:buffer';
import { fenceKey, selfTestKey, taintedKey } from '../../shared/reserved-keys.js';
import { encodeCommand } from '../../shared/resp/encode.js';
import { encodeLone, type LoneKind } from './lone-step.js';
import type { Step } from './step.js';

export interface FenceCommands {
  /**
   * Two commands: WATCH the fence (`+OK`), then GET it (bulk). EXEC will be nil if anybody writes to it from here on.
   */
  readonly arm: Uint8Array;
  /** Two commands: GET the mark of a tainted rack, GET the fence (bulks). */
  readonly read: Uint8Array;
  readonly multi: Uint8Array;
  readonly exec: Uint8Array;
  readonly discard: Uint8Array;
  /** One command: a step of at most one command as a script, for a Redis that is out of memory (lone-step.ts). */
  lone(step: Step, believed: string | undefined, kind: LoneKind): Uint8Array | undefined;
  /** Two commands: EXISTS self-test key, DBSIZE (integers). */
  readonly countKeys: Uint8Array;
  /** One command: marks the rack as tainted (`+OK`, or nil when it is marked already), and the same in a full Redis. */
  mark(why: string): Uint8Array;
  markWhenFull(why: string): Uint8Array;
  /** One command: SET the fence (`+OK`). */
  set(value: string): Uint8Array;
  /** Whether the fence that GET saw is the one that this applier believes in; undefined: there is none. */
  isAsBelieved(seen: string | undefined, believed: string | undefined): boolean;
}

/** Works when Redis is out of memory (Redis 7.0 and later). */
const setWhenFull = `#!lua flags=allow-oom\nreturn redis.call('SET', KEYS[1], ARGV[1], 'NX')`;

export const fenceCommands: FenceCommands = {
  arm: Buffer.concat([encodeCommand('WATCH', fenceKey), encodeCommand('GET', fenceKey)]),
  read: Buffer.concat([encodeCommand('GET', taintedKey), encodeCommand('GET', fenceKey)]),
  multi: encodeCommand('MULTI'),
  exec: encodeCommand('EXEC'),
  discard: encodeCommand('DISCARD'),
  countKeys: Buffer.concat([encodeCommand('EXISTS', selfTestKey), encodeCommand('DBSIZE')]),
  lone: encodeLone,
  mark: (why) => encodeCommand('SET', taintedKey, why, 'NX'),
  markWhenFull: (why) => encodeCommand('EVAL', setWhenFull, '1', taintedKey, why),
  set: (value) => encodeCommand('SET', fenceKey, value),
  isAsBelieved: (seen, believed) => seen === believed,
};
