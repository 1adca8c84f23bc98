/**
 * What is asked of the backing Redis between steps: where the fence is, whether the rack is tainted, how many keys there
 * are; and the noting of a taint. One question at a time, on a quiet connection (fenced-session.ts).
 */

import type { FenceCommands } from './fence-commands.js';
import { isOutOfMemory } from './reply-classes.js';
import type { SessionEvent } from './session-events.js';

/** What follows from a reply; `undefined` from `take…`: it is none that is due. */
export type Answer =
  | { readonly type: 'event'; readonly event: SessionEvent }
  | { readonly type: 'refused'; readonly error: string }
  | { readonly type: 'send'; readonly request: Uint8Array }
  /** More replies are due. */
  | { readonly type: 'more' };

type Due = 'taint' | 'fence' | 'mark' | 'exists' | 'size';

const more: Answer = { type: 'more' };

export class RackQuestions {
  readonly #commands: FenceCommands;
  #due: Due[] = [];
  #taint: string | undefined;
  #selfTestKeys = 0;
  /** To be noted, until that was tried in the way of a full Redis too. */
  #marking: string | undefined;

  constructor(commands: FenceCommands) {
    this.#commands = commands;
  }

  /** Replies that are due. */
  get due(): number {
    return this.#due.length;
  }

  /** @returns the request; answered by the event `fence` */
  fence(): Uint8Array {
    this.#due = ['taint', 'fence'];
    return this.#commands.read;
  }

  /** @returns the request; answered by the event `keys` */
  keys(): Uint8Array {
    this.#due = ['exists', 'size'];
    return this.#commands.countKeys;
  }

  /** @returns the request; answered by the event `marked` */
  mark(why: string): Uint8Array {
    this.#due = ['mark'];
    this.#marking = why;
    return this.#commands.mark(why);
  }

  takeLine(isError: boolean, text: string): Answer | undefined {
    const due = this.#due.shift();
    if (isError) return due === 'mark' ? this.#notMarked(text) : { type: 'refused', error: text };
    if (due === 'mark' && text === 'OK') return { type: 'event', event: { type: 'marked' } };
    if (due === 'exists') {
      this.#selfTestKeys = Number(text);
      return more;
    }
    if (due === 'size') return { type: 'event', event: { type: 'keys', foreign: Number(text) - this.#selfTestKeys } };
    return undefined;
  }

  takeBulk(value: string | undefined): Answer | undefined {
    const due = this.#due.shift();
    if (due === 'taint') {
      this.#taint = value;
      return more;
    }
    if (due === 'fence') return { type: 'event', event: { type: 'fence', value, taint: this.#taint } };
    if (due === 'mark' && value === undefined) return { type: 'event', event: { type: 'marked' } }; // it was marked
    return undefined;
  }

  #notMarked(error: string): Answer {
    const why = this.#marking;
    this.#marking = undefined;
    if (why === undefined || !isOutOfMemory(error)) return { type: 'refused', error };
    this.#due = ['mark'];
    return { type: 'send', request: this.#commands.markWhenFull(why) };
  }
}
