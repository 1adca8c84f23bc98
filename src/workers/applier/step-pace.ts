/**
 * How large the next step may be, how long to pause before it, and whether it must go alone. Large steps are fast;
 * small ones lose less when a connection breaks and find the one command that is refused. Pure; chance is a parameter.
 */

import { limits } from '../../shared/limits.js';
import type { LoneKind } from './lone-step.js';

/** After so many lone steps an ordinary one is tried. */
const loneStepsMax = 64;
const growth = 1.25;

export class StepPace {
  readonly #stepCommandsMax: number;
  readonly #random: () => number;
  #stepCommands: number;
  #failures = 0;
  #lone: LoneKind | undefined;
  #loneSteps = 0;

  /** @param random uniform in [0, 1) */
  constructor(stepCommandsMax: number, random: () => number) {
    this.#stepCommandsMax = stepCommandsMax;
    this.#stepCommands = stepCommandsMax;
    this.#random = random;
  }

  /** Commands of the next step at most. */
  get stepCommands(): number {
    return this.#lone === undefined ? this.#stepCommands : 1;
  }

  /** Redis is out of memory: steps go one by one, as scripts of this kind. */
  get lone(): LoneKind | undefined {
    return this.#lone;
  }

  /** Failures in a row without a commit between them. */
  get failures(): number {
    return this.#failures;
  }

  reset(): void {
    this.#stepCommands = this.#stepCommandsMax;
    this.#failures = 0;
    this.#lone = undefined;
  }

  committed(): void {
    this.#failures = 0;
    this.#stepCommands = Math.min(this.#stepCommandsMax, Math.ceil(this.#stepCommands * growth));
    if (this.#lone === undefined) return;
    // Each next command may free memory; and now and then it is seen whether there is enough for an ordinary step.
    this.#loneSteps++;
    this.#lone = this.#loneSteps < loneStepsMax ? 'freeing' : undefined;
  }

  connectionLost(): void {
    this.#stepCommands = Math.max(1, this.#stepCommands >> 1);
  }

  aborted(): void {
    this.#failures++;
  }

  /** One command at a time, until one goes through. */
  refused(): void {
    this.#failures++;
    this.#stepCommands = 1;
    this.#lone = undefined;
  }

  /** The next step is one command, but not a script. */
  ordinary(): void {
    this.#failures++;
    this.#stepCommands = 1;
    this.#lone = undefined;
  }

  /** @returns true when there is another way to try at once; false when even the last one was refused */
  outOfMemory(): boolean {
    this.#stepCommands = 1;
    const before = this.#lone;
    this.#lone = before === 'freeing' ? 'growing' : 'freeing';
    if (before === undefined) this.#loneSteps = 0;
    if (before === 'growing') this.#failures++;
    return before !== 'growing';
  }

  /** How long to pause before the next attempt, ms: doubles with each failure, with some chance. */
  backoffMs(): number {
    const full = Math.min(limits.applyRetryMsMax, limits.applyRetryMsMin * 2 ** Math.min(this.#failures, 16));
    return full * (0.75 + this.#random() / 4);
  }
}
