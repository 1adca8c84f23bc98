/**
 * Main's end of one worker thread: starts it by its file URL, passes its messages on, and stops it cleanly. A worker with
 * a live Kafka client is asked to stop and waited for, never terminated.
 */

import { Worker } from 'node:worker_threads';
import { PylonError, type ErrorReport } from '../../shared/errors.js';

/** Messages that every kind of worker sends. */
interface CommonMessage {
  readonly type: string;
  readonly error?: ErrorReport;
}

export interface WorkerEvents<From> {
  message(message: From): void;
  /** It ended without having been asked to. */
  died(error: PylonError): void;
}

export class WorkerHandle<To extends { type: string }, From extends CommonMessage> {
  readonly name: string;
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  #stopping = false;

  constructor(name: string, file: URL, workerData: object, events: WorkerEvents<From>) {
    this.name = name;
    this.#worker = new Worker(file, { workerData, name });
    let failure: ErrorReport | undefined;
    this.#worker.on('message', (message: From) => {
      if (message.type === 'failed') failure = message.error;
      events.message(message);
    });
    this.#worker.on('error', (error) => (failure = { code: 'PYLON_BUG', message: error.stack ?? error.message }));
    this.#exited = new Promise((resolve) => {
      this.#worker.on('exit', (code) => {
        resolve();
        if (this.#stopping) return;
        const { code: kind, message } = failure ?? { code: 'PYLON_BUG', message: `exit code ${code}` };
        events.died(new PylonError(kind, `worker ${name} ended: ${message}`));
      });
    });
  }

  send(message: To, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  /** Asks it to stop and waits. @returns false when it was still there after `deadlineMs` */
  async stop(deadlineMs: number): Promise<boolean> {
    this.#stopping = true;
    this.#worker.postMessage({ type: 'stop' });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), deadlineMs)));
    const inTime = await Promise.race([this.#exited.then(() => true), late]);
    clearTimeout(timer);
    return inTime;
  }
}
