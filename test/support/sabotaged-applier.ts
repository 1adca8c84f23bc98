/**
 * The applier worker with its fence broken: `new Worker(<this file>, { workerData })` instead of applier-worker.js. For
 * tests that prove that they would notice (see sabotage.ts).
 */

import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import type { ApplierWorkerData } from '../../src/shared/messages.js';
import { runApplier } from '../../src/workers/applier/run-applier.js';
import { sabotages } from './sabotage.js';

runApplier(workerData as ApplierWorkerData, parentPort as MessagePort, sabotages['written blind']);
