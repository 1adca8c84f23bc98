import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeLost, decodeReplies, encodeLost, encodeReplies, splitReplies } from '../../../../src/main/serve/carried-replies.js';
import { limits } from '../../../../src/shared/limits.js';
import type { OwedReplies } from '../../../../src/shared/messages.js';

function replies(lengths: readonly number[]): OwedReplies {
  let end = 0;
  const ends = Uint32Array.from(lengths, (length) => (end += length));
  return {
    pylon: 'p', incarnation: 'i', ends,
    batches: Float64Array.from(lengths, (_, index) => 2 ** 40 + index),
    frames: Uint32Array.from(lengths, (_, index) => index),
    bytes: new Uint8Array(end).map((_, index) => index % 251),
  };
}

const unframed = ({ batches, frames, ends, bytes }: OwedReplies): [number, number, string][] =>
  [...ends].map((end, index) => [
    batches[index], frames[index], Buffer.from(bytes.subarray(index === 0 ? 0 : ends[index - 1], end)).toString('base64'),
  ]);

test('replies arrive as they were, in parts of bounded size', () => {
  const sizes = fc.array(fc.constantFrom(4, 5, 100, 300_000, 900_000, 2_000_000), { minLength: 1, maxLength: 8 });
  fc.assert(fc.property(sizes, (lengths) => {
    const sent = replies(lengths);
    const parts = [...splitReplies(sent)].map((part) => decodeReplies('p', encodeReplies(part)));
    for (const part of parts) assert.ok(part.ends.length === 1 || part.bytes.length <= limits.carriedMessageBytes);
    assert.deepEqual(parts.flatMap(unframed), unframed(sent));
  }), { numRuns: 30 });
});

test('a reply too large to be carried is empty, its neighbours are not', () => {
  const sent = replies([4, limits.carriedReplyBytesMax + 1, 4]);
  const parts = [...splitReplies(sent)].map((part) => decodeReplies('p', encodeReplies(part)));
  assert.deepEqual(parts.flatMap(unframed).map(([, frame, text]) => [frame, text.length > 0]), [[0, true], [1, false], [2, true]]);
});

test('what is no message of ours is refused, whatever it is', () => {
  const sound = encodeReplies(replies([4, 5, 6]));
  assert.throws(() => decodeReplies('p', sound.subarray(0, -1)));
  const broken = fc.tuple(fc.nat(sound.length - 1), fc.nat(255)).map(([at, byte]) => {
    const bytes = Buffer.from(sound);
    bytes[at] = byte;
    return bytes;
  });
  fc.assert(fc.property(fc.oneof(broken, fc.uint8Array().map((bytes) => Buffer.from(bytes))), (message) => {
    try {
      const { ends, batches, frames, bytes } = decodeReplies('p', message);
      assert.equal(ends.at(-1) ?? 0, bytes.length);
      assert.ok(batches.length === ends.length && frames.length === ends.length);
    } catch (error) {
      assert.ok(error instanceof Error);
      assert.notEqual(error.name, 'AssertionError');
    }
  }));
  for (const [offset, index] of [[-1, 0], [0.5, 0], [Infinity, 0], [1, NaN]]) {
    assert.throws(() => decodeLost(encodeLost({ offset, index })));
  }
  assert.deepEqual(decodeLost(encodeLost({ offset: 2 ** 40, index: 3 })), { offset: 2 ** 40, index: 3 });
});
