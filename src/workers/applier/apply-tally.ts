/**
 * Keeps the applier's shared counters true: each number has one place where it is raised. No decision is made here.
 */

import type { CounterBlock } from '../../shared/counters.js';
import type { FenceValue } from '../../shared/fence-value.js';
import type { Position } from '../../shared/position.js';
import type { Step } from './step.js';

export class ApplyTally {
  readonly counters: CounterBlock<'applier'>;

  constructor(counters: CounterBlock<'applier'>) {
    this.counters = counters;
  }

  /** A step is in the rack's Redis. */
  applied(step: Step): void {
    const { counters } = this;
    counters.add('stepsApplied', 1);
    const dataErrors = step.passedOver.reduce((count, { isData }) => count + (isData ? 1 : 0), 0);
    counters.add('commandsApplied', step.commandCount + dataErrors);
    counters.add('dataErrors', dataErrors);
    counters.add('poisonCommands', step.passedOver.length - dataErrors);
    counters.add('recordsApplied', step.records);
    counters.add('duplicateRecords', step.duplicates);
    counters.add('foreignRecords', step.foreign);
    this.at(step.after);
  }

  /** Where the rack stands. */
  at({ next, logClockMs }: FenceValue): void {
    this.#position(next);
    this.counters.set('logClockMs', logClockMs);
  }

  /** Where the rack stands is not known to this applier any more. */
  lost(): void {
    this.#position({ offset: -1, index: -1 });
  }

  #position(next: Position): void {
    this.counters.set('appliedIndex', next.index);
    this.counters.set('appliedOffset', next.offset);
  }

  /** The running hash begins anew: what came before was applied by another, or its replies were lost. */
  restartHash(from: Position): void {
    this.counters.set('runningHash', 0);
    this.counters.set('runningHashFromOffset', from.offset);
    this.counters.set('runningHashFromIndex', from.index);
  }
}
