/**
 * The keys that Pylon itself keeps in a rack's Redis, all of them: what counts keys leaves these out. They stand under
 * the reserved prefix, which no client may touch and no client sees.
 */

import { limits } from './limits.js';

const prefix = limits.reservedKeyPrefix;

/** How far the log is applied: fence-value.ts. */
export const fenceKey = `${prefix}fence`;

/** There while an applier tests a new connection; expires by itself. */
export const selfTestKey = `${prefix}self-test`;

/**
 * Why nothing may be applied to this Redis until a human has looked: a line of text, written by the applier that halted,
 * deleted by that human.
 */
export const taintedKey = `${prefix}tainted`;

export const reservedKeys: readonly string[] = [fenceKey, selfTestKey, taintedKey];
