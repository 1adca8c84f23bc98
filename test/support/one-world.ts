/** A world that all tests of one file share: started before the first, stopped after the last. */

import { after, before } from 'node:test';
import { startWorld, type TestRack, type TestWorld, type WorldPlan } from './test-world.js';

export interface SharedWorld {
  readonly world: TestWorld;
  readonly east: TestRack;
  readonly west: TestRack;
}

/** Call it inside `describe`. What it returns may be used inside of tests only. */
export function oneWorld(plan: Partial<WorldPlan> = {}): SharedWorld {
  let world: TestWorld | undefined;
  let stop = async (): Promise<void> => {};
  before(async () => {
    const scope = { after: (work: () => Promise<void>) => void (stop = work) };
    world = await startWorld(scope, { racks: [{ name: 'east' }, { name: 'west' }], ...plan });
  });
  after(() => stop());
  const started = (): TestWorld => {
    if (world === undefined) throw new Error('the world is not started');
    return world;
  };
  return {
    get world() {
      return started();
    },
    get east() {
      return started().rack('east');
    },
    get west() {
      return started().rack('west');
    },
  };
}
