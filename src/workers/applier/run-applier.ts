/**
 * The shell around the applier: wires the state machine (applier.ts) to the log, to Redis, to the clock, to the shared
 * counters and to the main thread. Everything here runs on the worker's own thread, one event at a time.
 *
 * A failed assert (a fault of ours) costs this worker: it leaves the group, so that another Pylon can lead, and says
 * so.
 *
 * Ends by itself when asked to `stop`, once nothing holds its event loop; it must not be terminated, because a live
 * librdkafka consumer does not survive that.
 */

import type { Buffer } from 'node:buffer';
import type { MessagePort } from 'node:worker_threads';
import { CounterBlock } from '../../shared/counters.js';
import { PylonError, reportOf, type ErrorReport } from '../../shared/errors.js';
import type { ApplierWorkerData, FromApplier, ToApplier } from '../../shared/messages.js';
import { RepeatGate } from '../../shared/repeat-gate.js';
import type { ApplierEffect, ApplierEvent } from './applier-events.js';
import { Applier } from './applier.js';
import type { FenceCommands } from './fence-commands.js';
import { LogSource } from './log-source.js';
import { RedisLink } from './redis-link.js';

const heartbeatMs = 1_000;
const commitMs = 5_000;
/** How long a stop waits for Redis to answer what is in flight. */
const drainMsMax = 2_000;

/**
 * Runs an applier on this thread.
 * @param port to the main thread
 * @param commands how the fence is spoken to (fence-commands.ts)
 */
export function runApplier(data: ApplierWorkerData, port: MessagePort, commands: FenceCommands): void {
  new ApplierShell(data, port, commands).start();
}

class ApplierShell {
  readonly #port: MessagePort;
  readonly #counters: CounterBlock<'applier'>;
  readonly #applier: Applier;
  readonly #log: LogSource;
  readonly #link: RedisLink;
  readonly #intervals: NodeJS.Timeout[] = [];
  /** Library noise repeats. */
  readonly #troubles = new RepeatGate();
  #timer: NodeJS.Timeout | undefined;
  #prepareSoon: NodeJS.Immediate | undefined;
  #ending = false;

  constructor(data: ApplierWorkerData, port: MessagePort, commands: FenceCommands) {
    this.#port = port;
    this.#counters = new CounterBlock(data.counters, 'applier', data.worker);
    const { topic, topicId, rack, stepCommands, stepBytes } = data;
    const options = { topic, topicId, rack, stepCommands, stepBytes };
    this.#applier = new Applier(options, commands, this.#counters, Math.random);
    this.#log = new LogSource(data, {
      joined: () => this.#handle({ type: 'joined' }),
      assigned: () => this.#handle({ type: 'assigned' }),
      revoked: () => this.#handle({ type: 'revoked' }),
      records: (reading, entries) => this.#handle({ type: 'records', reading, entries }),
      range: (start, end) => this.#handle({ type: 'log-range', start, end }),
      lost: (reading) => this.#handle({ type: 'log-lost', reading }),
      room: () => this.#applier.room,
      watermarks: (start, end) => this.#showWatermarks(start, end),
      trouble: (error) => this.#trouble(error),
    });
    this.#link = new RedisLink(data.redis, 'pylon', {
      up: () => this.#handle({ type: 'link-up' }),
      data: (chunk) => this.#receive(chunk),
      down: (reason) => this.#handle({ type: 'link-down', reason }),
      trouble: (error) => this.#trouble(error),
      isOwed: () => this.#applier.isOwed,
    });
  }

  start(): void {
    this.#counters.set('heartbeatMs', Date.now());
    this.#intervals.push(
      setInterval(() => this.#counters.set('heartbeatMs', Date.now()), heartbeatMs),
      setInterval(() => {
        if (this.#counters.get('leader') === 1) this.#log.commit(this.#counters.get('appliedOffset'));
      }, commitMs),
    );
    this.#port.on('message', (message: ToApplier) => {
      if (message.type === 'stop') this.#stop();
    });
    this.#guard(() => {
      this.#link.start();
      this.#log.start();
    });
  }

  #handle(event: ApplierEvent): void {
    if (!this.#ending) this.#guard(() => this.#perform(this.#applier.handle(event)));
  }

  #receive(chunk: Buffer): void {
    this.#guard(() => this.#perform(this.#applier.receive(chunk)));
    this.#log.wake();
  }

  #perform(effects: readonly ApplierEffect[]): void {
    for (const effect of effects) {
      switch (effect.type) {
        case 'send':
          this.#link.send(effect.chunks);
          this.#prepareSoon ??= setImmediate(() => {
            this.#prepareSoon = undefined;
            this.#guard(() => this.#applier.prepare());
          });
          break;
        case 'drop-link':
          this.#link.drop();
          break;
        case 'query-log':
          this.#log.queryRange();
          break;
        case 'read-log':
          this.#log.read(effect.reading, effect.offset);
          break;
        case 'timer':
          clearTimeout(this.#timer);
          this.#timer = setTimeout(() => this.#handle({ type: 'timer' }), effect.delayMs);
          break;
        case 'replies':
          for (const replies of effect.replies) {
            const moved = [replies.batches, replies.frames, replies.ends, replies.bytes];
            this.#port.postMessage({ type: 'replies', replies } satisfies FromApplier, moved.map(({ buffer }) => buffer));
          }
          break;
        case 'replies-lost':
          this.#post({ type: 'replies-lost', before: effect.before });
          break;
        case 'state':
          this.#post({ type: 'state', state: effect.state, detail: effect.detail });
          break;
        case 'trouble':
          this.#trouble(effect.error);
          break;
        case 'halt':
          this.#link.close();
          void this.#log.stop();
          this.#post({ type: 'halted', error: effect.error });
          break;
        case 'stopped':
          void this.#end({ type: 'stopped' });
          break;
      }
    }
  }

  #stop(): void {
    if (this.#ending) return;
    this.#handle({ type: 'stop' });
    if (this.#ending) return;
    // Redis may owe an answer that never comes. What is in flight stays fenced whatever becomes of it.
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#handle({ type: 'link-down', reason: 'stopping' }), drainMsMax);
  }

  /** Lets go of everything, in the order that librdkafka needs; then the worker ends by itself. */
  async #end(last: FromApplier): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    clearTimeout(this.#timer);
    clearImmediate(this.#prepareSoon);
    this.#link.close();
    await this.#log.stop();
    for (const interval of this.#intervals) clearInterval(interval);
    this.#counters.set('leader', 0);
    this.#post(last);
    this.#port.close();
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      void this.#end({ type: 'failed', error: reportOf(error) });
      // Anything but an error of ours is a fault that the log of the process must show with its stack.
      if (!(error instanceof PylonError)) process.emitWarning(error as Error);
    }
  }

  #showWatermarks(start: number, end: number): void {
    if (start >= 0) this.#counters.set('logStartOffset', start);
    this.#counters.set('logEndOffset', end);
  }

  #trouble(error: ErrorReport): void {
    if (this.#troubles.passes(`${error.code} ${error.message}`, performance.now())) this.#post({ type: 'trouble', error });
  }

  #post(message: FromApplier): void {
    this.#port.postMessage(message);
  }
}
