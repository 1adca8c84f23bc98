/**
 * The control connection to the rack's Redis (ioredis): one-off commands, and a look once a second at what INFO and the
 * fence say. The data paths (reads, apply) have raw connections of their own.
 */

import { Redis } from 'ioredis';
import { decodeFence, type FenceValue } from '../../shared/fence-value.js';
import type { RedisEndpoint } from '../../shared/messages.js';
import { fenceKey, reservedKeys } from '../../shared/reserved-keys.js';
import type { ControlConnection } from '../gateway/keyspace-reads.js';
import { controlPlaneOptions } from './control-plane-redis.js';

const pollIntervalMs = 1_000;
const commandTimeoutMs = 10_000;

export class Control implements ControlConnection {
  readonly #redis: Redis;
  /** Number of the database that holds the rack's data. */
  readonly database: number;
  readonly #timer: NodeJS.Timeout;
  #info = new Map<string, string>();
  #infoText = '';
  #fence: FenceValue | undefined;
  #reservedCount = 0;
  #polling = false;

  constructor(endpoint: RedisEndpoint, name: string) {
    this.database = endpoint.database;
    this.#redis = new Redis({
      ...controlPlaneOptions(endpoint, name),
      db: endpoint.database,
      commandTimeout: commandTimeoutMs,
      enableOfflineQueue: false,
    });
    this.#redis.on('error', () => {}); // told by the upstream connection, which needs the same Redis
    this.#redis.on('ready', () => void this.poll());
    this.#timer = setInterval(() => void this.poll(), pollIntervalMs);
  }

  call(...args: (string | Buffer)[]): Promise<unknown> {
    const [name, ...rest] = args;
    return this.#redis.callBuffer(name.toString(), ...rest);
  }

  /** A field of the backing Redis's INFO, as last seen. */
  info(field: string): string | undefined {
    return this.#info.get(field);
  }

  /** The whole INFO text, as last seen; empty before the first answer. */
  get infoText(): string {
    return this.#infoText;
  }

  /** The fence, as last seen; undefined before the first answer or when there is none. */
  get fence(): FenceValue | undefined {
    return this.#fence;
  }

  /** How many keys of Pylon's own there are, as last seen. */
  get reservedCount(): number {
    return this.#reservedCount;
  }

  /** Looks now. Never rejects: what cannot be had stays as it was. */
  async poll(): Promise<void> {
    if (this.#polling) return;
    this.#polling = true;
    try {
      const [info, fence, reserved] = await Promise.all([
        this.call('INFO'),
        this.call('GET', fenceKey),
        this.call('EXISTS', ...reservedKeys),
      ]);
      this.#reservedCount = Number(reserved);
      this.#infoText = String(info);
      this.#info = new Map(
        this.#infoText.split('\r\n').filter((line) => line.includes(':')).map((line) => {
          const colon = line.indexOf(':');
          return [line.slice(0, colon), line.slice(colon + 1)];
        }),
      );
      this.#fence = fence === null ? undefined : decodeFence(String(fence));
    } catch {
      // Redis is away, or the fence is none: both are told by those whose work it stops.
    } finally {
      this.#polling = false;
    }
  }

  close(): void {
    clearInterval(this.#timer);
    this.#redis.disconnect();
  }
}
