/**
 * The status line of a running world: per rack who leads, what is logged and applied, and the lag. On a terminal it is
 * rewritten in place once a second; elsewhere a line is printed when something changed, at most every ten seconds.
 */

import type { PylonInfo } from './pylon-info.js';

export interface WatchedRack {
  readonly name: string;
  readonly info: PylonInfo;
}

const intervalMs = 1_000;
const plainIntervalMs = 10_000;

export class StatusLine {
  readonly #racks: readonly WatchedRack[];
  readonly #timer: NodeJS.Timeout;
  #last = '';
  #printedMs = 0;
  #asking = false;

  constructor(racks: readonly WatchedRack[]) {
    this.#racks = racks;
    this.#timer = setInterval(() => void this.#refresh(), intervalMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #refresh(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    const parts = await Promise.all(this.#racks.map(async ({ name, info }) => {
      try {
        return describe(name, await info.read());
      } catch {
        return `${name}: no answer`;
      }
    }));
    this.#asking = false;
    this.#print(parts.join('  |  '));
  }

  #print(line: string): void {
    if (process.stdout.isTTY) {
      process.stdout.write(`\r\x1b[2K${line.slice(0, (process.stdout.columns ?? 120) - 1)}`);
      return;
    }
    const now = Date.now();
    if (line === this.#last || now - this.#printedMs < plainIntervalMs) return;
    this.#last = line;
    this.#printedMs = now;
    process.stdout.write(`${line}\n`);
  }
}

function describe(name: string, info: ReadonlyMap<string, string>): string {
  const field = (key: string): string => info.get(key) ?? '?';
  const leads = field('leader') === '1' ? field('pylon_id') : field('applier_state');
  return `${name}: leader ${leads} logged ${field('log_end')} applied ${field('applied_position')} lag ${field('lag_records')}`;
}
