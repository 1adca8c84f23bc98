/**
 * The fence: the one key that Pylon keeps in a rack's Redis, set in the same MULTI as the data it speaks for. Its value
 * is one line of text, so that `GET __pylon__:fence` tells a human where a rack stands. This form stays; frozen values
 * are in test/golden.
 *
 *   pylon-fence/1 <topic id> <next position> <log clock> <rewind offset> <running hash> <incarnations>
 *
 * - topic id: Kafka's id of the log topic; a recreated topic of the same name has another.
 * - next position: `offset:index` of the next command to apply.
 * - log clock: highest log time (ms) of any record up to here. Log time may step back; the log clock never does.
 * - rewind offset: of the oldest open ballot, or `-`. A takeover rereads from there.
 * - running hash: CRC-32 of the replies to all commands up to the last checkpoint record, 8 hex digits (00000000 before
 *   the first). Not up to here: the fence is queued before the step's replies are known, and steps fall differently in
 *   every rack, while two fences at one position must be equal.
 * - incarnations: `id.batch.clock` (base 36) of each producer heard of lately, comma-separated, or `-`: the last batch
 *   applied and the log clock then. A batch not above it is a duplicate. The table is a function of the log alone
 *   (dedupe.ts), or racks would skip different duplicates.
 *
 * Pure text in, value out; who may write it when is the applier's business.
 */

import { PylonError } from './errors.js';
import { isIncarnation } from './incarnation.js';
import { formatPosition, parsePosition, type Position } from './position.js';
import { fenceKey } from './reserved-keys.js';

export { fenceKey };
const form = 'pylon-fence/1';

/** What the fence remembers of one producer. */
export interface IncarnationMark {
  readonly batch: number;
  /** Log clock (ms) when that batch was applied. */
  readonly clockMs: number;
}

export interface FenceValue {
  readonly topicId: string;
  readonly next: Position;
  readonly logClockMs: number;
  /** Kafka offset, or undefined when no ballot is open. */
  readonly rewindOffset: number | undefined;
  /** CRC-32, unsigned, as of the last checkpoint. */
  readonly runningHash: number;
  readonly incarnations: ReadonlyMap<string, IncarnationMark>;
}

export function encodeFence(fence: FenceValue): string {
  const rewind = fence.rewindOffset === undefined ? '-' : String(fence.rewindOffset);
  const hash = fence.runningHash.toString(16).padStart(8, '0');
  const marks = encodeMarks(fence.incarnations);
  return `${form} ${fence.topicId} ${formatPosition(fence.next)} ${fence.logClockMs} ${rewind} ${hash} ${marks}`;
}

function encodeMarks(incarnations: ReadonlyMap<string, IncarnationMark>): string {
  if (incarnations.size === 0) return '-';
  let text = '';
  for (const [id, mark] of incarnations) {
    text += `${text === '' ? '' : ','}${id}.${mark.batch.toString(36)}.${mark.clockMs.toString(36)}`;
  }
  return text;
}

/** @throws PylonError PYLON_FENCE_CORRUPT naming the field */
export function decodeFence(text: string): FenceValue {
  const fields = text.split(' ');
  if (fields[0] !== form) throw corrupt(`it begins with '${fields[0]?.slice(0, 32)}', not '${form}'`);
  if (fields.length !== 7) throw corrupt(`it has ${fields.length} fields, not 7`);
  const [, topicId, nextText, clockText, rewindText, hashText, marksText] = fields;
  if (topicId === '') throw corrupt('topic id is empty');
  const next = parsePosition(nextText);
  if (next === undefined) throw corrupt('next position');
  if (!/^[0-9a-f]{8}$/.test(hashText)) throw corrupt('running hash');
  return {
    topicId,
    next,
    logClockMs: integer(clockText, 'log clock'),
    rewindOffset: rewindText === '-' ? undefined : integer(rewindText, 'rewind offset'),
    runningHash: parseInt(hashText, 16),
    incarnations: decodeMarks(marksText),
  };
}

function decodeMarks(text: string): Map<string, IncarnationMark> {
  const marks = new Map<string, IncarnationMark>();
  if (text === '-') return marks;
  for (const entry of text.split(',')) {
    const [id, batch, clock, ...rest] = entry.split('.');
    if (rest.length > 0 || clock === undefined || !isIncarnation(id) || marks.has(id)) throw corrupt('incarnations');
    marks.set(id, { batch: base36(batch), clockMs: base36(clock) });
  }
  return marks;
}

function integer(text: string, field: string): number {
  const value = Number(text);
  if (!/^(0|[1-9]\d*)$/.test(text) || !Number.isSafeInteger(value)) throw corrupt(field);
  return value;
}

function base36(text: string): number {
  const value = parseInt(text, 36);
  if (!/^(0|[1-9a-z][0-9a-z]*)$/.test(text) || !Number.isSafeInteger(value)) throw corrupt('incarnations');
  return value;
}

function corrupt(what: string): PylonError {
  return new PylonError(
    'PYLON_FENCE_CORRUPT',
    `the fence (key ${fenceKey}) cannot be read: ${what}. Something else wrote to it: restore it with its data, ` +
      'or empty this Redis so that it is filled again from the log',
  );
}
