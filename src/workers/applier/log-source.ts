/**
 * Reads the log partition as a member of the rack's consumer group (librdkafka, classic protocol). The group says who
 * leads; where to read from is said by the fence, never by a committed offset: on assignment the partition is taken
 * without reading it, and `read` then assigns it again at the fence's offset.
 *
 * Records are fetched by `consume(n)`, which blocks a thread of the libuv pool and returns what is ready. Backpressure
 * is not calling it. But a member that does not call for `max.poll.interval.ms` is expelled, so when there is no room
 * for long (Redis is away), the partition is paused and the consumer polled for nothing.
 *
 * `assign` is never called while a `consume` is under way: what that one returned could be of either assignment.
 *
 * The order of a stop: no new consume, the one under way ends, leave the group (the group takes the partition back),
 * disconnect. A live consumer must not be torn down with its thread.
 */

import kafka from 'node-rdkafka';
import type { ErrorReport } from '../../shared/errors.js';
import { limits } from '../../shared/limits.js';
import type { ApplierWorkerData } from '../../shared/messages.js';
import { logPartition } from '../../shared/topics.js';
import type { LogEntry } from './apply-queue.js';

export interface LogSourceHandlers {
  joined(): void;
  assigned(): void;
  revoked(): void;
  records(reading: number, entries: LogEntry[]): void;
  /** First offset of the log, and the one behind its last. */
  range(start: number, end: number): void;
  /** There is no record at the offset read from. */
  lost(reading: number): void;
  /** How much may be handed in now. */
  room(): { readonly records: number; readonly bytes: number };
  /** Newest known offsets, now and then. */
  watermarks(start: number, end: number): void;
  trouble(error: ErrorReport): void;
}

const connectMsMax = 5_000;
const retryMs = 500;
/** How long one consume waits for a first record; a stop may have to wait for it. */
const consumeWaitMs = 200;
/** The same while nothing is read: a takeover may have to wait for it. */
const idleWaitMs = 20;
const consumeRecordsMax = 512;
/** Below this much room it is better to wait for more than to fetch in driblets. */
const roomRecordsMin = 64;
/** No room for this long: the partition is paused, and polled so that the group keeps us. */
const pollMsMax = 1_000;
const maxPollIntervalMs = 10_000;
const rangeQueryMsMax = 5_000;

const { ERR__ASSIGN_PARTITIONS, ERR__AUTO_OFFSET_RESET } = kafka.CODES.ERRORS;
/** `auto.offset.reset=error` in librdkafka's C names; missing in the binding's table before 3.x. */
const offsetResetCode = ERR__AUTO_OFFSET_RESET ?? -140;

export class LogSource {
  readonly #data: ApplierWorkerData;
  readonly #handlers: LogSourceHandlers;
  #consumer: kafka.KafkaConsumer;
  readonly #partition: { readonly topic: string; readonly partition: number };
  #stopping = false;
  /** The group gave us the partition. */
  #isOurs = false;
  /** What to assign as soon as no consume is under way. */
  #wanted: { readonly reading: number; readonly offset: number } | undefined;
  /** What is assigned; 0: nothing is read. */
  #reading = 0;
  #isPaused = false;
  #lastPollMs = 0;
  #committedOffset = -1;
  #wakeLoop: (() => void) | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;
  #timers = new Set<NodeJS.Timeout>();

  constructor(data: ApplierWorkerData, handlers: LogSourceHandlers) {
    this.#data = data;
    this.#handlers = handlers;
    this.#partition = { topic: data.topic, partition: logPartition };
    this.#consumer = this.#createConsumer();
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Reads from `offset` on. Records come with this number. */
  read(reading: number, offset: number): void {
    this.#wanted = { reading, offset };
    this.#wake();
  }

  /** Asks the broker for the range of the log; asks again until it answers. Answered by `range`. */
  queryRange(): void {
    const { topic, partition } = this.#partition;
    this.#consumer.queryWatermarkOffsets(topic, partition, rangeQueryMsMax, (error, offsets) => {
      if (this.#stopping || !this.#isOurs) return;
      if (error !== null && error !== undefined) {
        this.#trouble(`cannot read the range of the log: ${error.message}`);
        this.#later(retryMs, () => this.queryRange());
      } else this.#handlers.range(offsets.lowOffset, offsets.highOffset);
    });
  }

  /** There may be room again. */
  wake(): void {
    if (this.#wakeLoop !== undefined && this.#hasRoom()) this.#wake();
  }

  /** Tells the group's tools how far the rack is. Nothing depends on it. */
  commit(offset: number): void {
    if (!this.#isOurs || this.#reading === 0 || offset === this.#committedOffset) return;
    this.#committedOffset = offset;
    try {
      this.#consumer.commit({ ...this.#partition, offset });
    } catch {
      // the next one will do
    }
  }

  /** Leaves the group and disconnects. @returns when that is done, however often it is asked for */
  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  async #end(): Promise<void> {
    this.#stopping = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#wake();
    await this.#running;
    if (this.#consumer.isConnected()) await new Promise<void>((resolve) => this.#consumer.disconnect(() => resolve()));
  }

  #createConsumer(): kafka.KafkaConsumer {
    const { kafka: client, group, sessionTimeoutMs, recordBytesMax } = this.#data;
    const queueKbytes = Math.ceil(Math.max(limits.applyQueueBytesMax, recordBytesMax) / 1024);
    const consumer = new kafka.KafkaConsumer(
      {
        ...client,
        'group.id': group,
        'session.timeout.ms': sessionTimeoutMs,
        'heartbeat.interval.ms': Math.min(1_000, Math.floor(sessionTimeoutMs / 4)),
        'max.poll.interval.ms': Math.max(maxPollIntervalMs, sessionTimeoutMs),
        'partition.assignment.strategy': 'range',
        'enable.auto.commit': false,
        'enable.auto.offset.store': false,
        'isolation.level': 'read_uncommitted',
        'allow.auto.create.topics': false,
        'fetch.queue.backoff.ms': 5,
        'fetch.error.backoff.ms': 100,
        'reconnect.backoff.ms': 50,
        'reconnect.backoff.max.ms': 1_000,
        'queued.max.messages.kbytes': queueKbytes,
        'fetch.message.max.bytes': Math.max(1024 * 1024, recordBytesMax),
        'fetch.max.bytes': Math.max(8 * 1024 * 1024, recordBytesMax),
        'receive.message.max.bytes': Math.max(16 * 1024 * 1024, recordBytesMax + 1024 * 1024),
        'socket.keepalive.enable': true,
        'rebalance_cb': ({ code }: { code: number }, assignment: kafka.Assignment[]) => this.#rebalance(code, assignment),
      } as kafka.ConsumerGlobalConfig,
      { 'auto.offset.reset': 'error' },
    );
    consumer.on('event.error', (error) => this.#trouble(`${error.message} (log topic ${this.#data.topic})`));
    return consumer;
  }

  /** @param assignment may be without the log: one partition, and another member has it */
  #rebalance(code: number, assignment: kafka.Assignment[]): void {
    const isAnswered = code === ERR__ASSIGN_PARTITIONS;
    const isAssigned = isAnswered && assignment.some(({ partition }) => partition === logPartition);
    // Nothing is read before the fence was: an empty assignment tells the group that we heard.
    try {
      if (isAnswered) this.#consumer.assign([]);
      else this.#consumer.unassign();
    } catch (error) {
      if (this.#consumer.isConnected()) throw error; // while it closes, librdkafka needs no answer
    }
    this.#reading = 0;
    this.#wanted = undefined;
    this.#isPaused = false;
    if (isAssigned === this.#isOurs) return;
    this.#isOurs = isAssigned;
    if (this.#stopping) return;
    if (isAssigned) this.#handlers.assigned();
    else this.#handlers.revoked();
  }

  async #run(): Promise<void> {
    while (!this.#stopping && !(await this.#connect())) await this.#sleep(retryMs);
    if (this.#stopping) return;
    this.#consumer.subscribe([this.#data.topic]);
    this.#handlers.joined();
    while (!this.#stopping) {
      this.#assignWanted();
      if (this.#reading > 0 && !this.#hasRoom()) {
        await this.#waitForRoom();
        continue;
      }
      if (this.#isPaused) this.#setPaused(false);
      await this.#consume(this.#reading > 0 ? Math.min(consumeRecordsMax, this.#handlers.room().records) : 1);
    }
  }

  #connect(): Promise<boolean> {
    return new Promise((resolve) => {
      this.#consumer.connect({ timeout: connectMsMax, topic: this.#data.topic }, (error) => {
        const isGood = error === null || error === undefined;
        if (!isGood) {
          this.#trouble(`cannot reach Kafka: ${error.message}`);
          this.#consumer = this.#createConsumer(); // one whose connect failed is of no more use
        }
        resolve(isGood);
      });
    });
  }

  #assignWanted(): void {
    const wanted = this.#wanted;
    if (wanted === undefined || !this.#isOurs) return;
    this.#wanted = undefined;
    this.#reading = wanted.reading;
    this.#isPaused = false;
    this.#consumer.assign([{ ...this.#partition, offset: wanted.offset }]);
  }

  #hasRoom(): boolean {
    const room = this.#handlers.room();
    return room.records >= roomRecordsMin && room.bytes > 0;
  }

  /** Waits for room, but no longer than the group may be kept waiting. */
  async #waitForRoom(): Promise<void> {
    const waitMs = this.#isPaused ? pollMsMax : this.#lastPollMs + pollMsMax - performance.now();
    if (waitMs > 0 && (await this.#sleep(waitMs))) return;
    if (this.#stopping || this.#reading === 0) return;
    if (!this.#isPaused) this.#setPaused(true);
    await this.#consume(1);
    this.#showRange();
  }

  #setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    if (isPaused) this.#consumer.pause([this.#partition]);
    else this.#consumer.resume([this.#partition]);
  }

  async #consume(count: number): Promise<void> {
    const reading = this.#reading;
    this.#lastPollMs = performance.now();
    this.#consumer.setDefaultConsumeTimeout(reading > 0 ? consumeWaitMs : idleWaitMs);
    const error = await new Promise<kafka.LibrdKafkaError | undefined>((resolve) => {
      this.#consumer.consume(count, (error, messages) => {
        if (error !== null && error !== undefined) return resolve(error as kafka.LibrdKafkaError);
        this.#handIn(reading, messages);
        resolve(undefined);
      });
    });
    if (error !== undefined) await this.#consumeFailed(error);
  }

  #handIn(reading: number, messages: readonly kafka.Message[]): void {
    // Of an assignment that ended meanwhile: the partition is read anew from the fence, so nothing is lost.
    if (messages.length === 0 || reading === 0 || reading !== this.#reading) return;
    const entries = messages.map(({ offset, timestamp, value }) => {
      return { offset, logTimeMs: timestamp ?? 0, value };
    });
    this.#showWatermarks(entries[entries.length - 1].offset + 1);
    this.#handlers.records(reading, entries);
  }

  async #consumeFailed(error: { readonly code: number; readonly message: string }): Promise<void> {
    if (error.code === offsetResetCode && this.#reading > 0) {
      const reading = this.#reading;
      this.#reading = 0;
      this.#handlers.lost(reading);
      return;
    }
    this.#trouble(`reading the log: ${error.message}`);
    if (!this.#stopping) await this.#sleep(retryMs);
  }

  /** What the last fetch said of the log's end; at least `seen`. */
  #showWatermarks(seen: number): void {
    try {
      const { topic, partition } = this.#partition;
      const { lowOffset, highOffset } = this.#consumer.getWatermarkOffsets(topic, partition);
      this.#handlers.watermarks(lowOffset, Math.max(highOffset, seen));
    } catch {
      this.#handlers.watermarks(-1, seen);
    }
  }

  /** While paused nothing is fetched, so the broker is asked: the lag must be seen to grow. */
  #showRange(): void {
    const { topic, partition } = this.#partition;
    this.#consumer.queryWatermarkOffsets(topic, partition, rangeQueryMsMax, (error, offsets) => {
      const isGood = (error === null || error === undefined) && !this.#stopping && this.#isOurs;
      if (isGood) this.#handlers.watermarks(offsets.lowOffset, offsets.highOffset);
    });
  }

  /** @returns true when woken, false when the time is up */
  #sleep(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (woken: boolean): void => {
        clearTimeout(timer);
        this.#wakeLoop = undefined;
        resolve(woken);
      };
      const timer = setTimeout(() => end(false), ms);
      this.#wakeLoop = () => end(true);
    });
  }

  #wake(): void {
    this.#wakeLoop?.();
  }

  #later(ms: number, then: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      then();
    }, ms);
    this.#timers.add(timer);
  }

  #trouble(message: string): void {
    if (!this.#stopping) this.#handlers.trouble({ code: 'PYLON_KAFKA', message });
  }
}
