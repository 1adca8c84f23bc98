/**
 * What the applier says of itself: its state, entered through one function that checks where it comes from, and its
 * troubles, each told once. No decision is made here.
 */

import { applierStates, type ApplierState, type CounterBlock } from '../../shared/counters.js';
import type { ErrorReport } from '../../shared/errors.js';
import { assert } from '../../shared/limits.js';
import type { ApplierEffect } from './applier-events.js';

/** From which states a state may be entered. */
const enteredFrom: Readonly<Record<ApplierState, readonly ApplierState[]>> = {
  starting: [],
  standby: ['starting', 'taking-over', 'applying', 'waiting'],
  'taking-over': ['starting', 'standby', 'applying', 'waiting'],
  applying: ['taking-over', 'waiting'],
  waiting: ['taking-over', 'applying'],
  halted: ['starting', 'standby', 'taking-over', 'applying', 'waiting'],
  stopped: ['starting', 'standby', 'taking-over', 'applying', 'waiting', 'halted'],
};

export class ApplierStatus {
  readonly #counters: CounterBlock<'applier'>;
  readonly #emit: (effect: ApplierEffect) => void;
  #state: ApplierState = 'starting';
  #told = '';

  constructor(counters: CounterBlock<'applier'>, emit: (effect: ApplierEffect) => void) {
    this.#counters = counters;
    this.#emit = emit;
  }

  get state(): ApplierState {
    return this.#state;
  }

  /** @param leads whether this applier has accepted the fence and may change the rack's data */
  become(state: ApplierState, detail: string, leads: boolean): void {
    assert(state === this.#state || enteredFrom[state].includes(this.#state), `${this.#state} → ${state}`);
    this.#state = state;
    this.#counters.set('state', applierStates.indexOf(state));
    this.#counters.set('leader', leads && (state === 'applying' || state === 'waiting') ? 1 : 0);
    this.#emit({ type: 'state', state, detail });
  }

  /** Becomes `waiting`, and says why, unless that is what it does already. */
  wait(detail: string, leads: boolean): void {
    if (this.#state !== 'waiting' || this.#told !== detail) this.become('waiting', detail, leads);
    this.tell({ code: 'PYLON_REDIS', message: detail });
  }

  /** Says something to the operator once per cause. */
  tell(error: ErrorReport): void {
    if (this.#told === error.message) return;
    this.#told = error.message;
    this.#emit({ type: 'trouble', error });
  }

  /** What was told is over; should it come again, it is told again. */
  recovered(): void {
    this.#told = '';
  }
}
