/**
 * Hands out the steps in order: each begins where the one before ends, whether that is committed yet or not. When a
 * step fails, all that was handed out behind it is void: `begin` again from what the fence says.
 */

import { PylonError } from '../../shared/errors.js';
import type { FenceValue } from '../../shared/fence-value.js';
import { formatPosition } from '../../shared/position.js';
import type { ApplyQueue } from './apply-queue.js';
import type { StepPace } from './step-pace.js';
import { buildStep, positionOf, type Rejection, type Step } from './step.js';

export class StepFeeder {
  readonly #queue: ApplyQueue;
  readonly #pace: StepPace;
  readonly #stepBytes: number;
  readonly #rack: string;
  /** Where the next step begins; undefined while none may be handed out. */
  #tip: FenceValue | undefined;
  /** The next step, built ahead. */
  #prepared: Step | undefined;
  /** Commands that are known to fail: position as text → how. */
  readonly #rejections = new Map<string, Rejection>();

  constructor(queue: ApplyQueue, pace: StepPace, stepBytes: number, rack: string) {
    this.#queue = queue;
    this.#pace = pace;
    this.#stepBytes = stepBytes;
    this.#rack = rack;
  }

  /** The next step begins here. */
  begin(rack: FenceValue): void {
    this.#tip = rack;
    this.#prepared = undefined;
  }

  /** Hands out nothing until `begin`. */
  halt(): void {
    this.#tip = undefined;
    this.#prepared = undefined;
  }

  /** Of another leadership. */
  forget(): void {
    this.halt();
    this.#rejections.clear();
  }

  /** @returns the next step; undefined when the queue has none; an error when its first record cannot be applied */
  next(): Step | PylonError | undefined {
    const step = this.#prepared ?? this.#build();
    this.#prepared = undefined;
    if (step !== undefined && !(step instanceof PylonError)) this.#tip = step.after;
    return step;
  }

  /** Builds the next step ahead, while Redis is busy. One that would not be full is better built when more has come. */
  prepare(): void {
    if (this.#tip === undefined || this.#prepared !== undefined || this.#pace.lone !== undefined) return;
    if (!this.#queue.hasCommands(this.#tip.next, this.#pace.stepCommands)) return;
    const step = this.#build();
    if (step !== undefined && !(step instanceof PylonError)) this.#prepared = step;
  }

  /** A command is to be passed over from now on. @returns its position as text */
  reject(step: Step, index: number, rejection: Rejection): string {
    const position = formatPosition(positionOf(step, index));
    this.#rejections.set(position, rejection);
    return position;
  }

  /** What lies before the step's end is not needed any more. */
  committed(step: Step): void {
    const { offset } = step.after.next;
    this.#queue.dropBefore(offset);
    for (const position of this.#rejections.keys()) {
      if (Number(position.slice(0, position.indexOf(':'))) < offset) this.#rejections.delete(position);
    }
  }

  #build(): Step | PylonError | undefined {
    if (this.#tip === undefined) return undefined;
    const bounds = { commands: this.#pace.stepCommands, bytes: this.#stepBytes };
    return buildStep(this.#tip, this.#queue, bounds, this.#rejections, this.#rack);
  }
}
