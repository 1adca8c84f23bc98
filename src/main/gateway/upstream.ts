/**
 * The shared, pipelined connection to the rack's Redis on which local reads are answered.
 *
 * - Only whole canonical frames of commands that read are ever written to it: a partial or odd frame, or one that
 *   changes the state of the connection, would shift or end the replies of every client.
 * - Requests of one turn are copied into one buffer and sent by one write (setImmediate; nextTick costs more).
 * - Replies are scanned for their ends only and handed on as slices of one static read buffer.
 * - Now and then an ECHO with a nonce goes along: a reply that is not the nonce means that replies and requests no
 *   longer match, and the connection is dropped before anybody gets another's data.
 * - When it is lost, what was in flight is answered with an error, and it connects again by itself.
 */

import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { encodeCommand, encodeError } from '../../shared/resp/encode.js';
import { ReplyScanner } from '../../shared/resp/scan-reply.js';
import { limits } from '../../shared/limits.js';
import type { RedisEndpoint } from '../../shared/messages.js';
import { RequestRing } from './request-ring.js';
import type { BufferOwner, ReplySink, ReplySource, Segment } from './reply-order.js';
import { ReplyOrder } from './reply-order.js';

export interface UpstreamEvents {
  /** Replies were delivered: flush what clients have to send. */
  delivered(): void;
  /** There is room again after `backlogged`. */
  drained(): void;
  state(up: boolean, detail: string): void;
  /** An assert failed while replies were handed on: the connection is dropped. */
  bug(error: unknown): void;
}

const probeIntervalMs = 1_000;
const reconnectMsMin = 20;
const reconnectMsMax = 1_000;

export class Upstream implements BufferOwner, ReplySource {
  readonly #endpoint: RedisEndpoint;
  readonly #timeoutMs: number;
  readonly #events: UpstreamEvents;
  readonly #ring = new RequestRing();
  #scanner = new ReplyScanner();
  #socket: Socket | null = null;
  #up = false;
  #closed = false;
  #reconnectMs = reconnectMsMin;
  #reconnectTimer: NodeJS.Timeout | undefined;
  #probeTimer: NodeJS.Timeout;
  #flushScheduled = false;
  #readBuffer = Buffer.allocUnsafeSlow(limits.upstreamReadBytes);
  /** The buffer whose replies are being handed on. */
  #handedOn: Buffer | null = null;
  #out = Buffer.allocUnsafeSlow(limits.upstreamReadBytes);
  #outBytes = 0;
  /** When the oldest unanswered request, or the attempt to connect, could last be seen to move on. */
  #progressMs = 0;
  #backlogged = false;
  /** What was last told of a connection that cannot be had: the same is not told again at every attempt. */
  #toldReason = '';

  constructor(endpoint: RedisEndpoint, timeoutMs: number, events: UpstreamEvents) {
    this.#endpoint = endpoint;
    this.#timeoutMs = timeoutMs;
    this.#events = events;
    this.#probeTimer = setInterval(() => this.#probe(), probeIntervalMs);
    this.#connect();
  }

  /** False while there is no usable connection: reads cannot be answered here. */
  get up(): boolean {
    return this.#up;
  }

  /** Requests that the kernel has not taken. Above the limit clients are to be paused until `drained`. */
  get backlogged(): boolean {
    return this.#backlogged;
  }

  /** Sends `count` whole frames for `segment`; the bytes are copied. */
  forward(segment: Segment, buffer: Buffer, start: number, end: number, count: number): void {
    segment.awaited += count;
    if (this.#ring.empty) this.#progressMs = Date.now();
    this.#ring.push(segment, count);
    this.#append(buffer, start, end);
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(this.#flush);
  }

  /** A slice of the read buffer is still waiting in a socket: the next read goes to another buffer. */
  surrenderBuffer(): void {
    if (this.#readBuffer === this.#handedOn) this.#readBuffer = Buffer.allocUnsafeSlow(limits.upstreamReadBytes);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#probeTimer);
    clearTimeout(this.#reconnectTimer);
    this.#socket?.destroy();
  }

  #connect(): void {
    const { host, port } = this.#endpoint;
    this.#scanner = new ReplyScanner();
    this.#progressMs = Date.now();
    const socket = connect({
      host,
      port,
      noDelay: true,
      keepAlive: true,
      onread: {
        buffer: () => this.#readBuffer,
        callback: (bytes, buffer) => {
          if (socket !== this.#socket) return true;
          try {
            this.#receive(buffer as Buffer, bytes);
          } catch (error) {
            this.#events.bug(error);
            this.#drop('a fault of Pylon itself while handing on replies');
          }
          return true;
        },
      },
    });
    this.#socket = socket;
    let reason = 'connection closed';
    socket.on('connect', () => this.#greet());
    socket.on('error', (error) => (reason = error.message));
    socket.on('close', () => this.#lose(reason));
  }

  /** AUTH, SELECT and a first ECHO; the connection is up when all were answered well. */
  #greet(): void {
    const { username, password, database } = this.#endpoint;
    const nonce = randomBytes(8).toString('hex');
    const commands: Buffer[] = [];
    if (password !== undefined) commands.push(encodeCommand('AUTH', ...(username === undefined ? [] : [username]), password));
    if (database !== 0) commands.push(encodeCommand('SELECT', String(database)));
    commands.push(encodeCommand('ECHO', nonce));
    const greeting = new OwnRequest(commands.length, (reply) => {
      const expected = '+OK\r\n'.repeat(commands.length - 1) + `$16\r\n${nonce}\r\n`;
      if (reply !== expected) return this.#drop(`Redis answered the greeting with '${told(reply)}'`);
      this.#up = true;
      this.#reconnectMs = reconnectMsMin;
      this.#toldReason = '';
      this.#events.state(true, 'connected');
    });
    this.#send(greeting, Buffer.concat(commands));
  }

  #probe(): void {
    const late = Date.now() - this.#progressMs > this.#timeoutMs;
    if (late && this.#socket?.connecting === true) {
      return this.#drop(`no connection within ${this.#timeoutMs} ms (PYLON_READ_TIMEOUT_MS)`);
    }
    if (late && !this.#ring.empty) {
      return this.#drop(`Redis has been silent for ${this.#timeoutMs} ms (PYLON_READ_TIMEOUT_MS) with reads waiting`);
    }
    if (!this.#up) return;
    const nonce = randomBytes(8).toString('hex');
    const probe = new OwnRequest(1, (reply) => {
      if (reply !== `$16\r\n${nonce}\r\n`) this.#drop('PYLON_MISALIGNED: replies of Redis do not match the requests');
    });
    this.#send(probe, encodeCommand('ECHO', nonce));
  }

  #send(request: OwnRequest, bytes: Buffer): void {
    this.forward(request.segment, bytes, 0, bytes.length, request.replies);
  }

  #append(buffer: Buffer, start: number, end: number): void {
    const length = end - start;
    const wanted = this.#outBytes + length;
    if (wanted > this.#out.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(wanted, this.#out.length * 2));
      this.#out.copy(grown, 0, 0, this.#outBytes);
      this.#out = grown;
    }
    const out = this.#out;
    if (length < 28) for (let from = start, to = this.#outBytes; from < end; ) out[to++] = buffer[from++];
    else buffer.copy(out, this.#outBytes, start, end);
    this.#outBytes = wanted;
    if (wanted > limits.upstreamQueueBytesMax) this.#backlogged = true;
  }

  readonly #flush = (): void => {
    this.#flushScheduled = false;
    const socket = this.#socket;
    if (socket === null || this.#outBytes === 0 || !socket.writable || socket.connecting || socket.writableLength > 0) return;
    const bytes = this.#out.subarray(0, this.#outBytes);
    this.#outBytes = 0;
    socket.write(bytes, this.#written);
    const taken = socket.writableLength === 0;
    if (!taken || this.#out.length > limits.upstreamReadBytes * 4) {
      this.#out = Buffer.allocUnsafeSlow(limits.upstreamReadBytes);
    }
    if (this.#backlogged) {
      this.#backlogged = false;
      this.#events.drained();
    }
  };

  /** The kernel took what it was given: what came meanwhile goes now ('drain' is not emitted for small writes). */
  readonly #written = (): void => {
    if (this.#outBytes > 0 && !this.#flushScheduled) this.#flush();
  };

  #receive(buffer: Buffer, bytes: number): void {
    this.#progressMs = Date.now();
    this.#handedOn = buffer;
    const scanner = this.#scanner;
    let at = 0;
    while (at < bytes) {
      if (this.#ring.empty) return this.#drop('PYLON_MISALIGNED: Redis sent a reply that nobody asked for');
      const segment = this.#ring.segment;
      const end = scanner.scan(buffer, at, bytes, this.#ring.count);
      if (scanner.bad) return this.#drop('PYLON_MISALIGNED: Redis sent bytes that are no RESP reply');
      const completed = scanner.done;
      this.#ring.shift(completed);
      segment.order.deliver(segment, buffer, at, end, completed, this);
      at = end;
    }
    this.#events.delivered();
  }

  #drop(reason: string): void {
    const socket = this.#socket;
    if (socket === null) return;
    socket.removeAllListeners('close');
    socket.destroy();
    this.#lose(reason);
  }

  #lose(reason: string): void {
    this.#socket = null;
    this.#up = false;
    this.#outBytes = 0;
    this.#backlogged = false;
    const { host, port } = this.#endpoint;
    const error = encodeError(`PYLON_READ the connection to the rack's Redis at ${host}:${port} was lost: ${reason}; try again`);
    let midReply = !this.#scanner.idle;
    while (!this.#ring.empty) {
      const { segment, count } = this.#ring;
      this.#ring.shift(count);
      segment.order.fail(segment, count, error, midReply);
      midReply = false;
    }
    this.#events.delivered();
    this.#events.drained();
    if (this.#closed) return;
    if (reason !== this.#toldReason) this.#events.state(false, reason);
    this.#toldReason = reason;
    const delayMs = this.#reconnectMs * (0.5 + Math.random() / 2);
    this.#reconnectMs = Math.min(this.#reconnectMs * 2, reconnectMsMax);
    this.#reconnectTimer = setTimeout(() => this.#connect(), delayMs);
  }
}

/** The first line of a reply. A Redis that does not know a command repeats its arguments, and AUTH's are secret. */
function told(reply: string): string {
  return reply.split('\r\n', 1)[0].replace(/, with args beginning with: .*/, '').slice(0, 200);
}

const ownSource: ReplySource = Object.freeze({ name: 'upstream itself' });

/** Nobody waits for the answer to a request of our own when its connection is gone. */
class OwnOrder extends ReplyOrder {
  override fail(): void {}
}

/** A request of Pylon's own on the shared connection: collects the bytes of its replies. */
class OwnRequest implements ReplySink {
  readonly segment: Segment;
  readonly replies: number;
  readonly #done: (reply: string) => void;
  #text = '';

  constructor(replies: number, done: (reply: string) => void) {
    this.segment = new OwnOrder(this).open(ownSource);
    this.replies = replies;
    this.#done = done;
  }

  emit(buffer: Buffer, start: number, end: number): void {
    this.#text += buffer.toString('latin1', start, end);
    if (this.segment.awaited === 0) this.#done(this.#text);
  }
}
