/**
 * An incarnation is one life of one producer: its batches are numbered upwards, so (incarnation, batch number) names a
 * record for good and a duplicate is recognised wherever it turns up. 12 bytes: 6 of start time (ms), 6 random, so that
 * incarnations sort by age and never meet. Text form: 16 characters of base64url.
 */

import { Buffer } from 'node:buffer';

export const incarnationBytes = 12;

/**
 * @param nowMs wall clock in ms
 * @param random at least 6 random bytes
 */
export function makeIncarnation(nowMs: number, random: Uint8Array): string {
  const bytes = Buffer.alloc(incarnationBytes);
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes.set(random.subarray(0, 6), 6);
  return bytes.toString('base64url');
}

const form = /^[A-Za-z0-9_-]{16}$/;

export function isIncarnation(text: string): boolean {
  return form.test(text);
}
