/** The checker must be able to fail: each way of breaking the promise is fed to it and must be reported. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkExactlyOnce, describeViolations, type RackContents } from '../../support/checker.js';
import { Ledger } from '../../support/ledger.js';

/** a.1 … a.4 are in the list: acknowledged, unknown, acknowledged, refused; one set and one counter likewise. */
function someLedger(): Ledger {
  const ledger = new Ledger();
  ledger.noteElement('lists', 'l', 'a.1', 'acknowledged');
  ledger.noteElement('lists', 'l', 'a.2', 'unknown');
  ledger.noteElement('lists', 'l', 'a.3', 'acknowledged');
  ledger.noteElement('lists', 'l', 'a.4', 'refused');
  ledger.noteElement('sets', 's', 'a.5', 'acknowledged');
  ledger.noteElement('sets', 's', 'a.6', 'refused');
  for (const fate of ['acknowledged', 'acknowledged', 'unknown', 'refused'] as const) ledger.noteIncrement('c', fate);
  return ledger;
}

function rack(name: string, list: string[], set = ['a.5'], counter = 2): RackContents {
  return {
    rack: name,
    lists: new Map([['l', list]]),
    sets: new Map([['s', set]]),
    counters: new Map([['c', counter]]),
  };
}

function kinds(...racks: RackContents[]): string[] {
  return checkExactlyOnce(someLedger(), racks).map(({ kind, rack }) => `${kind} ${rack}`);
}

describe('the exactly-once checker', () => {
  it('passes what keeps the promise, with and without the unknown', () => {
    assert.deepEqual(kinds(rack('east', ['a.1', 'a.3']), rack('west', ['a.1', 'a.3'])), []);
    assert.deepEqual(kinds(rack('east', ['a.1', 'a.2', 'a.3'], ['a.5'], 3)), []);
  });

  it('reports a lost element of a list', () => assert.deepEqual(kinds(rack('east', ['a.3'])), ['lost east']));

  it('reports a lost element of a set', () => assert.deepEqual(kinds(rack('east', ['a.1', 'a.3'], [])), ['lost east']));

  it('reports an empty rack', () => {
    const empty = { rack: 'east', lists: new Map(), sets: new Map(), counters: new Map() };
    assert.deepEqual(kinds(empty), ['lost east', 'lost east', 'lost east', 'counter east']);
  });

  it('reports a doubled element, acknowledged or unknown', () => {
    assert.deepEqual(kinds(rack('east', ['a.1', 'a.1', 'a.3'])), ['doubled east']);
    assert.deepEqual(kinds(rack('east', ['a.1', 'a.2', 'a.2', 'a.3'])), ['doubled east']);
  });

  it('reports a foreign element, and a foreign key', () => {
    assert.deepEqual(kinds(rack('east', ['a.1', 'a.3', 'x'])), ['foreign east']);
    const contents = rack('east', ['a.1', 'a.3']);
    assert.deepEqual(kinds({ ...contents, sets: new Map([...contents.sets, ['t', ['b.1']]]) }), ['foreign east']);
  });

  it('reports what was refused and is there all the same', () => {
    assert.deepEqual(kinds(rack('east', ['a.1', 'a.3', 'a.4'])), ['refused east']);
    assert.deepEqual(kinds(rack('east', ['a.1', 'a.3'], ['a.5', 'a.6'])), ['refused east']);
  });

  it('reports a counter below the acknowledged, and above the unknown', () => {
    assert.deepEqual(kinds(rack('east', ['a.1', 'a.3'], ['a.5'], 1)), ['counter east']);
    assert.deepEqual(kinds(rack('east', ['a.1', 'a.3'], ['a.5'], 4)), ['counter east']);
  });

  it('reports elements of one connection out of order', () => {
    assert.deepEqual(kinds(rack('east', ['a.3', 'a.1'])), ['order east']);
  });

  it('reports racks that differ, even where each alone would pass', () => {
    assert.deepEqual(kinds(rack('east', ['a.1', 'a.2', 'a.3']), rack('west', ['a.1', 'a.3'])), ['racks west']);
    assert.deepEqual(kinds(rack('east', ['a.1', 'a.3']), rack('west', ['a.1', 'a.3'], ['a.5'], 3)), ['racks west']);
  });

  it('says how many of which kind', () => {
    const violations = checkExactlyOnce(someLedger(), [rack('east', ['a.3', 'a.3', 'x'])]);
    assert.match(
      describeViolations(violations),
      /^3 violations \(1 doubled, 1 foreign, 1 lost\)\n {2}doubled in east, l: /,
    );
  });

  it('refuses a load whose elements are not unique', () => {
    const ledger = someLedger();
    assert.throws(() => ledger.noteElement('lists', 'l', 'a.1', 'acknowledged'), /twice/);
  });
});
