/**
 * Records fetched from the log and not yet applied, without a gap. Records stay until the step that held the last of
 * their commands is committed, so a step that did not go through is built again from here. They are decoded when a step
 * is built of them, while Redis is busy, not when they come: hundreds come at once.
 *
 * Pure. Who fills it and how much it may hold is decided by the log source (bounds in limits.ts).
 */

import type { Buffer } from 'node:buffer';
import { PylonError } from '../../shared/errors.js';
import { assert } from '../../shared/limits.js';
import type { Position } from '../../shared/position.js';
import { decodeRecord, type LogRecord } from '../../shared/record.js';

/** A record as Kafka hands it over. */
export interface LogEntry {
  readonly offset: number;
  /** Log append time, ms. */
  readonly logTimeMs: number;
  readonly value: Buffer | null;
}

export interface QueuedRecord {
  readonly logTimeMs: number;
  /** Undefined when it is not one of Pylon's, or `fault` is set. */
  readonly record: LogRecord | undefined;
  /** Why it cannot be applied. Matters when its turn comes, not before. */
  readonly fault: PylonError | undefined;
  /** Commands in all records decoded before this one. */
  readonly commandsBefore: number;
}

/** A served part of the array longer than this is cut off. */
const servedMax = 1024;

export class ApplyQueue {
  #entries: LogEntry[] = [];
  /** As many of the entries, from the front, as were looked at. */
  #decoded: QueuedRecord[] = [];
  /** Index of the first record that is still wanted, and its offset. */
  #first = 0;
  #startOffset = 0;
  #bytes = 0;
  #commandsDecoded = 0;

  /** Offset of the first record, or the next one to come. */
  get startOffset(): number {
    return this.#startOffset;
  }

  /** Offset of the next record to be pushed. */
  get endOffset(): number {
    return this.#startOffset + this.records;
  }

  get records(): number {
    return this.#entries.length - this.#first;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Forgets everything; the next record must have this offset. */
  reset(offset: number): void {
    this.#entries = [];
    this.#decoded = [];
    this.#first = 0;
    this.#startOffset = offset;
    this.#bytes = 0;
    this.#commandsDecoded = 0;
  }

  /** @throws PylonError PYLON_LOG_GAP when it is not the record that comes next */
  push(entry: LogEntry): void {
    if (entry.offset !== this.endOffset) {
      throw new PylonError(
        'PYLON_LOG_GAP',
        `offset ${entry.offset} came where ${this.endOffset} was due. Records are missing (retention removed them, ` +
          'or the topic was made anew): fill this rack anew from a copy of another one',
      );
    }
    this.#entries.push(entry);
    this.#bytes += bytesOf(entry);
  }

  get(offset: number): QueuedRecord | undefined {
    assert(offset >= this.#startOffset, 'a record that was dropped is asked for');
    const index = this.#first + offset - this.#startOffset;
    if (index >= this.#entries.length) return undefined;
    while (this.#decoded.length <= index) this.#decodeNext();
    return this.#decoded[index];
  }

  /** Whether so many commands are queued from a position on; duplicates and the like included. */
  hasCommands(position: Position, count: number): boolean {
    const queued = this.get(position.offset);
    if (queued === undefined) return false;
    const wanted = queued.commandsBefore + position.index + count;
    while (this.#commandsDecoded < wanted && this.#decoded.length < this.#entries.length) this.#decodeNext();
    return this.#commandsDecoded >= wanted;
  }

  /** Name of the command at a position, in lower case; for messages. */
  commandName(position: Position): string {
    const record = this.get(position.offset)?.record;
    if (record?.kind !== 'commands') return '?';
    const start = position.index === 0 ? 0 : record.frameEnds[position.index - 1];
    const head = record.body.toString('latin1', start, start + 64);
    return /^\*\d+\r\n\$\d+\r\n([\w.]+)/.exec(head)?.[1]?.toLowerCase() ?? '?';
  }

  /** True when a position lies within the queue or right at its end. */
  covers(position: Position): boolean {
    return position.offset >= this.#startOffset && position.offset <= this.endOffset;
  }

  dropBefore(offset: number): void {
    assert(offset <= this.endOffset, 'records that never came are dropped');
    while (this.#startOffset < offset) {
      if (this.#decoded.length === this.#first) this.#decodeNext(); // of a part that another applier has applied
      this.#bytes -= bytesOf(this.#entries[this.#first]);
      // Frees the record's bytes.
      this.#entries[this.#first] = undefined as never;
      this.#decoded[this.#first] = undefined as never;
      this.#first++;
      this.#startOffset++;
    }
    if (this.#first > servedMax || this.#first === this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first);
      this.#decoded = this.#decoded.slice(this.#first);
      this.#first = 0;
    }
  }

  #decodeNext(): void {
    const queued = decode(this.#entries[this.#decoded.length], this.#commandsDecoded);
    this.#decoded.push(queued);
    if (queued.record?.kind === 'commands') this.#commandsDecoded += queued.record.frameEnds.length;
  }
}

const bytesOf = ({ value }: LogEntry): number => value?.length ?? 0;

function decode({ offset, logTimeMs, value }: LogEntry, commandsBefore: number): QueuedRecord {
  try {
    return { logTimeMs, record: decodeRecord(value), fault: undefined, commandsBefore };
  } catch (error) {
    if (!(error instanceof PylonError)) throw error;
    const fault = new PylonError(error.code, `${error.message} (offset ${offset})`, { cause: error });
    return { logTimeMs, record: undefined, fault, commandsBefore };
  }
}
