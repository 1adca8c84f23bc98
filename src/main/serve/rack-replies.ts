/**
 * Carries replies from the Pylon of a rack that leads to those that do not: the leader applies everybody's writes, and
 * so it alone sees what Redis answers. What is owed to this process's own clients goes straight to its gateway; the rest
 * is published on the rack's Redis, which every Pylon of the rack is connected to anyway.
 *
 * A message that gets lost (the connection broke, a reply too large to publish) costs a client its reply, never its
 * write: the gateway then says so after PYLON_REPLY_TIMEOUT_MS.
 */

import { Redis } from 'ioredis';
import { Packr } from 'msgpackr';
import { limits } from '../../shared/limits.js';
import type { OwedReplies, RedisEndpoint } from '../../shared/messages.js';
import type { Position } from '../../shared/position.js';

export interface RackRepliesEvents {
  /** Replies to writes of this Pylon. */
  replies(replies: OwedReplies): void;
  /** Replies to what stands before this position will not come any more. */
  lost(before: Position): void;
}

export interface Publisher {
  call(...args: (string | Buffer)[]): Promise<unknown>;
}

/** Redis cuts a subscriber off whose buffer grows too large (client-output-buffer-limit pubsub). */
const publishBytesMax = 4 * 1024 * 1024;
const retryMsMax = 1_000;
const packr = new Packr({ useRecords: false, moreTypes: false });

export class RackReplies {
  readonly #pylon: string;
  readonly #channels: { readonly repliesTo: (pylon: string) => string; readonly lost: string };
  readonly #publisher: Publisher;
  readonly #events: RackRepliesEvents;
  readonly #subscriber: Redis;

  constructor(world: string, pylon: string, endpoint: RedisEndpoint, publisher: Publisher, events: RackRepliesEvents) {
    this.#pylon = pylon;
    const prefix = `${limits.reservedKeyPrefix}${world}:`;
    this.#channels = { repliesTo: (id) => `${prefix}replies:${id}`, lost: `${prefix}lost` };
    this.#publisher = publisher;
    this.#events = events;
    this.#subscriber = new Redis({
      host: endpoint.host,
      port: endpoint.port,
      ...(endpoint.username === undefined ? {} : { username: endpoint.username }),
      ...(endpoint.password === undefined ? {} : { password: endpoint.password }),
      connectionName: `pylon-replies-${pylon}`,
      enableReadyCheck: false,
      maxRetriesPerRequest: null,
      retryStrategy: (tries) => Math.min(50 * 2 ** Math.min(tries, 5), retryMsMax),
    });
    this.#subscriber.on('error', () => {}); // told by the upstream connection, which needs the same Redis
    this.#subscriber.on('messageBuffer', (channel: Buffer, message: Buffer) => this.#receive(channel.toString(), message));
    // Kept through reconnections by ioredis. Rejected only when the connection is closed for good.
    this.#subscriber.subscribe(this.#channels.repliesTo(pylon), this.#channels.lost).catch(() => {});
  }

  /** Replies from this process's applier. */
  applied(replies: OwedReplies): void {
    if (replies.pylon === this.#pylon) return this.#events.replies(replies);
    if (replies.bytes.length > publishBytesMax) return;
    this.#publish(this.#channels.repliesTo(replies.pylon), encode(replies));
  }

  /** What this process's applier cannot tell any more. */
  lost(before: Position): void {
    this.#events.lost(before);
    this.#publish(this.#channels.lost, packr.pack([before.offset, before.index]));
  }

  close(): void {
    this.#subscriber.disconnect();
  }

  #publish(channel: string, message: Buffer): void {
    this.#publisher.call('PUBLISH', channel, message).catch(() => {}); // lost: see above
  }

  #receive(channel: string, message: Buffer): void {
    if (channel === this.#channels.lost) {
      const [offset, index] = packr.unpack(message) as [number, number];
      this.#events.lost({ offset, index });
    } else {
      this.#events.replies(decode(this.#pylon, message));
    }
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer => Buffer.from(buffer, byteOffset, byteLength);

function encode({ incarnation, batches, frames, ends, bytes }: OwedReplies): Buffer {
  return packr.pack([incarnation, bytesOf(batches), bytesOf(frames), bytesOf(ends), bytesOf(bytes)]);
}

function decode(pylon: string, message: Buffer): OwedReplies {
  const [incarnation, ...parts] = packr.unpack(message) as [string, Buffer, Buffer, Buffer, Buffer];
  // Copied: numbers must lie at a multiple of their size.
  const [batches, frames, ends, bytes] = parts.map((part) => Uint8Array.from(part).buffer);
  return {
    pylon, incarnation,
    batches: new Float64Array(batches), frames: new Uint32Array(frames), ends: new Uint32Array(ends),
    bytes: new Uint8Array(bytes),
  };
}
