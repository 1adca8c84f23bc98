/**
 * Ends the process when a worker thread hangs. librdkafka's own thread would go on sending heartbeats for a hung
 * applier, so the rack would keep a leader that applies nothing; a process that ends is replaced.
 *
 * Pure but for the clock it is given: `check` is called by a timer.
 */

import { limits } from '../../shared/limits.js';

export interface Watched {
  readonly name: string;
  /** Wall clock (ms) of the last sign of life; 0 before the first. */
  heartbeatMs(): number;
}

export class Watchdog {
  readonly #watched: readonly Watched[];
  #lastCheckMs: number;
  #pausedUntilMs = 0;

  constructor(watched: readonly Watched[], nowMs: number) {
    this.#watched = watched;
    this.#lastCheckMs = nowMs;
  }

  /**
   * @returns the name of a worker that has been silent too long, or undefined. A process that was itself stopped for a
   *   while (SIGSTOP, a sleeping machine) starts counting anew: its workers were stopped with it.
   */
  check(nowMs: number): string | undefined {
    const paused = nowMs - this.#lastCheckMs > limits.applierStallMsMax / 2;
    this.#lastCheckMs = nowMs;
    if (paused) {
      this.#pausedUntilMs = nowMs + limits.applierStallMsMax;
      return undefined;
    }
    if (nowMs < this.#pausedUntilMs) return undefined;
    const silent = this.#watched.find((worker) => {
      const beat = worker.heartbeatMs();
      return beat > 0 && nowMs - beat > limits.applierStallMsMax;
    });
    return silent?.name;
  }
}
