/**
 * A rack's Redis as a test wants it: the embedded one (src/main/embedded), in a folder that is removed at the end, and
 * breakable: killed, restarted on the same port and data with other settings, paused, asked for its digest.
 */

import { mkdtemp, readdir, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../src/main/embedded/ports.js';
import { startRedis, type EmbeddedRedis } from '../../src/main/embedded/redis.js';
import { RespClient } from './resp-client.js';

/** Arguments in the form of redis.conf: name and value. */
export type RedisSettings = Readonly<Record<string, string>>;

export class RackRedis {
  readonly folder: string;
  readonly port: number;
  readonly #settings: RedisSettings;
  readonly #database: number;
  #redis: EmbeddedRedis;

  private constructor(folder: string, settings: RedisSettings, database: number, redis: EmbeddedRedis) {
    this.folder = folder;
    this.port = redis.port;
    this.#settings = settings;
    this.#database = database;
    this.#redis = redis;
  }

  /** Starts an empty Redis on a free port and waits until it answers. @param database where its rack's data lives */
  static async start(settings: RedisSettings = {}, database = 0): Promise<RackRedis> {
    const folder = await mkdtemp(join(tmpdir(), 'pylon-test-redis-'));
    const redis = await startRedis({ dataDir: folder, args: toArguments(settings) });
    return new RackRedis(folder, settings, database, redis);
  }

  /** As PYLON_REDIS has it. */
  get url(): string {
    const user = this.#password === undefined ? '' : `:${encodeURIComponent(this.#password)}@`;
    return `redis://${user}127.0.0.1:${this.port}/${this.#database}`;
  }

  get #password(): string | undefined {
    return this.#settings['requirepass'];
  }

  /** Starts the process on the data that is there, and waits until that is loaded. */
  async restart(settings: RedisSettings = {}): Promise<void> {
    await this.kill();
    const args = toArguments({ ...this.#settings, ...settings });
    this.#redis = await startRedis({ dataDir: this.folder, port: this.port, args });
  }

  /** A connection past Pylon, to the rack's database. */
  async connect(deadlineMs = 20_000): Promise<RespClient> {
    const client = await RespClient.connect({ port: this.port, deadlineMs });
    if (this.#password !== undefined) await client.text('AUTH', this.#password);
    if (this.#database !== 0) await client.text('SELECT', this.#database);
    return client;
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

  /** Stops the process where it stands (SIGSTOP), until `resume`. */
  pause(): Promise<void> {
    return this.#redis.kill('SIGSTOP');
  }

  resume(): Promise<void> {
    return this.#redis.kill('SIGCONT');
  }

  /** Ends the process without warning; the data stays. */
  kill(): Promise<void> {
    return this.#redis.kill('SIGKILL');
  }

  /**
   * Takes the end off its append-only file, as a loss of power may: Redis is then missing its last writes, and the file
   * may end within a command or a transaction. To be called while it is not running.
   * @param bytesLeft from the size of the file (of what was appended since its last rewrite)
   */
  async loseTail(bytesLeft: (size: number) => number): Promise<void> {
    const folder = join(this.folder, 'appendonlydir');
    const appended = (await readdir(folder))
      .filter((name) => name.endsWith('.incr.aof'))
      .sort(byNumber)
      .at(-1) as string;
    const file = join(folder, appended);
    await truncate(file, bytesLeft((await stat(file)).size));
  }

  /** Ends the process, and removes the data. */
  async remove(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** appendonly.aof.<number>.incr.aof: the largest is the one being written. */
function byNumber(a: string, b: string): number {
  const numberOf = (name: string): number => Number(/\.(\d+)\.incr/.exec(name)?.[1]);
  return numberOf(a) - numberOf(b);
}

function toArguments(settings: RedisSettings): string[] {
  const all = { 'enable-debug-command': 'yes', ...settings };
  return Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]);
}

/** A port that nobody listened on a moment ago. Only for servers that cannot choose one themselves. */
export async function freePort(): Promise<number> {
  return (await freePorts(1))[0];
}
