/**
 * Bulk reads scanned off the main thread, by a piscina pool: main only routes the rows that come back.
 *
 * A hop to the pool costs main about 28 µs, scanning costs 20 to 35 ns a command, so it pays for a read that is full of
 * small commands (mass loading, deep pipelines) and never for big values, which scan in no time. The bytes are moved
 * into a buffer of their own once, which is then transferred there and back, and reused.
 */

import { Piscina } from 'piscina';
import { FrameTable } from '../../shared/resp/frame-table.js';
import type { RequestLimits } from '../../shared/resp/request-limits.js';
import { limits } from '../../shared/limits.js';
import type { ParseResult, ParseTask } from '../../shared/messages.js';

export interface ParsePoolOptions {
  readonly workers: number;
  readonly offloadBytes: number;
  readonly requestLimits: RequestLimits;
}

export interface Scanned {
  /** Rows of whole frames; its buffer holds the bytes. */
  readonly table: FrameTable;
  /** Where the scan stopped: what is behind is the caller's to feed on. */
  readonly position: number;
}

/** Above this many bytes a command a read holds too few commands for the hop. */
const bytesPerCommandMax = 512;
/** Scans under way and waiting, per worker: with more than these it is sooner done on main. Also bounds what is kept. */
const scansPerWorkerMax = 4;
/** The shortest commands (`*1 $4 PING`) are 14 bytes. */
const rowsMax = Math.ceil(limits.clientReadBytes / 14);

export class ParsePool {
  readonly #pool: Piscina<ParseTask, ParseResult>;
  readonly #offloadBytes: number;
  readonly #scansMax: number;
  #scans = 0;
  readonly #freeBytes: ArrayBuffer[] = [];
  readonly #freeTables: ArrayBuffer[] = [];

  constructor({ workers, offloadBytes, requestLimits }: ParsePoolOptions) {
    this.#offloadBytes = offloadBytes;
    this.#scansMax = workers * scansPerWorkerMax;
    this.#pool = new Piscina({
      filename: new URL('../../workers/parse/parse-worker.js', import.meta.url).href,
      minThreads: workers,
      maxThreads: workers,
      workerData: requestLimits,
      concurrentTasksPerWorker: 1,
      atomics: 'sync',
    });
  }

  /** Whether a read of so many bytes from a client whose commands are of this mean size is better scanned in the pool. */
  pays(bytes: number, bytesPerCommand: number): boolean {
    if (bytes < this.#offloadBytes || this.#scans >= this.#scansMax) return false;
    return bytesPerCommand > 0 && bytesPerCommand <= bytesPerCommandMax;
  }

  /** Scans whole frames from the beginning of `source` (copied at once, at most one client read). */
  async scan(source: Buffer): Promise<Scanned> {
    const bytes = this.#freeBytes.pop() ?? new ArrayBuffer(limits.clientReadBytes);
    const table = this.#freeTables.pop() ?? new ArrayBuffer(FrameTable.byteLengthFor(rowsMax));
    source.copy(new Uint8Array(bytes));
    const task: ParseTask = { bytes, length: source.length, table, rows: rowsMax };
    this.#scans++;
    const result = await this.#pool.run(task, { transferList: [bytes, table] }).finally(() => this.#scans--);
    const rows = new FrameTable(result.table);
    rows.buffer = Buffer.from(result.bytes, 0, result.length);
    return { table: rows, position: result.position };
  }

  /** Gives the memory of a scan back for reuse, when nothing points into it any more. */
  release({ table }: Scanned): void {
    if (this.#freeBytes.length >= this.#scansMax) return;
    this.#freeBytes.push(table.buffer.buffer as ArrayBuffer);
    this.#freeTables.push(table.memory as ArrayBuffer);
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }
}
