/**
 * A librdkafka producer that writes batches as records of the log and knows what became of each.
 *
 * - Idempotent, acks=all, no linger: a lone write goes at once; group commit happens before this thread.
 * - Every life of a producer is an incarnation of its own; main numbers the batches, ever upwards (shared/incarnation.ts).
 *   When librdkafka reports a fatal error its sequence is void: what was on its way is unknown, and a new life begins.
 * - An error after a record was handed over leaves it unknown whether Kafka has it, but for the few that say so.
 */

import { randomBytes } from 'node:crypto';
import rdkafka from 'node-rdkafka';
import type { CounterBlock } from '../../shared/counters.js';
import { PylonError, reportOf, type ErrorReport } from '../../shared/errors.js';
import { makeIncarnation } from '../../shared/incarnation.js';
import { limits } from '../../shared/limits.js';
import type { BatchMessage, BatchOutcome, ProducerWorkerData } from '../../shared/messages.js';
import { encodeCommands } from '../../shared/record.js';
import { logPartition } from '../../shared/topics.js';

const { CODES } = rdkafka;

export interface ProducerEvents {
  /** A life began: it writes as this incarnation. */
  began(incarnation: string): void;
  outcomes(outcomes: BatchOutcome[]): void;
  trouble(error: ErrorReport): void;
}

interface Pending {
  readonly message: BatchMessage;
  readonly recordBytes: number;
}

/** Shorter than the time that a stop may take: what is begun is ended first. */
const connectTimeoutMs = 5_000;
/** How long what is on its way may take to arrive when a life ends. */
const flushTimeoutMs = limits.stopMsMax / 6;

/**
 * Errors that say for certain that Kafka did not take the record. A right that is refused is not among them: it may have
 * been there at an earlier attempt, whose answer was lost.
 */
const refusedForSure: ReadonlySet<number> = new Set([
  CODES.ERRORS.ERR_MSG_SIZE_TOO_LARGE,
  CODES.ERRORS.ERR_RECORD_LIST_TOO_LARGE,
]);

export class LogProducer {
  readonly #data: ProducerWorkerData;
  readonly #counters: CounterBlock<'producer'>;
  readonly #events: ProducerEvents;
  #client: rdkafka.Producer;
  #incarnation = '';
  #renewing = false;
  /** The beginning of the present life. */
  #begun: Promise<void> = Promise.resolve();
  #stopping = false;
  #watermarksAsked = false;
  /** By batch number, in order. */
  readonly #pending = new Map<number, Pending>();
  /** Batches that came while a new life began. */
  readonly #waiting: BatchMessage[] = [];
  #reported: BatchOutcome[] = [];

  constructor(data: ProducerWorkerData, counters: CounterBlock<'producer'>, events: ProducerEvents) {
    this.#data = data;
    this.#counters = counters;
    this.#events = events;
    this.#client = this.#newClient();
  }

  /** @throws PylonError PYLON_KAFKA when the broker does not answer */
  start(): Promise<void> {
    this.#begun = this.#begin();
    return this.#begun;
  }

  async #begin(): Promise<void> {
    const { topic } = this.#data;
    await new Promise<void>((resolve, reject) => {
      this.#client.connect({ topic, timeout: connectTimeoutMs }, (error) => {
        if (error === null || error === undefined) return resolve();
        reject(new PylonError('PYLON_KAFKA', `producer cannot connect: ${error.message}`, { cause: error }));
      });
    });
    this.#incarnation = makeIncarnation(Date.now(), randomBytes(6));
    this.#events.began(this.#incarnation);
  }

  produce(message: BatchMessage): void {
    if (this.#renewing) {
      this.#waiting.push(message);
      return;
    }
    const { rack, pylon, topic } = this.#data;
    const { batch } = message;
    const body = new Uint8Array(message.body, 0, message.bodyBytes);
    const lengths = new Uint8Array(message.lengths, 0, message.lengthsBytes);
    const author = { rack, pylon, incarnation: this.#incarnation, batch };
    const flags = message.flags === undefined ? noFlags : new Uint8Array(message.flags, 0, message.commands);
    const value = encodeCommands(author, body, lengths, flags);
    this.#pending.set(batch, { message, recordBytes: value.length });
    this.#counters.set('recordsInFlight', this.#pending.size);
    try {
      this.#client.produce(topic, logPartition, value, null, null, batch);
    } catch (error) {
      // Thrown before librdkafka took the record (queue full, too large): certainly not in the log.
      this.#settle(batch, undefined, { code: 'PYLON_NOT_LOGGED', message: (error as Error).message });
      this.#report();
    }
  }

  /** Refreshes the counters of the log's first and end offset, at most one question at a time. */
  watchLogEnd(): void {
    if (this.#watermarksAsked || this.#renewing || !this.#client.isConnected()) return;
    this.#watermarksAsked = true;
    this.#client.queryWatermarkOffsets(this.#data.topic, logPartition, 2_000, (error, offsets) => {
      this.#watermarksAsked = false;
      if (error) return; // Kafka is away: the last known values stand, and producing says so on its own
      this.#counters.set('logStartOffset', offsets.lowOffset);
      this.#counters.set('logEndOffset', offsets.highOffset);
    });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#refuseWaiting('this Pylon is stopping');
    await this.#begun.catch(() => {}); // told by whoever began it
    await this.#disconnect();
    this.#failAll('this Pylon stopped before Kafka confirmed the write');
  }

  #newClient(): rdkafka.Producer {
    const { kafka, recordBytesMax, writeTimeoutMs } = this.#data;
    const client = new rdkafka.Producer(
      {
        ...kafka,
        dr_cb: true,
        'enable.idempotence': true,
        'linger.ms': 0,
        'max.in.flight.requests.per.connection': limits.recordsInFlightMax,
        'message.max.bytes': recordBytesMax,
        'queue.buffering.max.kbytes': Math.ceil((recordBytesMax * (limits.recordsInFlightMax + 1)) / 1024),
        'socket.nagle.disable': true,
        'socket.keepalive.enable': true,
        'reconnect.backoff.ms': 50,
        'reconnect.backoff.max.ms': 1_000,
      },
      { acks: -1, 'message.timeout.ms': writeTimeoutMs },
    );
    client.on('delivery-report', (error, report) => {
      if (client !== this.#client) return; // of a life that was given up: its batches are settled as unknown
      this.#settle(report.opaque as number, report.offset, error === null || error === undefined ? undefined : outcomeOf(error));
      if (this.#reported.length === 1) queueMicrotask(() => this.#report());
    });
    client.on('event.error', (error) => {
      if (client !== this.#client) return;
      if (error.code === CODES.ERRORS.ERR__FATAL) this.#fatal(error.message);
      else this.#events.trouble({ code: 'PYLON_KAFKA', message: `producer: ${error.message}` });
    });
    return client;
  }

  #settle(batch: number, offset: number | undefined, error: ErrorReport | undefined): void {
    const pending = this.#pending.get(batch);
    if (pending === undefined) return; // given up when its life ended
    this.#pending.delete(batch);
    this.#counters.set('recordsInFlight', this.#pending.size);
    const { message, recordBytes } = pending;
    const logged = error === undefined ? offset : undefined;
    if (logged !== undefined) {
      this.#counters.set('loggedOffset', logged);
      this.#counters.add('recordsLogged', 1);
      this.#counters.add('commandsLogged', message.commands);
      this.#counters.add('bytesLogged', recordBytes);
    } else {
      this.#counters.add('recordsFailed', 1);
    }
    this.#reported.push(outcome(message, logged, error));
  }

  #report(): void {
    if (this.#reported.length === 0) return;
    const outcomes = this.#reported;
    this.#reported = [];
    this.#events.outcomes(outcomes);
  }

  #failAll(why: string): void {
    for (const batch of [...this.#pending.keys()]) {
      this.#settle(batch, undefined, { code: 'PYLON_UNKNOWN', message: why });
    }
    this.#report();
  }

  #fatal(why: string): void {
    if (this.#renewing || this.#stopping) return;
    this.#renewing = true;
    this.#begun = this.#renew(why);
  }

  /** Ends this life and begins the next: new producer id, new incarnation. */
  async #renew(why: string): Promise<void> {
    this.#events.trouble({ code: 'PYLON_KAFKA', message: `producer is begun anew after a fatal error: ${why}` });
    this.#failAll(`the producer failed: ${why}`);
    await this.#disconnect();
    while (!this.#stopping) {
      this.#client = this.#newClient();
      try {
        await this.#begin();
        break;
      } catch (error) {
        this.#events.trouble(reportOf(error));
        this.#refuseWaiting('the producer cannot be begun anew');
        await this.#disconnect();
      }
    }
    this.#renewing = false;
    for (const message of this.#waiting.splice(0)) this.produce(message);
  }

  #refuseWaiting(why: string): void {
    const error: ErrorReport = { code: 'PYLON_NOT_LOGGED', message: why };
    for (const message of this.#waiting.splice(0)) this.#reported.push(outcome(message, undefined, error));
    this.#report();
  }

  #disconnect(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#client.isConnected()) return resolve();
      this.#client.disconnect(flushTimeoutMs, () => resolve());
    });
  }
}

const noFlags = new Uint8Array(0);

function outcome(message: BatchMessage, offset: number | undefined, error: ErrorReport | undefined): BatchOutcome {
  return { batch: message.batch, offset, error, body: message.body, lengths: message.lengths };
}

function outcomeOf(error: rdkafka.LibrdKafkaError): ErrorReport {
  const certain = refusedForSure.has(error.code);
  return { code: certain ? 'PYLON_NOT_LOGGED' : 'PYLON_UNKNOWN', message: `Kafka: ${error.message}` };
}
