/**
 * What follows from a step, or a read of the fence, that did not go through. The pace of the next steps is set here;
 * that the fence is read again before anything else is the applier's rule (applier.ts).
 */

import type { CounterBlock } from '../../shared/counters.js';
import { PylonError, type ErrorReport } from '../../shared/errors.js';
import { classifyError, isOutOfMemory, unwrapAbort } from './reply-classes.js';
import type { Failure } from './session-events.js';
import type { StepRunner } from './step-runner.js';

export type Recovery =
  /** Read the fence, go on from there; tell the operator. */
  | { readonly type: 'again'; readonly trouble?: ErrorReport }
  /** The same, a little later. */
  | { readonly type: 'pause'; readonly delayMs: number }
  /** The same, but Redis must take a step before the applier says that it applies. */
  | { readonly type: 'wait'; readonly detail: string; readonly delayMs: number }
  | { readonly type: 'halt'; readonly error: PylonError };

/** @param isRunning steps were running; else the fence was read */
export function recoveryFrom(
  failure: Failure,
  isRunning: boolean,
  runner: StepRunner,
  counters: CounterBlock<'applier'>,
): Recovery {
  const { pace } = runner;
  switch (failure.type) {
    case 'tainted':
      return { type: 'halt', error: new PylonError('PYLON_TAINTED', failure.error) };
    case 'refused':
      counters.add('stepsRetried', 1);
      return refused(failure.error, isRunning, runner);
    case 'rejected': {
      const { step, index, error, isData } = failure;
      const position = runner.reject(step, index, { error, isData });
      if (isData) return { type: 'again' };
      const message = `command ${position} is passed over: this Redis refuses it for good: ${error}`;
      return { type: 'again', trouble: { code: 'PYLON_REDIS', message } };
    }
    case 'unscripted':
      pace.ordinary();
      return { type: 'pause', delayMs: pace.backoffMs() };
    case 'aborted':
      counters.add('stepsRetried', 1);
      pace.aborted();
      // Once may be chance. Again and again somebody writes to the fence without moving it.
      return pace.failures < 3 ? { type: 'again' } : { type: 'pause', delayMs: pace.backoffMs() };
    case 'moved':
    case 'abandoned':
      return { type: 'again' };
  }
}

function refused(error: string, isRunning: boolean, runner: StepRunner): Recovery {
  const { pace } = runner;
  if (!isRunning || !isOutOfMemory(error)) pace.refused();
  else if (pace.outOfMemory()) {
    const message = 'Redis is out of memory: applied command by command until the log frees some, or none is left';
    return { type: 'again', trouble: { code: 'PYLON_REDIS', message } };
  }
  return waitFor(error, runner);
}

/** Nothing to be done but to try again later. */
export function waitFor(error: string, runner: StepRunner): Recovery {
  const unknown = classifyError(error) === 'unknown' ? ' (an error unknown to Pylon)' : '';
  const detail = `Redis refuses: ${unwrapAbort(error)}${unknown}`;
  return { type: 'wait', detail, delayMs: runner.pace.backoffMs() };
}
