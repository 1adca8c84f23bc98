/**
 * A small Redis client for tests that want to see and send exact bytes: raw writes, fragments, pipelines, replies as
 * typed values and as the bytes they came in, a deadline on every wait, and a reader that can be held back.
 *
 * RESP2 and the RESP3 types that a Redis may answer with, by a reader of its own: Pylon's is what is tested. It never
 * reconnects: a lost connection is a result.
 */

import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { encodeCommandArray } from '../../src/shared/resp/encode.js';
import { within } from './eventually.js';

export type Argument = string | number | Uint8Array;

/** A reply by its RESP type. */
export type Reply =
  | { readonly type: 'status'; readonly value: string }
  | { readonly type: 'error'; readonly value: string }
  | { readonly type: 'integer'; readonly value: number }
  | { readonly type: 'bulk'; readonly value: Buffer | null }
  | { readonly type: 'array'; readonly value: Reply[] | null }
  /** RESP3: the rest of its types, by their first byte. */
  | { readonly type: 'other'; readonly mark: string; readonly value: string | Reply[] };

/** What came back for one command: a reply, or the connection ended before it. */
export type Outcome = Reply | 'lost';

interface Waiting {
  readonly settle: (outcome: Outcome) => void;
}

export interface ConnectOptions {
  readonly host?: string;
  readonly port: number;
  /** How long to wait for the connection, and for a reply where nothing else is said. */
  readonly deadlineMs?: number;
  /** Keeps all bytes received, for `received()`. */
  readonly keepBytes?: boolean;
  /** Lets the other side end its half and keeps ours open. */
  readonly allowHalfOpen?: boolean;
}

/** Encodes one command as an array of bulk strings. */
export function encodeCommand(args: readonly Argument[]): Buffer {
  return encodeCommandArray(args.map((arg) => (arg instanceof Uint8Array ? Buffer.from(arg) : String(arg))));
}

/** Encodes many commands of text: one string, much quicker than one buffer each. ASCII and UTF-8 alike. */
export function encodePipeline(commands: readonly (readonly (string | number)[])[]): Buffer {
  let text = '';
  for (const command of commands) {
    text += `*${command.length}\r\n`;
    for (const arg of command) text += `$${Buffer.byteLength(String(arg))}\r\n${arg}\r\n`;
  }
  return Buffer.from(text);
}

/** The human form of a reply, for messages and comparisons: like redis-cli's, without decoration. */
export function showReply(outcome: Outcome): string {
  if (outcome === 'lost') return '(connection lost)';
  if (outcome.value === null) return '(nil)';
  if (outcome.type === 'error') return `(error) ${outcome.value}`;
  if (Array.isArray(outcome.value)) return `[${outcome.value.map(showReply).join(', ')}]`;
  return String(outcome.value);
}

export class RespClient {
  readonly socket: Socket;
  /** Settles when the connection has ended, for whatever reason. */
  readonly closed: Promise<void>;
  readonly #deadlineMs: number;
  readonly #waiting = new Fifo<Waiting>();
  /** Replies that came before anybody asked for them. */
  readonly #early = new Fifo<Reply>();
  readonly #kept: Buffer[] | undefined;
  #unread: Buffer = Buffer.alloc(0);
  #ended = false;
  /** Set when the bytes received are not RESP. */
  #fault: Error | undefined;

  private constructor(socket: Socket, options: ConnectOptions) {
    this.socket = socket;
    this.#deadlineMs = options.deadlineMs ?? 10_000;
    this.#kept = options.keepBytes === true ? [] : undefined;
    socket.setNoDelay(true);
    socket.on('error', () => {}); // told by 'close'
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
    socket.on('end', () => this.#lose());
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#lose();
        resolve();
      });
    });
  }

  /** @throws Error when nobody listens, or not within the deadline */
  static async connect(options: ConnectOptions): Promise<RespClient> {
    const { host = '127.0.0.1', port, allowHalfOpen = false } = options;
    const socket = connect({ host, port, allowHalfOpen });
    try {
      await within(options.deadlineMs ?? 10_000, once(socket, 'connect'), `connection to ${host}:${port}`);
    } catch (error) {
      socket.destroy();
      throw error;
    }
    return new RespClient(socket, options);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** One command and its reply. @throws Error when the connection ends or the deadline passes first */
  async command(...args: Argument[]): Promise<Reply> {
    const reply = this.#next();
    this.socket.write(encodeCommand(args));
    return this.#must(await within(this.#deadlineMs, reply, `reply to ${String(args[0])}`));
  }

  /** Like `command`, as text. @throws Error also for an error reply */
  async text(...args: Argument[]): Promise<string> {
    const reply = await this.command(...args);
    if (reply.type === 'error') throw new Error(`${String(args[0])}: ${reply.value}`);
    return showReply(reply);
  }

  /** All commands in one write. @throws Error like `command` */
  async pipeline(commands: readonly (readonly Argument[])[]): Promise<Reply[]> {
    const outcomes = await this.exchange(Buffer.concat(commands.map(encodeCommand)), commands.length);
    return outcomes.map((outcome) => this.#must(outcome));
  }

  /**
   * Sends bytes that ask for `count` replies and waits for all of them. When the connection ends, or the deadline
   * passes (which ends the connection: replies could no longer be told apart), the rest is 'lost'.
   */
  async exchange(bytes: Uint8Array, count: number, deadlineMs = this.#deadlineMs): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.destroy(), deadlineMs);
      const settle = (outcome: Outcome): void => {
        outcomes.push(outcome);
        if (outcomes.length < count) return;
        clearTimeout(timer);
        resolve(outcomes);
      };
      for (let reply = 0; reply < count; reply++) this.#expect({ settle });
      if (!this.#ended) this.socket.write(bytes);
    });
  }

  /** Sends bytes as they are. */
  send(bytes: Uint8Array | string): void {
    this.socket.write(bytes);
  }

  /** The next reply to what was sent raw. */
  async receive(deadlineMs = this.#deadlineMs): Promise<Outcome> {
    return within(deadlineMs, this.#next(), 'reply');
  }

  /** All bytes received so far (with `keepBytes`). */
  received(): Buffer {
    return Buffer.concat(this.#kept ?? []);
  }

  /** Stops reading: what the other side sends stays in the network's buffers. */
  holdReading(): void {
    this.socket.pause();
  }

  resumeReading(): void {
    this.socket.resume();
  }

  /** Ends our half of the connection: nothing more will be sent. */
  endSending(): void {
    this.socket.end();
  }

  /** Ends the connection at once. */
  destroy(): void {
    this.socket.destroy();
    this.#lose();
  }

  #next(): Promise<Outcome> {
    return new Promise((settle) => this.#expect({ settle }));
  }

  #expect(waiting: Waiting): void {
    const early = this.#early.shift();
    if (early !== undefined) waiting.settle(early);
    else if (this.#ended) waiting.settle('lost');
    else this.#waiting.push(waiting);
  }

  #must(outcome: Outcome): Reply {
    if (outcome === 'lost') throw this.#fault ?? new Error('the connection ended before the reply');
    return outcome;
  }

  #read(bytes: Buffer): void {
    this.#kept?.push(bytes);
    this.#unread = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes]);
    const reader = new ReplyReader(this.#unread);
    try {
      for (;;) {
        const start = reader.at;
        const reply = reader.read();
        if (reply === undefined) {
          this.#unread = this.#unread.subarray(start);
          return;
        }
        const waiting = this.#waiting.shift();
        if (waiting === undefined) this.#early.push(reply);
        else waiting.settle(reply);
      }
    } catch (error) {
      this.#fault = error as Error;
      this.destroy();
    }
  }

  #lose(): void {
    this.#ended = true;
    for (let waiting = this.#waiting.shift(); waiting !== undefined; waiting = this.#waiting.shift())
      waiting.settle('lost');
  }
}

/** First in, first out; an array's own `shift` moves all that is behind, which long pipelines feel. */
class Fifo<T> {
  #items: T[] = [];
  #first = 0;

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    const item = this.#items[this.#first];
    if (item !== undefined && ++this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return item;
  }
}

/** Reads replies from bytes; `undefined` means that more bytes are needed (read again from the reply's start). */
class ReplyReader {
  readonly #bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  read(): Reply | undefined {
    const line = this.#line();
    if (line === undefined) return undefined;
    const mark = line[0];
    const rest = line.slice(1);
    switch (mark) {
      case '+':
        return { type: 'status', value: rest };
      case '-':
        return { type: 'error', value: rest };
      case ':':
        return { type: 'integer', value: Number(rest) };
      case '$':
      case '=':
        return this.#bulk(Number(rest));
      case '*':
        return this.#array(Number(rest));
      case '_':
        return { type: 'bulk', value: null };
      case ',':
      case '#':
      case '(':
        return { type: 'other', mark, value: rest };
      case '%':
      case '~':
      case '>':
        return this.#aggregate(mark, Number(rest) * (mark === '%' ? 2 : 1));
      default:
        throw new Error(`not a RESP reply: ${JSON.stringify(line.slice(0, 80))}`);
    }
  }

  #line(): string | undefined {
    const end = this.#bytes.indexOf('\r\n', this.at);
    if (end === -1) return undefined;
    const line = this.#bytes.toString('utf8', this.at, end);
    this.at = end + 2;
    return line;
  }

  #bulk(length: number): Reply | undefined {
    if (length === -1) return { type: 'bulk', value: null };
    if (this.at + length + 2 > this.#bytes.length) return undefined;
    const value = this.#bytes.subarray(this.at, this.at + length);
    this.at += length + 2;
    return { type: 'bulk', value };
  }

  #array(count: number): Reply | undefined {
    if (count === -1) return { type: 'array', value: null };
    const value = this.#replies(count);
    return value && { type: 'array', value };
  }

  #aggregate(mark: string, count: number): Reply | undefined {
    const value = this.#replies(count);
    return value && { type: 'other', mark, value };
  }

  #replies(count: number): Reply[] | undefined {
    const replies: Reply[] = [];
    while (replies.length < count) {
      const reply = this.read();
      if (reply === undefined) return undefined;
      replies.push(reply);
    }
    return replies;
  }
}
