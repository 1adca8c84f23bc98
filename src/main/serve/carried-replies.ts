/**
 * The messages by which a rack's Pylons hand replies to each other: msgpack arrays, numbers in the order of bytes that
 * all supported machines have. Large sets of replies are split between replies.
 *
 * Pure. How messages travel is rack-replies.ts.
 */

import { Packr } from 'msgpackr';
import { assert, limits } from '../../shared/limits.js';
import type { OwedReplies } from '../../shared/messages.js';
import type { Position } from '../../shared/position.js';

const packr = new Packr({ useRecords: false, moreTypes: false });

/** Parts of about `carriedMessageBytes`. A reply that cannot be carried at all is empty. */
export function* splitReplies(replies: OwedReplies): Generator<OwedReplies> {
  const { ends } = replies;
  let from = 0;
  for (let next = 1; next <= ends.length; next++) {
    const start = from === 0 ? 0 : ends[from - 1];
    if (next < ends.length && ends[next] - start <= limits.carriedMessageBytes) continue;
    const part = slice(replies, from, next);
    yield part.bytes.length <= limits.carriedReplyBytesMax ? part : withoutBytes(part);
    from = next;
  }
}

function slice({ pylon, incarnation, batches, frames, ends, bytes }: OwedReplies, from: number, to: number): OwedReplies {
  const start = from === 0 ? 0 : ends[from - 1];
  return {
    pylon, incarnation,
    batches: batches.slice(from, to),
    frames: frames.slice(from, to),
    ends: ends.slice(from, to).map((end) => end - start),
    bytes: bytes.subarray(start, ends[to - 1]),
  };
}

/** All of them as too large to be kept. */
export function withoutBytes(replies: OwedReplies): OwedReplies {
  return { ...replies, ends: new Uint32Array(replies.ends.length), bytes: new Uint8Array(0) };
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer => Buffer.from(buffer, byteOffset, byteLength);

export function encodeReplies({ incarnation, batches, frames, ends, bytes }: OwedReplies): Buffer {
  return packr.pack([incarnation, bytesOf(batches), bytesOf(frames), bytesOf(ends), bytesOf(bytes)]);
}

/** @throws PylonError or Error when it is not such a message */
export function decodeReplies(pylon: string, message: Buffer): OwedReplies {
  const fields = packr.unpack(message) as unknown;
  assert(Array.isArray(fields) && fields.length === 5, 'replies are five fields');
  const [incarnation, ...parts] = fields as unknown[];
  assert(typeof incarnation === 'string', 'an incarnation is text');
  // Copied: numbers must lie at a multiple of their size.
  const [batches, frames, ends, bytes] = parts.map((part) => {
    assert(part instanceof Uint8Array, 'fields are bytes');
    return new Uint8Array(part);
  });
  const replies = {
    pylon, incarnation, bytes,
    batches: new Float64Array(batches.buffer), frames: new Uint32Array(frames.buffer), ends: new Uint32Array(ends.buffer),
  };
  const count = replies.ends.length;
  assert(replies.batches.length === count && replies.frames.length === count, 'each reply has its place');
  const ascending = replies.ends.every((end, index) => index === 0 || end >= replies.ends[index - 1]);
  assert(ascending && (replies.ends.at(-1) ?? 0) === bytes.length, 'replies lie back to back');
  return replies;
}

export function encodeLost(before: Position): Buffer {
  return packr.pack([before.offset, before.index]);
}

/** @throws PylonError or Error when it is not such a message */
export function decodeLost(message: Buffer): Position {
  const fields = packr.unpack(message) as unknown;
  assert(Array.isArray(fields) && fields.length === 2, 'a position is two numbers');
  const [offset, index] = fields as unknown[];
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  assert(isCount(offset) && isCount(index), 'a position is two numbers');
  return { offset, index };
}
