/**
 * The commands that make a step exactly-once, as bytes. They are one object, given to whoever applies, so that a test
 * can give a broken one and see that the rest of the tests notices (test/support/sabotaged-applier.ts). Production has
 * this one only; no option leads to another.
 */

import { Buffer } from 'node:buffer';
import { fenceKey } from '../../shared/fence-value.js';
import { limits } from '../../shared/limits.js';
import { encodeCommand } from '../../shared/resp/encode.js';
import { encodeLone, type LoneKind } from './lone-step.js';
import type { Step } from './step.js';

export interface FenceCommands {
  /**
   * Two commands: WATCH the fence (`+OK`), then GET it (bulk). EXEC will be nil if anybody writes to it from here on.
   */
  readonly arm: Uint8Array;
  /** One command: GET the fence. */
  readonly read: Uint8Array;
  readonly multi: Uint8Array;
  readonly exec: Uint8Array;
  readonly discard: Uint8Array;
  /** One command: a step of at most one command as a script, for a Redis that is out of memory (lone-step.ts). */
  lone(step: Step, believed: string | undefined, kind: LoneKind): Uint8Array | undefined;
  /** Two commands: EXISTS self-test key, DBSIZE (integers). */
  readonly countKeys: Uint8Array;
  /** One command: SET the fence (`+OK`). */
  set(value: string): Uint8Array;
  /** Whether the fence that GET saw is the one that this applier believes in; undefined: there is none. */
  isAsBelieved(seen: string | undefined, believed: string | undefined): boolean;
}

/** The self-test on a new connection writes to this key (self-test.ts); it may be seen for a moment. */
export const selfTestKey = `${limits.reservedKeyPrefix}self-test`;

export const fenceCommands: FenceCommands = {
  arm: Buffer.concat([encodeCommand('WATCH', fenceKey), encodeCommand('GET', fenceKey)]),
  read: encodeCommand('GET', fenceKey),
  multi: encodeCommand('MULTI'),
  exec: encodeCommand('EXEC'),
  discard: encodeCommand('DISCARD'),
  countKeys: Buffer.concat([encodeCommand('EXISTS', selfTestKey), encodeCommand('DBSIZE')]),
  lone: encodeLone,
  set: (value) => encodeCommand('SET', fenceKey, value),
  isAsBelieved: (seen, believed) => seen === believed,
};
