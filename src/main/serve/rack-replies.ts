/**
 * Carries replies from the Pylon of a rack that leads to those that do not: the leader applies everybody's writes, and
 * so it alone sees what Redis answers. What is owed to this process's own clients goes straight to its gateway; the rest
 * is published on the rack's Redis, which every Pylon of the rack is connected to anyway.
 *
 * A message that gets lost (the connection broke, Redis cut the subscriber off) costs a client its reply, never its
 * write: the gateway then says so after PYLON_REPLY_TIMEOUT_MS. Replies too large to be carried are told at once.
 *
 * Channels are open to all who may speak to that Redis, and to other databases of it: what cannot be read is told to the
 * operator and dropped. How messages look is carried-replies.ts.
 */

import { Redis } from 'ioredis';
import type { ErrorReport } from '../../shared/errors.js';
import { limits } from '../../shared/limits.js';
import type { OwedReplies, RedisEndpoint } from '../../shared/messages.js';
import type { Position } from '../../shared/position.js';
import { RepeatGate } from '../../shared/repeat-gate.js';
import { decodeLost, decodeReplies, encodeLost, encodeReplies, splitReplies, withoutBytes } from './carried-replies.js';
import { controlPlaneOptions } from './control-plane-redis.js';

export interface RackRepliesEvents {
  /** Whether a life of a producer was of this process. Another may bear the same name. */
  owns(incarnation: string): boolean;
  /** Replies to writes of this process. */
  replies(replies: OwedReplies): void;
  /** Replies to what stands before this position will not come any more. */
  lost(before: Position): void;
  trouble(error: ErrorReport): void;
}

export interface Publisher {
  call(...args: (string | Buffer)[]): Promise<unknown>;
}

/** A Pylon and where it stands. */
export interface Member {
  readonly world: string;
  readonly rack: string;
  readonly pylon: string;
}

/** Between attempts to subscribe, or to tell what is lost, when Redis refused or is away. */
const againMs = 500;

export class RackReplies {
  readonly #pylon: string;
  readonly #channels: { readonly repliesTo: (pylon: string) => string; readonly lost: string };
  readonly #publisher: Publisher;
  readonly #events: RackRepliesEvents;
  readonly #subscriber: Redis;
  /** Published and not answered by Redis. */
  #carriedBytes = 0;
  /** What is lost, while Redis has not been told. */
  #untold: Position | undefined;
  readonly #troubles = new RepeatGate();
  readonly #timers = new Set<NodeJS.Timeout>();
  #closed = false;

  constructor({ world, rack, pylon }: Member, endpoint: RedisEndpoint, publisher: Publisher, events: RackRepliesEvents) {
    this.#pylon = pylon;
    // Channels know no databases, so two racks may meet in one Redis.
    const prefix = `${limits.reservedKeyPrefix}${world}:${rack}:`;
    this.#channels = { repliesTo: (id) => `${prefix}replies:${id}`, lost: `${prefix}lost` };
    this.#publisher = publisher;
    this.#events = events;
    this.#subscriber = new Redis(controlPlaneOptions(endpoint, `pylon-replies-${pylon}`));
    this.#subscriber.on('error', () => {}); // told by the upstream connection, which needs the same Redis
    this.#subscriber.on('messageBuffer', (channel: Buffer, message: Buffer) => this.#receive(channel.toString(), message));
    this.#subscribe();
  }

  /** Replies from this process's applier. */
  applied(replies: OwedReplies): void {
    if (this.#events.owns(replies.incarnation)) return this.#events.replies(replies);
    for (const part of splitReplies(replies)) {
      // Redis cuts a subscriber off whose buffer grows too large (client-output-buffer-limit pubsub).
      const fits = this.#carriedBytes + part.bytes.length <= limits.carriedReplyBytesMax;
      const message = encodeReplies(fits ? part : withoutBytes(part));
      this.#carriedBytes += message.length;
      const done = (): number => (this.#carriedBytes -= message.length);
      this.#publish(this.#channels.repliesTo(replies.pylon), message).then(done, done); // lost: see above
    }
  }

  /** What this process's applier cannot tell any more. */
  lost(before: Position): void {
    this.#events.lost(before);
    this.#untold = before;
    this.#tellLost();
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#subscriber.disconnect();
  }

  /** Kept through reconnections by ioredis, once Redis has agreed. */
  #subscribe(): void {
    this.#subscriber.subscribe(this.#channels.repliesTo(this.#pylon), this.#channels.lost).catch((error: Error) => {
      if (this.#closed) return;
      this.#trouble(`replies to writes cannot be received: SUBSCRIBE is refused: ${error.message}`);
      this.#again(() => this.#subscribe());
    });
  }

  /** Until Redis has it: a takeover often comes with a Redis that was away for a moment. */
  #tellLost(): void {
    const before = this.#untold;
    if (before === undefined) return;
    this.#publish(this.#channels.lost, encodeLost(before)).then(
      () => {
        if (this.#untold === before) this.#untold = undefined;
      },
      () => {
        if (this.#untold === before) this.#again(() => this.#tellLost());
      },
    );
  }

  async #publish(channel: string, message: Buffer): Promise<void> {
    try {
      await this.#publisher.call('PUBLISH', channel, message);
    } catch (error) {
      if (!this.#closed) this.#trouble(`replies to writes could not be published: ${(error as Error).message}`);
      throw error;
    }
  }

  #receive(channel: string, message: Buffer): void {
    if (channel === this.#channels.lost) {
      const before = this.#read(channel, () => decodeLost(message));
      if (before !== undefined) this.#events.lost(before);
      return;
    }
    const replies = this.#read(channel, () => decodeReplies(this.#pylon, message));
    // Those of another process with our name are not ours.
    if (replies !== undefined && this.#events.owns(replies.incarnation)) this.#events.replies(replies);
  }

  #read<T>(channel: string, decode: () => T): T | undefined {
    try {
      return decode();
    } catch (error) {
      this.#trouble(`a message on ${channel} is not from a Pylon of this version: ${(error as Error).message}`);
      return undefined;
    }
  }

  #again(work: () => void): void {
    if (this.#closed) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, againMs);
    this.#timers.add(timer);
  }

  #trouble(message: string): void {
    if (this.#troubles.passes(message, performance.now())) this.#events.trouble({ code: 'PYLON_REDIS', message });
  }
}
