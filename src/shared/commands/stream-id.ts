/** Stream ids as Redis reads them (t_stream.c): `ms`, `ms-seq`, and where it is allowed `ms-*`. */
import type { FrameArguments } from '../resp/frame-arguments.js';
import { INT64_MIN } from '../resp/integer.js';

export interface StreamId {
  readonly ms: bigint;
  /** null: the next one (`ms-*`). */
  readonly seq: bigint | null;
}

const UINT64_MAX = 18446744073709551615n;
const TEXT_BYTES_MAX = 127;
export const INVALID_ID = 'ERR Invalid stream ID specified as stream command argument';
export const MAX_ID: StreamId = { ms: UINT64_MAX, seq: UINT64_MAX };

/** util.c `string2ull`: what is no canonical integer is read by strtoull, which takes blanks, signs and zeros. */
function parseUnsigned(text: string): bigint | null {
  const match = /^[ \t\n\v\f\r]*([+-]?)(\d+)$/.exec(text);
  if (match === null) return null;
  const size = BigInt(match[2]);
  if (size > UINT64_MAX) return null;
  if (match[1] !== '-') return size;
  if (/^-[1-9]\d*$/.test(text) && -size >= INT64_MIN) return null;
  return BigInt.asUintN(64, -size);
}

/**
 * A strict id (neither `-` nor `+`); null when it is none.
 * @param from bytes of the argument before the id
 */
export function parseStreamId(args: FrameArguments, index: number, nextSequence = false, from = 0): StreamId | null {
  if (args.lengthOf(index) - from > TEXT_BYTES_MAX) return null;
  const text = args.text(index).slice(from).split('\0', 1)[0];
  const dash = text.indexOf('-');
  const ms = parseUnsigned(dash < 0 ? text : text.slice(0, dash));
  if (ms === null) return null;
  if (dash < 0) return { ms, seq: 0n };
  const rest = text.slice(dash + 1);
  if (nextSequence && rest === '*') return { ms, seq: null };
  const seq = parseUnsigned(rest);
  return seq === null ? null : { ms, seq };
}

export const isBefore = (a: StreamId, b: StreamId): boolean => a.ms < b.ms || (a.ms === b.ms && a.seq! < b.seq!);
