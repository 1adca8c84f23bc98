/**
 * A real applier worker for tests: started by its file, with counters of its own, its messages kept.
 */

import { Worker } from 'node:worker_threads';
import { setTimeout as pause } from 'node:timers/promises';
import { applierStates, CounterBlock, createCounterMemory, type ApplierState } from '../../src/shared/counters.js';
import type { ApplierWorkerData, FromApplier } from '../../src/shared/messages.js';
import type { TestLog } from './log-fixture.js';

export interface ApplierFixtureOptions {
  readonly bootstrapServers: string;
  readonly log: TestLog;
  readonly redisPort: number;
  readonly group?: string;
  readonly stepCommands?: number;
  readonly stepBytes?: number;
  readonly entry?: URL;
  /** Over what the applier is told of the log. */
  readonly topicId?: string;
}

const productionEntry = new URL('../../src/workers/applier/applier-worker.js', import.meta.url);

export class ApplierFixture {
  readonly counters: CounterBlock<'applier'>;
  readonly messages: FromApplier[] = [];
  readonly #worker: Worker;
  readonly #exited: Promise<number>;

  constructor(options: ApplierFixtureOptions) {
    const memory = createCounterMemory({ producers: 0, appliers: 1 });
    this.counters = new CounterBlock(memory, 'applier');
    const workerData: ApplierWorkerData = {
      counters: memory,
      worker: 0,
      kafka: { 'metadata.broker.list': options.bootstrapServers },
      topic: options.log.topic,
      topicId: options.topicId ?? options.log.topicId,
      group: options.group ?? `${options.log.topic}-rack`,
      rack: 'test',
      redis: { host: '127.0.0.1', port: options.redisPort, database: 0 },
      recordBytesMax: 32 * 1024 * 1024,
      stepCommands: options.stepCommands ?? 1000,
      stepBytes: options.stepBytes ?? 1024 * 1024,
      sessionTimeoutMs: 6000,
    };
    this.#worker = new Worker(options.entry ?? productionEntry, { workerData });
    this.#worker.on('message', (message: FromApplier) => this.messages.push(message));
    this.#exited = new Promise((resolve, reject) => {
      this.#worker.once('exit', resolve);
      this.#worker.once('error', reject);
    });
    this.#exited.catch(() => {});
  }

  get state(): ApplierState {
    return applierStates[this.counters.get('state')] as ApplierState;
  }

  /** Waits until a condition holds. @throws Error with what the applier last said */
  async until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 20_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!(await condition())) {
      const failed = this.messages.find((message) => message.type === 'failed');
      if (failed !== undefined || performance.now() > deadline) {
        const said = JSON.stringify(this.messages.slice(-8), null, 1);
        throw new Error(`not ${what}; counters ${JSON.stringify(this.counters.snapshot())}; messages ${said}`);
      }
      await pause(5);
    }
  }

  async untilState(state: ApplierState, timeoutMs?: number): Promise<void> {
    await this.until(state, () => this.state === state, timeoutMs);
  }

  /** Waits until everything up to and with this offset is applied. */
  async untilApplied(offset: number, timeoutMs?: number): Promise<void> {
    await this.until(`applied ${offset}`, () => this.counters.get('appliedOffset') > offset, timeoutMs);
  }

  /** Stops it and waits for the end of its thread. @returns its exit code */
  async stop(): Promise<number> {
    this.#worker.postMessage({ type: 'stop' });
    return await this.#exited;
  }
}
