/**
 * Fences that do not fence, to prove that the tests would notice. Each lacks one thing that the real one has
 * (src/workers/applier/fence-commands.ts). Only tests load this file; no option of Pylon leads to it.
 */

import { fenceKey } from '../../src/shared/fence-value.js';
import { encodeCommand } from '../../src/shared/resp/encode.js';
import { fenceCommands, type FenceCommands } from '../../src/workers/applier/fence-commands.js';

const armWithoutWatch = Buffer.concat([encodeCommand('UNWATCH'), encodeCommand('GET', fenceKey)]);

export const sabotages = {
  /** The fence is read but not watched: what happens between GET and EXEC is not seen. */
  'no WATCH': { ...fenceCommands, arm: armWithoutWatch },
  /** Watched but not compared: what happened before the WATCH is not seen. */
  'GET not compared': { ...fenceCommands, isAsBelieved: () => true },
  /** Neither: the fence is written blind. */
  'written blind': { ...fenceCommands, arm: armWithoutWatch, isAsBelieved: () => true },
} satisfies Record<string, FenceCommands>;
