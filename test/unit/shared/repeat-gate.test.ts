import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RepeatGate } from '../../../src/shared/repeat-gate.js';

test('the same text passes again after ten seconds, another one at once', () => {
  const gate = new RepeatGate();
  assert.equal(gate.passes('down', 1_000), true);
  assert.equal(gate.passes('down', 10_999), false);
  assert.equal(gate.passes('up', 10_999), true);
  assert.equal(gate.passes('down', 11_000), true);
  assert.equal(gate.passes('down', 11_001), false);
});

test('texts that never repeat do not pile up', () => {
  const gate = new RepeatGate();
  gate.passes('first', 0);
  for (let number = 0; number < 101; number++) assert.equal(gate.passes(`offset ${number}`, 1), true);
  assert.equal(gate.passes('first', 2), true, 'forgotten with all others');
});
