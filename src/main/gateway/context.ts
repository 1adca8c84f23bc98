/** What all connections of one gateway share. */

import type { CounterTally } from '../../shared/counters.js';
import type { FrameTable } from '../../shared/resp/frame-table.js';
import type { RequestLimits } from '../../shared/resp/request-limits.js';
import type { Client } from './client.js';
import type { KeyspaceReads } from './keyspace-reads.js';
import type { LocalCommands } from './local-commands.js';
import type { OutletFlusher } from './outlet.js';
import type { ParsePool } from './parse-pool.js';
import type { Upstream } from './upstream.js';
import type { WriteLog } from './write-log.js';

export interface GatewayContext {
  /** Filled and used within one event: no client keeps it. */
  readonly table: FrameTable;
  /** What sockets are read into; overwritten by the next read of any client. */
  readonly readBuffer: Buffer;
  readonly upstream: Upstream;
  /** One per producer worker; a connection keeps to one. */
  readonly writeLogs: readonly WriteLog[];
  readonly flusher: OutletFlusher;
  readonly counters: CounterTally<'main'>;
  /** Bytes of unfinished commands that all clients keep, at most `limits.pendingInputBytesMax`. */
  readonly pendingInput: { bytes: number };
  readonly requestLimits: RequestLimits;
  /** null: everything is scanned on the main thread. */
  readonly parsePool: ParsePool | null;
  readonly localCommands: LocalCommands;
  readonly keyspaceReads: KeyspaceReads;
  /** When writes are answered, unless a connection chose otherwise. */
  readonly replyMode: ReplyMode;
  /** The error line for reads while the rack's Redis is away. */
  readsUnavailable(): Buffer;
  /** An assert failed: it costs the connection that it happened on. */
  bug(error: unknown): void;
}

/** When a write is answered: see PYLON_REPLY. */
export const replyModes = ['auto', 'log', 'applied'] as const;
export type ReplyMode = (typeof replyModes)[number];

export interface ClientRegistry {
  left(client: Client): void;
}
