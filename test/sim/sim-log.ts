/**
 * The log of the simulation, and what it means: which ids must be in Redis at which position. Holds all that a log can
 * hold: records of several commands, duplicates, barriers that void a batch, records that are not Pylon's, poison,
 * commands that the data refuses and ones that only this Redis refuses.
 */

import { encodeBarrier, encodeCommands, appendVarint } from '../../src/shared/record.js';
import { encodeCommand } from '../../src/shared/resp/encode.js';
import type { Position } from '../../src/shared/position.js';
import type { LogEntry } from '../../src/workers/applier/apply-queue.js';

interface SimRecord extends LogEntry {
  /** How many ids and INCRs are due before each command of the record. */
  readonly idsBefore: readonly number[];
  readonly countBefore: readonly number[];
}

interface Author {
  readonly incarnation: string;
  batch: number;
}

export class SimLog {
  readonly records: SimRecord[] = [];
  /** All ids, in the order they must appear. */
  readonly ids: string[] = [];
  #count = 0;
  readonly #random: () => number;
  readonly #authors: Author[] = [0, 1, 2].map((n) => ({ incarnation: `author-${n}`.padEnd(16, 'x'), batch: 0 }));
  readonly #lastSeen = new Map<string, number>();
  readonly #written: { readonly author: Author; readonly batch: number; readonly value: Buffer }[] = [];

  constructor(random: () => number) {
    this.#random = random;
  }

  read(offset: number, count: number): LogEntry[] {
    return this.records.slice(offset, offset + count);
  }

  idsBefore(position: Position): number {
    return this.records[position.offset]?.idsBefore[position.index] ?? this.ids.length;
  }

  countBefore(position: Position): number {
    return this.records[position.offset]?.countBefore[position.index] ?? this.#count;
  }

  append(nowMs: number): void {
    const dice = this.#random();
    // Log time may step back.
    const logTimeMs = Math.floor(1_700_000_000_000 + nowMs - this.#random() * 50);
    if (dice < 0.05) return this.#push(logTimeMs, Buffer.from('not of Pylon'));
    if (dice < 0.08) return this.#push(logTimeMs, null);
    const author = this.#authors[Math.floor(this.#random() * this.#authors.length)] as Author;
    if (dice < 0.16 && this.#written.length > 0) {
      const old = this.#written[Math.floor(this.#random() * this.#written.length)];
      if (old !== undefined) return this.#push(logTimeMs, old.value); // seen before: must do nothing
    }
    author.batch++;
    if (dice < 0.2) {
      const value = encodeBarrier({ rack: 'r', pylon: 'p', incarnation: author.incarnation, batch: author.batch });
      this.#lastSeen.set(author.incarnation, author.batch);
      return this.#push(logTimeMs, value);
    }
    this.#appendCommands(author, logTimeMs);
  }

  #appendCommands(author: Author, logTimeMs: number): void {
    const frames: Buffer[] = [];
    const idsBefore: number[] = [];
    const countBefore: number[] = [];
    const count = 1 + Math.floor(this.#random() ** 3 * 20);
    for (let i = 0; i < count; i++) {
      idsBefore.push(this.ids.length);
      countBefore.push(this.#count);
      frames.push(this.#frame());
    }
    const lengths = Buffer.alloc(frames.length * 5);
    let end = 0;
    for (const frame of frames) end = appendVarint(lengths, end, frame.length);
    const record = { rack: 'r', pylon: 'p', incarnation: author.incarnation, batch: author.batch };
    const value = encodeCommands(record, Buffer.concat(frames), lengths.subarray(0, end), new Uint8Array(0));
    this.#lastSeen.set(author.incarnation, author.batch);
    this.#written.push({ author, batch: author.batch, value });
    this.#push(logTimeMs, value, idsBefore, countBefore);
  }

  #frame(): Buffer {
    const dice = this.#random();
    if (dice < 0.04) return Buffer.from('*1\r\n$4\r\nGE'); // cut off
    if (dice < 0.06) return encodeCommand('GET', 'ids'); // a read
    if (dice < 0.08) return encodeCommand('RPUSH', '__pylon__:fence', 'x'); // Pylon's own key
    if (dice < 0.1 && this.#count > 0) return encodeCommand('LPUSH', 'count', 'x'); // WRONGTYPE
    if (dice < 0.12) return encodeCommand('PERSIST', 'refused'); // only this Redis refuses
    if (dice < 0.3) {
      this.#count++;
      return encodeCommand('INCR', 'count');
    }
    const id = `id-${this.ids.length}`;
    this.ids.push(id);
    return encodeCommand('RPUSH', 'ids', id);
  }

  #push(logTimeMs: number, value: Buffer | null, idsBefore?: number[], countBefore?: number[]): void {
    this.records.push({
      offset: this.records.length,
      logTimeMs,
      value,
      // A record that does nothing: the same before and behind it.
      idsBefore: idsBefore ?? [this.ids.length],
      countBefore: countBefore ?? [this.#count],
    });
  }
}
