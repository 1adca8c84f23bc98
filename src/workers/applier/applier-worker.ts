/**
 * Entry of the applier worker: main starts a thread with this file and `ApplierWorkerData`.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../shared/limits.js';
import type { ApplierWorkerData } from '../../shared/messages.js';
import { fenceCommands } from './fence-commands.js';
import { runApplier } from './run-applier.js';

assert(parentPort !== null, 'the applier runs in a worker thread');
runApplier(workerData as ApplierWorkerData, parentPort, fenceCommands);
