/**
 * The replies owed to one client for its writes of one batch: mostly one constant many times over, so kept as runs and
 * written from a block of repetitions made once.
 */

import type { Segment } from './reply-order.js';

const blockRepeats = 512;
const blocks = new Map<Buffer, Buffer>();

function blockOf(reply: Buffer): Buffer {
  let block = blocks.get(reply);
  if (block === undefined) {
    block = Buffer.concat(new Array<Buffer>(blockRepeats).fill(reply));
    blocks.set(reply, block);
  }
  return block;
}

export class ReplyRuns {
  readonly #replies: Buffer[] = [];
  readonly #counts: number[] = [];
  count = 0;

  /** @param reply one of few constants: it is compared by identity */
  add(reply: Buffer): void {
    this.count++;
    const last = this.#replies.length - 1;
    if (last >= 0 && this.#replies[last] === reply) {
      this.#counts[last]++;
      return;
    }
    this.#replies.push(reply);
    this.#counts.push(1);
  }

  /** Gives all of them out. @param error answers every one instead, when given */
  deliver(segment: Segment, error: Buffer | undefined): void {
    if (error !== undefined) {
      for (let left = this.count; left > 0; left--) segment.order.deliver(segment, error, 0, error.length, 1, null);
      return;
    }
    for (let run = 0; run < this.#replies.length; run++) {
      const reply = this.#replies[run];
      const block = this.#counts[run] > 1 ? blockOf(reply) : reply;
      for (let left = this.#counts[run]; left > 0; left -= blockRepeats) {
        const count = Math.min(left, blockRepeats);
        segment.order.deliver(segment, block, 0, count * reply.length, count, null);
      }
    }
  }
}
