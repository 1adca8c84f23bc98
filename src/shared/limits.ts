/**
 * Every bound of Pylon that is not an option, and the relations between bounds, in one place.
 *
 * Each queue is bounded in count and in bytes. A full queue means: stop reading the socket that feeds it, then a typed
 * error; never growth. Options (environment variables) live in src/main/config; `limitFaults` holds the two together.
 */

import { PylonError } from './errors.js';

const KIB = 1024;
const MIB = 1024 * KIB;

export const limits = {
  /** Reserved key prefix: refused in every key position, filtered from SCAN, KEYS, DBSIZE and RANDOMKEY. */
  reservedKeyPrefix: '__pylon__:',

  /** Redis's own hard limits (`proto-max-bulk-len`, `PROTO_INLINE_MAX_SIZE`): beyond them Redis closes, and so do we. */
  bulkBytesMax: 512 * MIB,
  inlineBytesMax: 64 * KIB,
  argumentsMax: 1024 * 1024,

  /** One read from a client socket; the buffer is shared by all clients. */
  clientReadBytes: 64 * KIB,
  /** One read from the backing Redis. */
  upstreamReadBytes: 256 * KIB,
  /** Requests waiting for the backing Redis, above which clients that send reads are paused. */
  upstreamQueueBytesMax: 16 * MIB,
  /** Replies waiting in a client's socket, above which that client is not read from. */
  clientOutBytesPause: 1 * MIB,

  /** Unfinished commands of all clients together, above which the client that would keep more is closed with an error. */
  pendingInputBytesMax: 512 * MIB,
  /** What a piece of a reply costs beside its bytes, while it is held or waits in a socket. */
  pieceOverheadBytes: 128,

  /** A client's window of commands in flight grows from `Start` to `Max`, within a budget of reply bytes. */
  clientWindowStart: 16,
  clientWindowMax: 1024,
  clientWindowReplyBytes: 4 * MIB,

  /** Group commit: a record is closed when it holds this much; a larger single command makes a record of its own. */
  recordBytesTarget: 256 * KIB,
  recordCommandsMax: 8192,
  /** Records on their way to Kafka at once. librdkafka keeps order for an idempotent producer up to five. */
  recordsInFlightMax: 5,
  /** Writes that wait for a place in a record, over all clients of one producer. */
  writeQueueBytesMax: 64 * MIB,
  /** What the envelope may add to the bytes of one command. */
  recordOverheadBytesMax: 64 * KIB,

  /** Records fetched and not yet applied. */
  applyQueueRecordsMax: 2048,
  applyQueueBytesMax: 32 * MIB,
  /** Replies of one step that are kept for their authors. What is beyond it is applied, and its author told so. */
  owedReplyBytesMax: 64 * MIB,
  /** Replies on their way to other Pylons of the rack, in all and in one message. */
  carriedReplyBytesMax: 16 * MIB,
  carriedMessageBytes: 1 * MIB,
  /** Pause before a step that Redis refused is tried again, and between attempts to connect. Doubles from Min to Max. */
  applyRetryMsMin: 20,
  applyRetryMsMax: 1000,
  /** Pause after another applier moved the fence, so that the group can say who leads. */
  fenceLostPauseMs: 200,
  /**
   * A fence beyond the log's end is looked at this often, `fenceLostPauseMs` apart, before it is believed: about two
   * minutes. After a broker is lost, the new leader shows an older end until the lost one is out of the in-sync set:
   * up to `replica.lag.time.max.ms`, 30 s by default.
   */
  logRangeChecksMax: 600,
  /** How far beyond Redis's maxmemory the log may lead it, to reach the writes that free memory. */
  outOfMemoryHeadroomBytes: 16 * MIB,
  /** The backing Redis owes an answer and sends nothing for this long: the connection is given up. */
  redisSilenceMsMax: 15_000,

  /** How long the fence remembers a producer that went silent, in log time. See fence-value.ts. */
  incarnationMemoryMs: 15 * 60_000,
  incarnationsMax: 128,

  /** An applier that shows no sign of life for this long is taken for hung and ends the process. */
  applierStallMsMax: 30_000,
  /** How long a clean stop may take before it is forced. */
  stopMsMax: 15_000,
} as const;

/** The options that stand in a relation to the limits. Units: bytes, milliseconds. */
export interface LimitedOptions {
  readonly commandBytesMax: number;
  readonly writeTimeoutMs: number;
  readonly stepBytes: number;
}

/**
 * Checks the relations between options and limits.
 * @returns one sentence per fault; empty when all is well
 */
export function limitFaults(options: LimitedOptions): string[] {
  const faults: string[] = [];
  if (options.commandBytesMax > limits.bulkBytesMax) {
    faults.push(`PYLON_COMMAND_BYTES_MAX must not be above Redis's own limit of ${limits.bulkBytesMax}`);
  }
  if (options.writeTimeoutMs * 2 > limits.incarnationMemoryMs) {
    faults.push(
      `PYLON_WRITE_TIMEOUT_MS must be at most ${limits.incarnationMemoryMs / 2}: ` +
        'a write that is retried longer could outlive the memory that keeps it from being applied twice',
    );
  }
  return faults;
}

/** Bytes of the largest record that a world with this command limit may write: `max.message.bytes` of its topic. */
export function recordBytesMax(commandBytesMax: number): number {
  return Math.max(commandBytesMax, limits.recordBytesTarget * 2) + limits.recordOverheadBytesMax;
}

/** A failed assert is a fault of Pylon's own code: it costs one connection or one drained worker, not the process. */
export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new PylonError('PYLON_BUG', `assertion failed: ${what}`);
}
