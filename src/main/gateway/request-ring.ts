/**
 * Requests in flight on one connection, oldest first: (segment, how many of its replies come next), in a ring that grows
 * by doubling. Neighbours of one segment are one entry, so a client that pipelines costs one entry a burst.
 */

import type { Segment } from './reply-order.js';

const startCapacity = 1024;

export class RequestRing {
  #segments: (Segment | null)[] = new Array<Segment | null>(startCapacity).fill(null);
  #counts = new Int32Array(startCapacity);
  #mask = startCapacity - 1;
  #head = 0;
  #tail = 0;

  get empty(): boolean {
    return this.#head === this.#tail;
  }

  /** Whose replies come next. Only when not empty. */
  get segment(): Segment {
    return this.#segments[this.#head] as Segment;
  }

  /** How many replies in a row are that segment's. */
  get count(): number {
    return this.#counts[this.#head];
  }

  push(segment: Segment, count: number): void {
    if (!this.empty) {
      const last = (this.#tail - 1) & this.#mask;
      if (this.#segments[last] === segment) {
        this.#counts[last] += count;
        return;
      }
    }
    if (((this.#tail + 1) & this.#mask) === this.#head) this.#grow();
    this.#segments[this.#tail] = segment;
    this.#counts[this.#tail] = count;
    this.#tail = (this.#tail + 1) & this.#mask;
  }

  /** `count` replies of the head entry have come. */
  shift(count: number): void {
    this.#counts[this.#head] -= count;
    if (this.#counts[this.#head] > 0) return;
    this.#segments[this.#head] = null;
    this.#head = (this.#head + 1) & this.#mask;
  }

  #grow(): void {
    const capacity = this.#mask + 1;
    const segments = new Array<Segment | null>(capacity * 2).fill(null);
    const counts = new Int32Array(capacity * 2);
    let size = 0;
    for (let at = this.#head; at !== this.#tail; at = (at + 1) & this.#mask, size++) {
      segments[size] = this.#segments[at];
      counts[size] = this.#counts[at];
    }
    this.#segments = segments;
    this.#counts = counts;
    this.#head = 0;
    this.#tail = size;
    this.#mask = capacity * 2 - 1;
  }
}
