/**
 * A rack's Redis as a test wants it: the system's redis-server with an append-only file in a folder of its own, that can
 * be killed, restarted on the same port and data, paused, and asked for its digest.
 *
 * The demo world starts its Redis with src/main/embedded; this one is apart because it must be breakable.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { Child } from './child.js';
import { eventually } from './eventually.js';
import { RespClient } from './resp-client.js';

/** Arguments in the form of redis.conf: name and value. */
export type RedisSettings = Readonly<Record<string, string>>;

export class RedisProcess {
  readonly port: number;
  readonly folder: string;
  readonly #settings: RedisSettings;
  #child: Child | undefined;

  private constructor(port: number, folder: string, settings: RedisSettings) {
    this.port = port;
    this.folder = folder;
    this.#settings = settings;
  }

  /** Starts an empty Redis on a free port and waits until it answers. */
  static async start(settings: RedisSettings = {}): Promise<RedisProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'pylon-test-redis-'));
    const redis = new RedisProcess(await freePort(), folder, settings);
    await redis.restart();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#child?.pid ?? -1;
  }

  /**
   * Starts the process, on the data that is there.
   * @param waitUntil `listening`: it may still be loading its data
   */
  async restart(settings: RedisSettings = {}, waitUntil: 'answering' | 'listening' = 'answering'): Promise<void> {
    const all: RedisSettings = {
      port: String(this.port),
      bind: '127.0.0.1',
      dir: this.folder,
      appendonly: 'yes',
      appendfsync: 'everysec',
      save: '',
      'enable-debug-command': 'yes',
      ...this.#settings,
      ...settings,
    };
    const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]);
    const child = new Child('redis-server', args);
    child.write(undefined);
    this.#child = child;
    const look = async (): Promise<string> => {
      if (child.exit !== undefined) return 'ended';
      const client = await this.connect();
      try {
        const reply = await client.command('PING');
        return reply.type === 'error' && reply.value.startsWith('LOADING') ? 'listening' : 'answering';
      } finally {
        client.destroy();
      }
    };
    const state = await eventually(
      `Redis on port ${this.port} to be ${waitUntil}`,
      look,
      (seen) => seen === 'ended' || seen === 'answering' || seen === waitUntil,
    );
    if (state === 'ended') throw new Error(`redis-server ended${child.output()}`);
  }

  /** A connection past Pylon. */
  connect(deadlineMs = 20_000): Promise<RespClient> {
    return RespClient.connect({ port: this.port, deadlineMs });
  }

  /** Uses a connection for one piece of work. */
  async use<T>(work: (client: RespClient) => Promise<T>): Promise<T> {
    const client = await this.connect();
    try {
      return await work(client);
    } finally {
      client.destroy();
    }
  }

  pause(): void {
    this.#child?.signal('SIGSTOP');
  }

  resume(): void {
    this.#child?.signal('SIGCONT');
  }

  /** Ends the process without warning; the data stays. */
  async kill(): Promise<void> {
    await this.#child?.kill();
  }

  /** Ends the process, and removes the data. */
  async remove(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A port that nobody listened on a moment ago. Only for servers that cannot choose one themselves. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
