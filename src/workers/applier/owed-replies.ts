/**
 * Replies that authors wait for. A gateway marks a command whose reply is information; the applier of its rack keeps what
 * Redis answered to it, byte by byte, and hands it to the Pylon that wrote the record. Replies exist once: after a lost
 * connection or a takeover it is known that a command was applied, but not what it answered.
 *
 * What is kept is bounded: one step of small commands may ask for gigabytes (GETEX). A reply that is too much is empty.
 *
 * Pure. How replies reach another process is main's business.
 */

import { Buffer } from 'node:buffer';
import { limits } from '../../shared/limits.js';
import type { OwedReplies } from '../../shared/messages.js';
import type { RecordAuthor } from '../../shared/record.js';

export type { OwedReplies } from '../../shared/messages.js';

/** A command of a step whose reply is owed. */
export interface OwedCommand {
  /** How many commands of the step stand before it. */
  readonly command: number;
  /** It is not sent, and this is its error. */
  readonly error: string | undefined;
  readonly record: RecordAuthor;
  /** Index in the record. */
  readonly frame: number;
}

/** The kept replies of one step: the k-th of `commands` ends at `ends[k]` of `bytes`. */
export interface StepReplies {
  readonly commands: readonly OwedCommand[];
  readonly bytes: Buffer;
  readonly ends: readonly number[];
}

const startBytes = 1024;

/** Collects the owed replies while the elements of EXEC's answer come by. */
export class OwedCapture {
  readonly #commands: readonly OwedCommand[];
  #bytes = Buffer.allocUnsafe(startBytes);
  #used = 0;
  /** The reply at hand did not fit. */
  #isTooLarge = false;
  readonly #ends: number[] = [];
  /** Elements ended so far. */
  #elements = 0;

  constructor(commands: readonly OwedCommand[]) {
    this.#commands = commands;
    this.#passErrors();
  }

  /** The next element before or behind which the bytes are to be cut. */
  cut(): number {
    const next = this.#commands[this.#ends.length];
    if (next === undefined) return Infinity;
    return next.command === this.#elements ? next.command + 1 : next.command;
  }

  /** Bytes that do not reach over a cut; `elements` have ended with them. */
  bytes(chunk: Buffer, start: number, end: number, elements: number): void {
    const next = this.#commands[this.#ends.length];
    const isOwed = next !== undefined && next.command === this.#elements;
    if (isOwed) this.#keep(chunk, start, end);
    if (elements === this.#elements) return;
    this.#elements = elements;
    if (isOwed) this.#endReply();
    this.#passErrors();
  }

  finish(): StepReplies {
    return { commands: this.#commands, bytes: this.#bytes.subarray(0, this.#used), ends: this.#ends };
  }

  /** Commands that were not sent have no element: their errors stand between those of others. */
  #passErrors(): void {
    for (;;) {
      const next = this.#commands[this.#ends.length];
      if (next === undefined || next.error === undefined || next.command !== this.#elements) return;
      const line = Buffer.from(`-${next.error}\r\n`, 'latin1');
      this.#keep(line, 0, line.length);
      this.#endReply();
    }
  }

  #endReply(): void {
    this.#ends.push(this.#used);
    this.#isTooLarge = false;
  }

  #keep(chunk: Buffer, start: number, end: number): void {
    const wanted = this.#used + end - start;
    if (this.#isTooLarge || wanted > limits.owedReplyBytesMax) {
      this.#isTooLarge = true;
      this.#used = this.#ends.at(-1) ?? 0;
      return;
    }
    if (wanted > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.min(Math.max(wanted, this.#bytes.length * 2), limits.owedReplyBytesMax));
      this.#bytes.copy(grown, 0, 0, this.#used);
      this.#bytes = grown;
    }
    chunk.copy(this.#bytes, this.#used, start, end);
    this.#used = wanted;
  }
}

/** Sorts the replies of a step by whom they are owed to: one message for each life of a producer. */
export function byAuthor({ commands, bytes, ends }: StepReplies): OwedReplies[] {
  const sorted = new Map<string, { author: RecordAuthor; at: number[] }>();
  commands.forEach(({ record }, index) => {
    let entry = sorted.get(record.incarnation);
    if (entry === undefined) sorted.set(record.incarnation, (entry = { author: record, at: [] }));
    entry.at.push(index);
  });
  return [...sorted.values()].map(({ author, at }) => {
    const pieces = at.map((index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], ends[index]));
    let end = 0;
    return {
      pylon: author.pylon,
      incarnation: author.incarnation,
      batches: Float64Array.from(at, (index) => commands[index].record.batch),
      frames: Uint32Array.from(at, (index) => commands[index].frame),
      ends: Uint32Array.from(pieces, (piece) => (end += piece.length)),
      bytes: new Uint8Array(at.length === commands.length ? bytes : Buffer.concat(pieces)),
    };
  });
}
