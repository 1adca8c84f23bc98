/**
 * A connection to the backing Redis for a few single requests: what is said before a connection serves the data path.
 * Replies come back one by one as promises. Not for the data path itself.
 */

import type { Buffer } from 'node:buffer';
import { PylonError } from '../../shared/errors.js';
import type { RedisEndpoint } from '../../shared/messages.js';
import { encodeCommand } from '../../shared/resp/encode.js';
import { ReplyReader, replyTypes, type ReplyHandler } from './reply-reader.js';

export type DialogueReply =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'error'; readonly text: string }
  | { readonly type: 'nil' }
  /** An array that is not nil; `text` is its elements as they came. */
  | { readonly type: 'array'; readonly text: string };

export class RedisDialogue implements ReplyHandler {
  readonly #reader = new ReplyReader(this);
  readonly #send: (bytes: Uint8Array) => void;
  readonly #waiting: ((reply: DialogueReply) => void)[] = [];
  #elements = '';

  /** @param send writes to the socket */
  constructor(send: (bytes: Uint8Array) => void) {
    this.#send = send;
  }

  request(...args: readonly string[]): Promise<DialogueReply> {
    this.#send(encodeCommand(...args));
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /**
   * Sends a request that must be answered by a text.
   * @throws PylonError PYLON_REDIS with Redis's own words
   */
  async expectText(...args: readonly string[]): Promise<string> {
    const reply = await this.request(...args);
    if (reply.type === 'text') return reply.text;
    throw new PylonError('PYLON_REDIS', reply.type === 'error' ? reply.text : `no answer to ${args[0]}`);
  }

  /** @throws PylonError PYLON_MISALIGNED */
  receive(chunk: Buffer): void {
    this.#reader.push(chunk);
  }

  queuedExpected(): number {
    return 0;
  }

  queued(): void {}

  line(type: number, text: string): void {
    this.#answer({ type: type === replyTypes.error ? 'error' : 'text', text });
  }

  bulk(value: Buffer | undefined): void {
    this.#answer(value === undefined ? { type: 'nil' } : { type: 'text', text: value.toString('latin1') });
  }

  arrayStart(count: number): void {
    this.#elements = '';
    if (count < 0) this.#answer({ type: 'nil' });
  }

  arrayCut(): number {
    return -1;
  }

  arrayBytes(chunk: Buffer, start: number, end: number): void {
    this.#elements += chunk.toString('latin1', start, end);
  }

  arrayError(): void {}

  arrayEnd(): void {
    this.#answer({ type: 'array', text: this.#elements });
  }

  #answer(reply: DialogueReply): void {
    const resolve = this.#waiting.shift();
    if (resolve === undefined) throw new PylonError('PYLON_MISALIGNED', 'Redis answered what was not asked');
    resolve(reply);
  }
}

/**
 * AUTH, SELECT and a name that CLIENT LIST shows.
 * @throws PylonError PYLON_REDIS
 */
export async function introduce(dialogue: RedisDialogue, endpoint: RedisEndpoint, name: string): Promise<void> {
  if (endpoint.password !== undefined) {
    const user = endpoint.username === undefined ? [] : [endpoint.username];
    const reply = await dialogue.request('AUTH', ...user, endpoint.password);
    // Its words stay here: a Redis that does not know AUTH repeats the arguments, and with them the password.
    if (reply.type !== 'text') throw new PylonError('PYLON_REDIS', 'AUTH was refused (PYLON_REDIS)');
  }
  if (endpoint.database !== 0) await dialogue.expectText('SELECT', String(endpoint.database));
  await dialogue.request('CLIENT', 'SETNAME', name); // not every Redis knows it, and nothing depends on it
}
