/**
 * Limits of the request side. None is ever above what the backing Redis takes: a frame that Redis refuses would end the
 * shared connection for everybody.
 */
export interface RequestLimits {
  /** A longer command becomes a TOO_BIG row; its bytes are skipped, not kept. */
  readonly commandBytesMax: number;
  /** A longer bulk is a protocol error (Redis: proto-max-bulk-len). */
  readonly bulkBytesMax: number;
  /** More arguments are a protocol error (Redis up to 6.2: 1024 * 1024; since 7.0 it takes more). */
  readonly argumentsMax: number;
  /** Longest inline request or header line (Redis: PROTO_INLINE_MAX_SIZE). */
  readonly lineBytesMax: number;
}

export const DEFAULT_REQUEST_LIMITS: RequestLimits = {
  commandBytesMax: 16 * 1024 * 1024,
  bulkBytesMax: 512 * 1024 * 1024,
  argumentsMax: 1024 * 1024,
  lineBytesMax: 64 * 1024,
};
