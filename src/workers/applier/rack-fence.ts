/**
 * What this applier believes of its rack's fence, and what each look at it means. Values in, a verdict out; who reads,
 * counts and asks is the applier (applier.ts).
 *
 *   fence ──▶ (no fence: count keys) ──▶ (position is new to us: is it within the log?) ──▶ run
 */

import { PylonError } from '../../shared/errors.js';
import type { FenceValue } from '../../shared/fence-value.js';
import { assert, limits } from '../../shared/limits.js';
import { comparePositions, formatPosition } from '../../shared/position.js';
import { fenceBeyond, fenceGone, fenceMissing, type LogIdentity } from './halt-errors.js';
import type { Step } from './step.js';
import { judgeRange, newRack, readRack } from './take-over.js';

export type FenceVerdict =
  | { readonly type: 'halt'; readonly error: PylonError }
  | { readonly type: 'count-keys' }
  | { readonly type: 'read-fence' }
  | { readonly type: 'query-log' }
  /** A little later, read the fence again; why. */
  | { readonly type: 'look-again'; readonly why: string }
  /** Redis came back without its last writes; the log is to be asked. */
  | { readonly type: 'went-back'; readonly where: string }
  /** Another applier moved the fence on. */
  | { readonly type: 'moved-on'; readonly where: string }
  /** Everything is known. `isFresh`: the position was just accepted, by a takeover or after a surprise. */
  | { readonly type: 'run'; readonly isFresh: boolean };

export class RackFence {
  readonly #log: LogIdentity;
  /** The fence as last read or set, and what it says. Undefined value: no fence, a new rack. */
  #believed: string | undefined;
  #rack: FenceValue | undefined;
  /** Since this leadership began the fence was accepted once: from then on it must not vanish. */
  #tookOver = false;
  /** The position in `#rack` was not yet held against the log. */
  #rangeUnchecked = false;
  #rangeChecks = 0;
  /** Keys that were there when the fence was not. */
  #keysFound = 0;

  constructor(log: LogIdentity) {
    this.#log = log;
  }

  get believed(): string | undefined {
    return this.#believed;
  }

  /** The rack as the fence says. Only once it was read. */
  get rack(): FenceValue {
    assert(this.#rack !== undefined, 'the fence was read');
    return this.#rack;
  }

  get tookOver(): boolean {
    return this.#tookOver;
  }

  /** Of another leadership. */
  forget(): void {
    this.#believed = undefined;
    this.#rack = undefined;
    this.#tookOver = false;
    this.#rangeChecks = 0;
    this.#keysFound = 0;
  }

  /** A step is in the rack's Redis, and the fence with it. */
  advance(step: Step): void {
    assert(comparePositions(step.before, this.rack.next) === 0, 'steps are committed in order');
    this.#rack = step.after;
    this.#believed = step.fence;
  }

  /** The log does not have the position that the fence promised: it is to be asked again. */
  doubtRange(): void {
    this.#rangeUnchecked = true;
  }

  /** GET has answered. */
  seen(value: string | undefined): FenceVerdict {
    if (!this.#tookOver) return this.#beginWith(value);
    if (value === this.#believed) {
      return this.#rangeUnchecked ? { type: 'query-log' } : { type: 'run', isFresh: false };
    }
    if (value === undefined) return { type: 'halt', error: fenceGone(this.rack) };
    return this.#moved(value);
  }

  #beginWith(value: string | undefined): FenceVerdict {
    this.#believed = value;
    this.#rangeUnchecked = true;
    if (value === undefined) {
      if (this.#keysFound === 0) return { type: 'count-keys' };
      return { type: 'halt', error: fenceMissing(`this Redis holds ${this.#keysFound} keys`) };
    }
    const rack = readRack(value, this.#log);
    if (rack instanceof PylonError) return { type: 'halt', error: rack };
    this.#rack = rack;
    return { type: 'query-log' };
  }

  /** The fence is not where this leader left it: another applier moved it on, or Redis came back without its tail. */
  #moved(value: string): FenceVerdict {
    const before = this.rack.next;
    const rack = readRack(value, this.#log);
    if (rack instanceof PylonError) return { type: 'halt', error: rack };
    this.#believed = value;
    this.#rack = rack;
    this.#rangeUnchecked = true;
    const where = `from ${formatPosition(before)} to ${formatPosition(rack.next)}`;
    return { type: comparePositions(rack.next, before) < 0 ? 'went-back' : 'moved-on', where };
  }

  /** @param foreign keys in a database without a fence that are not Pylon's */
  keysCounted(foreign: number): FenceVerdict {
    if (foreign > 0) {
      // Another applier may have begun this rack between our two looks: only no fence still, and keys, is a fault.
      this.#keysFound = foreign;
      return { type: 'read-fence' };
    }
    this.#rack = newRack(this.#log.topicId);
    return { type: 'query-log' };
  }

  /** @param start the log's first offset @param end the one behind its last */
  rangeKnown(start: number, end: number): FenceVerdict {
    const verdict = judgeRange(this.rack, this.#believed === undefined, start, end);
    if (verdict instanceof PylonError) return { type: 'halt', error: verdict };
    if (verdict === 'beyond') {
      this.#rangeChecks++;
      if (this.#rangeChecks < limits.logRangeChecksMax) return { type: 'look-again', why: `${fenceBeyond(this.rack, end).message}. Looking again` };
      return { type: 'halt', error: fenceBeyond(this.rack, end) };
    }
    this.#rangeChecks = 0;
    this.#rangeUnchecked = false;
    this.#tookOver = true;
    return { type: 'run', isFresh: true };
  }
}
