/**
 * The gateway: listens for Redis clients and owns their connections.
 *
 * Accepted sockets are re-wrapped so that the kernel's bytes land in one static buffer shared by all clients (`onread`),
 * which saves an allocation and a copy per read. Stopping: no new connections, no new commands, what was acknowledged to
 * the log is waited for and answered, then connections are closed.
 */

import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { CounterTally } from '../../shared/counters.js';
import { PylonError } from '../../shared/errors.js';
import { limits } from '../../shared/limits.js';
import { encodeError } from '../../shared/resp/encode.js';
import { FrameTable } from '../../shared/resp/frame-table.js';
import { DEFAULT_REQUEST_LIMITS } from '../../shared/resp/request-limits.js';
import type { OwedReplies, RedisEndpoint } from '../../shared/messages.js';
import type { Position } from '../../shared/position.js';
import { Client } from './client.js';
import { wrapAccepted } from './client-socket.js';
import type { ClientRegistry, GatewayContext, ReplyMode } from './context.js';
import { KeyspaceReads, type ControlConnection } from './keyspace-reads.js';
import { LocalCommands, type PylonCommands } from './local-commands.js';
import { OutletFlusher } from './outlet.js';
import type { ParsePool } from './parse-pool.js';
import { Upstream } from './upstream.js';
import { WriteLog, type WriteLogEvents } from './write-log.js';

export interface GatewayOptions {
  readonly host: string;
  readonly port: number;
  readonly redis: RedisEndpoint;
  readonly readTimeoutMs: number;
  readonly writeTimeoutMs: number;
  readonly replyTimeoutMs: number;
  readonly replyMode: ReplyMode;
  readonly commandBytesMax: number;
  readonly clientsMax: number;
  readonly producers: number;
}

export interface GatewayParts {
  readonly counters: CounterTally<'main'>;
  readonly parsePool: ParsePool | null;
  readonly control: ControlConnection;
  readonly pylonCommands: PylonCommands;
  /** Hands a batch to producer worker number `producer`. */
  send(producer: number, ...batch: Parameters<WriteLogEvents['send']>): void;
  upstreamState(up: boolean, detail: string): void;
  /** Something went wrong that cost at most one connection. */
  trouble(error: unknown): void;
}

const tableRows = 4096;
const backlog = 1024;
/** Part of the time for a stop after which replies of the rack's Redis are not waited for any more. */
const giveUpPart = 0.8;
const expireIntervalMs = 500;
const refusedLingerMs = 500;
/** Redis's own words. */
const tooManyReply = encodeError('ERR max number of clients reached');
const stoppingReply = encodeError('PYLON_STOPPING this Pylon is stopping; connect to another');

export class Gateway implements ClientRegistry {
  readonly #options: GatewayOptions;
  readonly #parts: GatewayParts;
  readonly #clients = new Map<number, Client>();
  readonly #server: Server;
  readonly #context: GatewayContext;
  readonly #upstream: Upstream;
  readonly #expiryTimer: NodeJS.Timeout;
  #nextId = 1;
  #upstreamDetail = 'not connected yet';
  #stopping = false;
  #allLeft: () => void = () => {};

  constructor(options: GatewayOptions, parts: GatewayParts) {
    this.#options = options;
    this.#parts = parts;
    const flusher = new OutletFlusher();
    this.#upstream = new Upstream(options.redis, options.readTimeoutMs, {
      delivered: () => flusher.flush(),
      drained: () => this.#resumeAll(),
      bug: (error) => parts.trouble(error),
      state: (up, detail) => {
        this.#upstreamDetail = detail;
        parts.upstreamState(up, detail);
      },
    });
    const writeLogs = Array.from({ length: options.producers }, (_, producer) => new WriteLog(options.writeTimeoutMs, options.replyTimeoutMs, {
      send: (message, transfer) => parts.send(producer, message, transfer),
      delivered: () => flusher.flush(),
      drained: () => this.#resumeAll(),
    }));
    this.#context = {
      table: FrameTable.withCapacity(tableRows),
      readBuffer: Buffer.allocUnsafeSlow(limits.clientReadBytes),
      upstream: this.#upstream,
      writeLogs,
      flusher,
      counters: parts.counters,
      pendingInput: { bytes: 0 },
      requestLimits: { ...DEFAULT_REQUEST_LIMITS, commandBytesMax: options.commandBytesMax },
      parsePool: parts.parsePool,
      localCommands: new LocalCommands(parts.pylonCommands, () => this.#clients.values()),
      keyspaceReads: new KeyspaceReads(parts.control),
      replyMode: options.replyMode,
      readsUnavailable: () => this.#readsUnavailable(),
      bug: (error) => parts.trouble(error),
    };
    this.#expiryTimer = setInterval(() => {
      for (const writeLog of writeLogs) writeLog.expire(Date.now());
      parts.counters.set('writeQueueBytes', writeLogs.reduce((sum, { queuedBytes }) => sum + queuedBytes, 0));
    }, expireIntervalMs);
    this.#server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
  }

  /** @returns where it listens; @throws PylonError PYLON_CONFIG when the address cannot be had */
  async listen(): Promise<AddressInfo> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (cause) => {
        reject(new PylonError('PYLON_CONFIG', `cannot listen on ${host}:${port} (PYLON_HOST, PYLON_PORT): ${cause.message}`, { cause }));
      });
      this.#server.listen({ host, port, backlog }, resolve);
    });
    // From now on an error is one of accepting (no file descriptors left): those who are connected go on.
    this.#server.on('error', (error) => this.#parts.trouble(error));
    return this.#server.address() as AddressInfo;
  }

  /** True when reads can be answered by the rack's Redis. */
  get upstreamUp(): boolean {
    return this.#upstream.up;
  }

  settle(producer: number, ...outcomes: Parameters<WriteLog['settle']>): void {
    this.#context.writeLogs[producer].settle(...outcomes);
  }

  /** Replies of the rack's applier to writes of producer worker number `producer`. */
  applied(producer: number, replies: OwedReplies): void {
    this.#context.writeLogs[producer].owed.applied(replies);
    this.#context.flusher.flush();
  }

  /** Replies to what stands before this position will not come any more. */
  repliesLost(before: Position): void {
    for (const { owed } of this.#context.writeLogs) owed.lostBefore(before);
    this.#context.flusher.flush();
  }

  left(client: Client): void {
    this.#clients.delete(client.id);
    this.#parts.counters.set('clientsConnected', this.#clients.size);
    if (this.#clients.size === 0) this.#allLeft();
  }

  /** Ends connections when what they are owed has been sent, at the latest after `deadlineMs`. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopping = true;
    this.#server.close();
    // The server does not know of the re-wrapped sockets, so their end is waited for here.
    const left = new Promise<void>((resolve) => (this.#allLeft = resolve));
    for (const client of this.#clients.values()) client.end();
    if (this.#clients.size === 0) this.#allLeft();
    const givesUp = setTimeout(() => {
      for (const { owed } of this.#context.writeLogs) owed.giveUp();
      this.#context.flusher.flush();
    }, deadlineMs * giveUpPart);
    const timer = setTimeout(() => {
      for (const client of [...this.#clients.values()]) client.destroy();
    }, deadlineMs);
    await left;
    clearTimeout(givesUp);
    clearTimeout(timer);
    clearInterval(this.#expiryTimer);
    this.#upstream.close();
  }

  #accept(accepted: Socket): void {
    const { readBuffer, counters } = this.#context;
    if (this.#clients.size >= this.#options.clientsMax || this.#stopping) {
      // Closed only a moment later, and read until then: a socket closed with unread bytes loses what it was sent.
      accepted.on('error', () => {});
      accepted.resume();
      accepted.end(this.#stopping ? stoppingReply : tooManyReply);
      setTimeout(() => accepted.destroy(), refusedLingerMs).unref();
      return;
    }
    const socket = wrapAccepted(accepted, readBuffer, (buffer, bytes) => {
      client.receive(buffer, bytes);
      return client.reading;
    });
    const client = new Client(this.#nextId++, socket, this.#context, this);
    this.#clients.set(client.id, client);
    counters.add('clientsAccepted', 1);
    counters.set('clientsConnected', this.#clients.size);
    socket.resume();
  }

  #resumeAll(): void {
    for (const client of this.#clients.values()) client.scheduleResume();
  }

  #readsUnavailable(): Buffer {
    const { host, port } = this.#options.redis;
    return encodeError(`PYLON_READ the rack's Redis at ${host}:${port} cannot be reached (${this.#upstreamDetail}); try again`);
  }
}
