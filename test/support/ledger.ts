/**
 * What a load has sent and what became of it: the truth that the checker (checker.ts) holds the racks against.
 *
 * Elements are unique and named `<load>.<connection>.<number>`, with a new connection name for every TCP connection and
 * numbers that rise with it: so an element says where it belongs in the order of its connection.
 */

/**
 * - acknowledged: confirmed, so it must be there
 * - refused: answered by an error that says that it is not in the log, so it must not be there
 * - unknown: the connection ended first, or the error says that it is not known: there or not, and once at most
 */
export type Fate = 'acknowledged' | 'refused' | 'unknown';

export interface CounterTally {
  acknowledged: number;
  refused: number;
  unknown: number;
}

export class Ledger {
  /** List key → element → what became of its RPUSH. */
  readonly lists = new Map<string, Map<string, Fate>>();
  /** Set key → element → what became of its SADD. */
  readonly sets = new Map<string, Map<string, Fate>>();
  /** Counter key → how many INCRs ended how. */
  readonly counters = new Map<string, CounterTally>();

  noteElement(kind: 'lists' | 'sets', key: string, element: string, fate: Fate): void {
    let elements = this[kind].get(key);
    if (elements === undefined) this[kind].set(key, (elements = new Map()));
    if (elements.has(element)) throw new Error(`the load sent ${element} twice: its elements must be unique`);
    elements.set(element, fate);
  }

  noteIncrement(key: string, fate: Fate): void {
    let tally = this.counters.get(key);
    if (tally === undefined) this.counters.set(key, (tally = { acknowledged: 0, refused: 0, unknown: 0 }));
    tally[fate]++;
  }

  /** Adds what another load noted. */
  merge(other: Ledger): void {
    for (const kind of ['lists', 'sets'] as const) {
      for (const [key, elements] of other[kind]) {
        for (const [element, fate] of elements) this.noteElement(kind, key, element, fate);
      }
    }
    for (const [key, tally] of other.counters) {
      const mine = this.counters.get(key) ?? { acknowledged: 0, refused: 0, unknown: 0 };
      this.counters.set(key, {
        acknowledged: mine.acknowledged + tally.acknowledged,
        refused: mine.refused + tally.refused,
        unknown: mine.unknown + tally.unknown,
      });
    }
  }
}

export interface ElementName {
  readonly connection: string;
  readonly number: number;
}

export function nameElement(connection: string, number: number): string {
  return `${connection}.${number}`;
}

/** @returns the parts of an element's name, or undefined when no load of ours made it */
export function parseElement(element: string): ElementName | undefined {
  const match = /^(.+)\.(\d+)$/.exec(element);
  return match === null ? undefined : { connection: match[1], number: Number(match[2]) };
}
