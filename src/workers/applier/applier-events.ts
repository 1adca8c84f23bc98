/**
 * What the applier's state machine is told, and what it asks for: the seam between it (applier.ts) and whatever shell
 * drives it (run-applier.ts, or a simulation).
 */

import type { ApplierState } from '../../shared/counters.js';
import type { ErrorReport } from '../../shared/errors.js';
import type { Position } from '../../shared/position.js';
import type { OwedReplies } from './owed-replies.js';
import type { LogEntry } from './apply-queue.js';

export interface ApplierOptions {
  readonly topic: string;
  readonly topicId: string;
  /** Writes of this rack's Pylons may be owed their replies. */
  readonly rack: string;
  readonly stepCommands: number;
  readonly stepBytes: number;
}

export type ApplierEvent =
  /** Member of the rack's group. */
  | { readonly type: 'joined' }
  /** The group gave us the log partition, or took it. */
  | { readonly type: 'assigned' }
  | { readonly type: 'revoked' }
  /** A connection to Redis that passed the self-test, or none any more and why. */
  | { readonly type: 'link-up' }
  | { readonly type: 'link-down'; readonly reason: string }
  /** Answer to `query-log`. */
  | { readonly type: 'log-range'; readonly start: number; readonly end: number }
  /** Records that came of the `read-log` with this number. */
  | { readonly type: 'records'; readonly reading: number; readonly entries: readonly LogEntry[] }
  /** The log has no record at the offset we read from. */
  | { readonly type: 'log-lost'; readonly reading: number }
  | { readonly type: 'timer' }
  | { readonly type: 'stop' };

export type ApplierEffect =
  | { readonly type: 'send'; readonly chunks: readonly Uint8Array[] }
  /** Close the connection to Redis and make another. */
  | { readonly type: 'drop-link' }
  | { readonly type: 'query-log' }
  /** Read the log from this offset on; records of an earlier number are of no more use. */
  | { readonly type: 'read-log'; readonly reading: number; readonly offset: number }
  /** Come back with `timer` after so long. Replaces the timer before. */
  | { readonly type: 'timer'; readonly delayMs: number }
  /** Replies that Pylons of this rack wait for. */
  | { readonly type: 'replies'; readonly replies: readonly OwedReplies[] }
  /** Replies to what stands before this position, and were not told by now, will not be told. */
  | { readonly type: 'replies-lost'; readonly before: Position }
  | { readonly type: 'state'; readonly state: ApplierState; readonly detail: string }
  | { readonly type: 'trouble'; readonly error: ErrorReport }
  /** Stopped for good: leave the group, close the connection, tell the operator. */
  | { readonly type: 'halt'; readonly error: ErrorReport }
  /** Nothing is in flight any more: the answer to `stop`. */
  | { readonly type: 'stopped' };
