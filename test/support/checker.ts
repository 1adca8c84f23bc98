/**
 * The exactly-once checker: holds what is in the racks' Redis against what a load has sent (ledger.ts).
 *
 *   acknowledged  → there exactly once, in every rack
 *   refused       → not there
 *   unknown       → there at most once, and in all racks or in none
 *   anything else → foreign
 *   counters      → acknowledged ≤ value ≤ acknowledged + unknown
 *   order         → elements of one connection stand in a list in the order in which they were sent
 *
 * Pure: it takes the racks' contents as values, so it is itself tested with lost, doubled and foreign elements.
 */

import { parseElement, type Fate, type Ledger } from './ledger.js';

/** What one rack's Redis holds at the keys of a ledger. */
export interface RackContents {
  readonly rack: string;
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly sets: ReadonlyMap<string, readonly string[]>;
  readonly counters: ReadonlyMap<string, number>;
}

export type ViolationKind = 'lost' | 'doubled' | 'foreign' | 'refused' | 'counter' | 'order' | 'racks';

export interface Violation {
  readonly kind: ViolationKind;
  readonly rack: string;
  readonly key: string;
  readonly detail: string;
}

/** @returns every way in which the racks break the promise; empty when they keep it */
export function checkExactlyOnce(ledger: Ledger, racks: readonly RackContents[]): Violation[] {
  const violations: Violation[] = [];
  for (const rack of racks) {
    for (const kind of ['lists', 'sets'] as const) {
      for (const key of keysOf(ledger[kind], rack[kind])) {
        const report = (violation: ViolationKind, detail: string): void => {
          violations.push({ kind: violation, rack: rack.rack, key, detail });
        };
        const found = rack[kind].get(key) ?? [];
        checkElements(ledger[kind].get(key) ?? new Map(), found, report);
        if (kind === 'lists') checkOrder(found, report);
      }
    }
    checkCounters(ledger, rack, violations);
  }
  checkRacksAgree(racks, violations);
  return violations;
}

function checkElements(
  sent: ReadonlyMap<string, Fate>,
  found: readonly string[],
  report: (kind: ViolationKind, detail: string) => void,
): void {
  const times = new Map<string, number>();
  for (const element of found) times.set(element, (times.get(element) ?? 0) + 1);
  for (const [element, count] of times) {
    const fate = sent.get(element);
    if (fate === undefined) report('foreign', `${element} was never sent`);
    if (fate === 'refused') report('refused', `${element} was refused and is there`);
    if (count > 1) report('doubled', `${element} is there ${count} times`);
  }
  for (const [element, fate] of sent) {
    if (fate === 'acknowledged' && !times.has(element)) report('lost', `${element} was acknowledged and is not there`);
  }
}

function checkOrder(found: readonly string[], report: (kind: ViolationKind, detail: string) => void): void {
  const newest = new Map<string, number>();
  for (const element of found) {
    const name = parseElement(element);
    if (name === undefined) continue; // foreign, and reported as such
    const before = newest.get(name.connection) ?? -1;
    if (name.number < before) report('order', `${element} stands behind number ${before} of its connection`);
    else newest.set(name.connection, name.number);
  }
}

function checkCounters(ledger: Ledger, rack: RackContents, violations: Violation[]): void {
  for (const key of keysOf(ledger.counters, rack.counters)) {
    const { acknowledged, unknown } = ledger.counters.get(key) ?? { acknowledged: 0, unknown: 0 };
    const value = rack.counters.get(key) ?? 0;
    if (value >= acknowledged && value <= acknowledged + unknown) continue;
    const detail = `it is ${value}, acknowledged ${acknowledged}, unknown ${unknown}`;
    violations.push({ kind: 'counter', rack: rack.rack, key, detail });
  }
}

/** Every rack must hold what the first holds: lists in the same order, sets as sets. */
function checkRacksAgree(racks: readonly RackContents[], violations: Violation[]): void {
  const [first, ...others] = racks;
  for (const other of others) {
    const differs = (key: string, mine: string, its: string): void => {
      if (mine === its) return;
      const detail = `differs from rack ${first.rack}: ${firstDifference(mine, its)}`;
      violations.push({ kind: 'racks', rack: other.rack, key, detail });
    };
    const line = (elements: readonly string[] = []): string => elements.join(' ');
    const sorted = (elements: readonly string[] = []): string => [...elements].sort().join(' ');
    for (const key of keysOf(first.lists, other.lists))
      differs(key, line(first.lists.get(key)), line(other.lists.get(key)));
    for (const key of keysOf(first.sets, other.sets))
      differs(key, sorted(first.sets.get(key)), sorted(other.sets.get(key)));
    for (const key of keysOf(first.counters, other.counters)) {
      differs(key, String(first.counters.get(key)), String(other.counters.get(key)));
    }
  }
}

function firstDifference(mine: string, its: string): string {
  let at = 0;
  while (at < mine.length && mine[at] === its[at]) at++;
  const from = Math.max(0, at - 20);
  return `at character ${at}: '…${mine.slice(from, at + 40)}…' and '…${its.slice(from, at + 40)}…'`;
}

function keysOf(...maps: readonly ReadonlyMap<string, unknown>[]): string[] {
  return [...new Set(maps.flatMap((map) => [...map.keys()]))];
}

/** The violations in a few lines: how many of which kind, and the first of them. */
export function describeViolations(violations: readonly Violation[], shown = 12): string {
  const counts = new Map<string, number>();
  for (const { kind } of violations) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const summary = [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ');
  const lines = violations
    .slice(0, shown)
    .map(({ kind, rack, key, detail }) => `  ${kind} in ${rack}, ${key}: ${detail}`);
  return [`${violations.length} violations (${summary})`, ...lines].join('\n');
}
