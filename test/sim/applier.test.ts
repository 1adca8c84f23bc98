/**
 * Exactly once, whatever happens: the simulation over many seeds; and the proof that it would notice, by breaking the
 * fence in each of the ways in which it could be broken. Repeat one run: PYLON_SIM_SEED=<seed>; longer: PYLON_SIM_RUNS.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fenceCommands, type FenceCommands } from '../../src/workers/applier/fence-commands.js';
import { ApplierSim, type SimResult } from './applier-sim.js';
import { sabotages } from '../support/sabotage.js';

const runs = Number(process.env['PYLON_SIM_RUNS'] ?? 150);
const firstSeed = Number(process.env['PYLON_SIM_SEED'] ?? Math.floor(Math.random() * 1e9));
const seeds = process.env['PYLON_SIM_SEED'] === undefined ? runs : 1;

function simulate(seed: number, commands: FenceCommands): SimResult {
  try {
    return new ApplierSim({ seed, commands, records: 120, appliers: 3 }).run();
  } catch (error) {
    throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
  }
}

test(`every command of the log is applied once and in order (seeds from ${firstSeed})`, (t) => {
  const total = { events: 0, commandsApplied: 0, fenceLost: 0, stepsRetried: 0, crashes: 0 };
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const result = simulate(seed, fenceCommands);
    for (const key of Object.keys(total) as (keyof SimResult)[]) total[key] += result[key];
  }
  t.diagnostic(JSON.stringify(total));
  if (seeds > 1) {
    // Or the simulation would prove nothing.
    assert.ok(total.fenceLost > seeds && total.stepsRetried > seeds && total.crashes > seeds, JSON.stringify(total));
  }
});

for (const [name, commands] of Object.entries(sabotages)) {
  test(`the simulation notices a broken fence: ${name}`, (t) => {
    for (let seed = firstSeed; seed < firstSeed + 300; seed++) {
      try {
        simulate(seed, commands);
      } catch (error) {
        t.diagnostic(`red as it should be: ${(error as Error).message}`);
        assert.match((error as Error).message, /each once and in order|assertion failed|halted|is not applied/);
        return;
      }
    }
    assert.fail('300 runs with a broken fence, and nothing was noticed');
  });
}
