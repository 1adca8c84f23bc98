/**
 * How many commands of one client may be in flight. One read of a socket can ask for gigabytes (1,800 GETs of 1 MB), so
 * the window starts small, grows with every reply that comes back, and is capped by a budget of bytes over the mean
 * reply: a client that asks for small values gets the full window within a few round trips, one that asks for big ones
 * keeps a few in flight, and neither can make Redis or Pylon hold more than the budget for it.
 *
 * Pure: counts only.
 */

import { limits } from '../../shared/limits.js';

const floor = 8;
const smoothing = 0.25;

export class ReplyWindow {
  #inFlight = 0;
  #size: number = limits.clientWindowStart;
  #meanBytes = 64;
  #partialBytes = 0;

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Commands that may still be taken; 0 or less: none. */
  get room(): number {
    return this.#cap() - this.#inFlight;
  }

  /** A client that was stopped goes on when half of its window is free, so that it does not stop and go per reply. */
  get mayResume(): boolean {
    return this.#inFlight <= this.#cap() >> 1;
  }

  opened(count: number): void {
    this.#inFlight += count;
  }

  /** `count` replies ended in `bytes` more reply bytes. */
  completed(count: number, bytes: number): void {
    this.#partialBytes += bytes;
    if (count === 0) return;
    this.#inFlight -= count;
    this.#meanBytes += (this.#partialBytes / count - this.#meanBytes) * smoothing;
    this.#partialBytes = 0;
    if (this.#size < limits.clientWindowMax) this.#size = Math.min(this.#size + count, limits.clientWindowMax);
  }

  #cap(): number {
    const byBytes = limits.clientWindowReplyBytes / this.#meanBytes;
    return Math.max(floor, Math.floor(Math.min(this.#size, byBytes)));
  }
}
