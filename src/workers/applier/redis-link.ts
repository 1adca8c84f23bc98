/**
 * The applier's connection to the backing Redis: makes it, tests it, hands bytes both ways, and makes it again when it
 * is lost, for ever, with growing pauses. A connection is `up` only when Redis has answered who it is, does not evict
 * at random, has no torn append-only file, and has passed the self-test. One static buffer takes what is read.
 *
 * What is said on a connection that is up is the applier's business.
 */

import { Buffer } from 'node:buffer';
import net from 'node:net';
import { PylonError, reportOf, type ErrorReport } from '../../shared/errors.js';
import { limits } from '../../shared/limits.js';
import type { RedisEndpoint } from '../../shared/messages.js';
import { settleFile } from './append-only-file.js';
import { introduce, RedisDialogue } from './redis-dialogue.js';
import { selfTest } from './self-test.js';

export interface RedisLinkHandlers {
  up(): void;
  /** Bytes of replies; the buffer is reused after the call. */
  data(chunk: Buffer): void;
  /** An attempt failed, or a connection that was up is lost. */
  down(reason: string): void;
  trouble(error: ErrorReport): void;
  /** Whether Redis owes an answer. */
  isOwed(): boolean;
}

const connectMsMax = 5_000;
const keepAliveMs = 5_000;
const silenceCheckMs = 1_000;

/** A socket, and where its bytes go. */
interface Connection {
  readonly socket: net.Socket;
  readonly dialogue: RedisDialogue;
  receive: (chunk: Buffer) => void;
}

export class RedisLink {
  readonly #endpoint: RedisEndpoint;
  readonly #name: string;
  readonly #handlers: RedisLinkHandlers;
  /** One buffer serves all connections: reading is synchronous. */
  readonly #readBuffer = Buffer.allocUnsafeSlow(limits.upstreamReadBytes);
  /** The connection that is up. */
  #link: Connection | undefined;
  /** Sockets of the attempt under way. */
  readonly #attempt = new Set<net.Socket>();
  #retryTimer: NodeJS.Timeout | undefined;
  #silenceTimer: NodeJS.Timeout | undefined;
  #failures = 0;
  #closed = false;
  #lastByteMs = 0;
  readonly #warned = new Set<string>();

  constructor(endpoint: RedisEndpoint, name: string, handlers: RedisLinkHandlers) {
    this.#endpoint = endpoint;
    this.#name = name;
    this.#handlers = handlers;
  }

  start(): void {
    this.#silenceTimer = setInterval(() => this.#checkSilence(), silenceCheckMs);
    void this.#connect();
  }

  /** Writes chunks in order, in one go. */
  send(chunks: readonly Uint8Array[]): void {
    const link = this.#link;
    if (link === undefined) return; // lost; the applier is told, and nothing is ever sent twice
    if (!this.#handlers.isOwed()) this.#lastByteMs = performance.now();
    link.socket.cork();
    for (const chunk of chunks) link.socket.write(chunk);
    link.socket.uncork();
  }

  /** Gives up the connection that is up and makes another. Not reported as `down`. */
  drop(): void {
    const link = this.#link;
    if (link === undefined) return;
    this.#link = undefined;
    link.receive = () => {};
    link.socket.destroy();
    this.#retry();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retryTimer);
    clearInterval(this.#silenceTimer);
    for (const socket of this.#attempt) socket.destroy();
    if (this.#link !== undefined) this.#link.receive = () => {};
    this.#link?.socket.destroy();
    this.#link = undefined;
  }

  /** One attempt: a tested connection, with a second one for the test. */
  async #connect(): Promise<void> {
    const deadline = setTimeout(() => this.#endAttempt('no answer in time'), limits.redisSilenceMsMax);
    let endReason: Promise<never> | undefined;
    try {
      const tested = this.#open();
      const other = this.#open();
      endReason = Promise.race([tested.ended, other.ended]);
      await Promise.race([this.#prepare(tested.connection, other.connection), endReason]);
      this.#attempt.delete(tested.connection.socket);
      this.#serve(tested.connection);
    } catch (error) {
      this.#failed(error);
    } finally {
      endReason?.catch(() => {});
      clearTimeout(deadline);
      this.#endAttempt('done');
    }
  }

  async #prepare(tested: Connection, other: Connection): Promise<void> {
    await Promise.all([
      introduce(tested.dialogue, this.#endpoint, `${this.#name}-applier`),
      introduce(other.dialogue, this.#endpoint, `${this.#name}-applier-test`),
    ]);
    const info = await tested.dialogue.expectText('INFO');
    this.#examine(info);
    // Before the self-test, which writes.
    this.#warn(await settleFile(tested.dialogue, info));
    await selfTest(tested.dialogue, other.dialogue);
    // Or Redis might close this connection to save memory. Before 7.0 it is unknown, and so is the danger.
    await tested.dialogue.request('CLIENT', 'NO-EVICT', 'ON');
  }

  /** @throws PylonError PYLON_REDIS when this Redis may lose the fence by its own settings */
  #examine(info: string): void {
    const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? '';
    if (policy === 'allkeys-random') {
      throw new PylonError('PYLON_REDIS', 'maxmemory-policy allkeys-random may evict the fence: use noeviction');
    }
    if (policy.startsWith('allkeys-')) {
      this.#warn(`maxmemory-policy is ${policy}: racks differ by what each evicts; use noeviction`);
    }
  }

  /** Once per message, not once per connection. */
  #warn(message: string | undefined): void {
    if (message === undefined || this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#handlers.trouble({ code: 'PYLON_REDIS', message });
  }

  #serve(connection: Connection): void {
    if (this.#closed) {
      connection.socket.destroy();
      return;
    }
    this.#failures = 0;
    this.#link = connection;
    this.#lastByteMs = performance.now();
    connection.receive = (chunk) => this.#handlers.data(chunk);
    this.#handlers.up();
  }

  /** Opens a socket. `ended` rejects when it is gone; after it is up, that is reported as `down`. */
  #open(): { connection: Connection; ended: Promise<never> } {
    const { host, port } = this.#endpoint;
    const socket = net.connect({
      host,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveMs,
      onread: {
        buffer: this.#readBuffer,
        callback: (length, buffer) => {
          this.#lastByteMs = performance.now();
          connection.receive((buffer as Buffer).subarray(0, length));
          return true;
        },
      },
    });
    const dialogue = new RedisDialogue((bytes) => void socket.write(bytes));
    const connection: Connection = { socket, dialogue, receive: (chunk) => hear(socket, dialogue, chunk) };
    this.#attempt.add(socket);
    socket.setTimeout(connectMsMax, () => socket.destroy(new Error('connecting took too long')));
    socket.once('connect', () => socket.setTimeout(0));
    let reason = 'closed by Redis';
    socket.on('error', (error) => (reason = error.message));
    const ended = new Promise<never>((_, reject) => {
      socket.once('close', () => {
        reject(new PylonError('PYLON_REDIS', reason));
        if (this.#link === connection) {
          this.#link = undefined;
          this.#handlers.down(reason);
          this.#retry();
        }
      });
    });
    ended.catch(() => {});
    return { connection, ended };
  }

  #endAttempt(reason: string): void {
    for (const socket of this.#attempt) socket.destroy(reason === 'done' ? undefined : new Error(reason));
    this.#attempt.clear();
  }

  #failed(error: unknown): void {
    if (this.#closed) return;
    const report = reportOf(error);
    if (report.code !== 'PYLON_REDIS') this.#handlers.trouble(report);
    this.#handlers.down(report.message);
    this.#retry();
  }

  #retry(): void {
    if (this.#closed) return;
    const full = Math.min(limits.applyRetryMsMax, limits.applyRetryMsMin * 2 ** Math.min(this.#failures, 16));
    this.#failures++;
    this.#retryTimer = setTimeout(() => void this.#connect(), full * (0.5 + Math.random() / 2));
  }

  /** A half-open connection gives no error for a quarter of an hour. Giving one up is always safe. */
  #checkSilence(): void {
    if (this.#link === undefined || !this.#handlers.isOwed()) return;
    if (performance.now() - this.#lastByteMs > limits.redisSilenceMsMax) {
      this.#link.socket.destroy(new Error(`Redis sent nothing for ${limits.redisSilenceMsMax} ms`));
    }
  }
}

function hear(socket: net.Socket, dialogue: RedisDialogue, chunk: Buffer): void {
  try {
    dialogue.receive(chunk);
  } catch (error) {
    socket.destroy(error as Error);
  }
}
