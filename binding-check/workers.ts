// Starts the worker side of a claim's program, which is the same file: main and worker differ by isMainThread.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** Starts the program's file as a worker; a fault of the worker ends the program. */
export function startWorker(url: string, workerData: unknown): Worker {
  const worker = new Worker(new URL(url), { workerData });
  worker.once('error', (error) => {
    console.error(error);
    process.exit(1);
  });
  return worker;
}

/** The next message of a worker. */
export const messageOf = async (worker: Worker): Promise<unknown> => (await once(worker, 'message'))[0];

/** The exit code of a worker, when it has ended. */
export const exitOf = async (worker: Worker): Promise<number> => (await once(worker, 'exit'))[0] as number;
