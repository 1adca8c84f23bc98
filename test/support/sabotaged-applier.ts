/** Entry of an applier worker whose fence is written blind. Only tests load this file; no option of Pylon leads to it. */

import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../src/shared/limits.js';
import type { ApplierWorkerData } from '../../src/shared/messages.js';
import { runApplier } from '../../src/workers/applier/run-applier.js';
import { sabotages } from './sabotage.js';

assert(parentPort !== null, 'the applier runs in a worker thread');
runApplier(workerData as ApplierWorkerData, parentPort, sabotages['written blind']);
