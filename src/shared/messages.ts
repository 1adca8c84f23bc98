/**
 * What the threads of one Pylon say to each other: one discriminated union a direction. Main starts a worker by its file
 * URL with workerData and speaks to it through these alone.
 */

import type { ApplierState, CounterMemory } from './counters.js';
import type { ErrorReport } from './errors.js';
import type { Position } from './position.js';

/** Settings for librdkafka that both kinds of Kafka worker share (bootstrap servers, security). */
export type KafkaClientConfig = Readonly<Record<string, string | number | boolean>>;

/** How to reach one backing Redis. */
export interface RedisEndpoint {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
  readonly database: number;
}

// ---- producer worker

export interface ProducerWorkerData {
  readonly counters: CounterMemory;
  /** Number of this worker among the producers, from 0. */
  readonly worker: number;
  readonly kafka: KafkaClientConfig;
  readonly topic: string;
  readonly rack: string;
  readonly pylon: string;
  readonly recordBytesMax: number;
  readonly writeTimeoutMs: number;
}

/** A sealed batch of writes on its way to become one record. The buffer is transferred and comes back for reuse. */
export interface BatchMessage {
  readonly type: 'batch';
  /** Main's number for the batch, rising by one: the batch number in the record, echoed in its outcome. */
  readonly batch: number;
  readonly commands: number;
  /** Frames back to back in the first `bodyBytes`. */
  readonly body: ArrayBuffer;
  readonly bodyBytes: number;
  /** LEB128 frame lengths (record.ts) in the first `lengthsBytes`. */
  readonly lengths: ArrayBuffer;
  readonly lengthsBytes: number;
  /** Frame flags (record.ts), one byte a command; undefined when all are 0. */
  readonly flags: ArrayBuffer | undefined;
}

export type ToProducer = BatchMessage | { readonly type: 'stop' };

/** The outcome of one batch, with its buffers given back. */
export interface BatchOutcome {
  readonly batch: number;
  /** Kafka offset of the record, or undefined when it failed. */
  readonly offset: number | undefined;
  /** Set when it failed: PYLON_UNKNOWN (it may be in the log) or PYLON_NOT_LOGGED (it is not). */
  readonly error: ErrorReport | undefined;
  readonly body: ArrayBuffer;
  readonly lengths: ArrayBuffer;
}

export type FromProducer =
  | { readonly type: 'ready'; readonly incarnation: string }
  | { readonly type: 'outcomes'; readonly outcomes: BatchOutcome[] }
  | { readonly type: 'trouble'; readonly error: ErrorReport }
  | { readonly type: 'stopped' }
  | { readonly type: 'failed'; readonly error: ErrorReport };

// ---- applier worker

export interface ApplierWorkerData {
  readonly counters: CounterMemory;
  readonly worker: number;
  readonly kafka: KafkaClientConfig;
  readonly topic: string;
  /** Kafka's id of the topic, as text. */
  readonly topicId: string;
  readonly group: string;
  readonly rack: string;
  readonly redis: RedisEndpoint;
  readonly recordBytesMax: number;
  /** Upper bounds of one fenced step. */
  readonly stepCommands: number;
  readonly stepBytes: number;
  readonly sessionTimeoutMs: number;
}

/** Replies to commands of one producer's life, in the order of the log. The k-th ends at `ends[k]` of `bytes`. */
export interface OwedReplies {
  /** Whom they are owed to: the Pylon and the incarnation that wrote the records. */
  readonly pylon: string;
  readonly incarnation: string;
  /** Batch number and index in the record of each. */
  readonly batches: Float64Array<ArrayBuffer>;
  readonly frames: Uint32Array<ArrayBuffer>;
  readonly ends: Uint32Array<ArrayBuffer>;
  /** RESP2 replies back to back. An empty one stands for a reply that was too large to be kept. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export type ToApplier = { readonly type: 'stop' };

export type FromApplier =
  | { readonly type: 'state'; readonly state: ApplierState; readonly detail: string }
  | { readonly type: 'replies'; readonly replies: OwedReplies }
  /** Replies to what stands before this position in the log, and were not sent by now, will not be sent. */
  | { readonly type: 'replies-lost'; readonly before: Position }
  /** Something an operator should know of, once per cause. */
  | { readonly type: 'trouble'; readonly error: ErrorReport }
  | { readonly type: 'halted'; readonly error: ErrorReport }
  | { readonly type: 'stopped' }
  | { readonly type: 'failed'; readonly error: ErrorReport };

// ---- parse pool

/** One client read to scan. Both buffers are transferred. */
export interface ParseTask {
  readonly bytes: ArrayBuffer;
  /** Bytes in use. */
  readonly length: number;
  /** Memory for a frame table of `rows`. */
  readonly table: ArrayBuffer;
  readonly rows: number;
}

export interface ParseResult {
  readonly bytes: ArrayBuffer;
  readonly length: number;
  /** A sealed frame table. */
  readonly table: ArrayBuffer;
  /** Where the scan stopped. */
  readonly position: number;
}
