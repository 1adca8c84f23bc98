/**
 * Typed errors with stable codes. What a peer, an operator or the network can cause has a code here; what only a bug
 * can cause is an assert (limits.ts). A message says what happened, where, and what to do.
 */

/** Every code, with what it means. Operators search their logs for these: never rename one. */
export const errorCodes = {
  PYLON_BUG: 'an assertion of Pylon itself failed',
  PYLON_CONFIG: 'the configuration is not usable',
  PYLON_TOPIC: 'a topic of the world has settings that would lose data or order',
  PYLON_KAFKA: 'Kafka cannot be reached or refuses',
  PYLON_REDIS: 'the backing Redis cannot be reached or refuses',
  PYLON_SELF_TEST: 'the backing Redis does not keep the promises that the fence needs (WATCH, MULTI, EXEC)',
  PYLON_FENCE_MISSING: 'the backing Redis holds data but no fence: its position in the log is not known',
  PYLON_FENCE_GONE: 'the fence vanished while this Pylon was applying',
  PYLON_FENCE_CORRUPT: 'the fence cannot be read',
  PYLON_FENCE_FOREIGN: 'the fence belongs to another log',
  PYLON_FENCE_RANGE: 'the fence lies outside of the log',
  PYLON_LOG_GAP: 'offsets are missing in the log',
  PYLON_RECORD_UNKNOWN: 'a record has a version or kind that this Pylon does not know',
  PYLON_RECORD_CORRUPT: 'a record cannot be decoded',
  PYLON_TAINTED: 'a command failed in a way that may differ between racks',
  PYLON_UNKNOWN: 'it is not known whether the write is in the log',
  PYLON_NOT_LOGGED: 'the write is not in the log',
  PYLON_NO_REPLY: 'the write is in the log, but its reply is not to be had',
  PYLON_TOO_BIG: 'the command is over the size limit; nothing was logged',
  PYLON_BUSY: 'too much is under way; nothing was done',
  PYLON_READ: 'the read cannot be answered',
  PYLON_STOPPING: 'this Pylon is stopping',
  PYLON_MISALIGNED: 'replies of the backing Redis do not match the requests',
  PYLON_STALLED: 'a worker shows no sign of life',
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** An error with a stable code; `cause` holds what led to it. */
export class PylonError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'PylonError';
    this.code = code;
  }

  override toString(): string {
    return `${this.code}: ${this.message}`;
  }
}

/** The plain form of an error that can cross a thread boundary. */
export interface ErrorReport {
  readonly code: ErrorCode;
  readonly message: string;
}

/** Turns whatever was thrown into a report; an error without a code of ours is a bug of ours. */
export function reportOf(error: unknown): ErrorReport {
  if (error instanceof PylonError) return { code: error.code, message: error.message };
  return { code: 'PYLON_BUG', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
