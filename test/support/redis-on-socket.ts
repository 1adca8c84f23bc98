/**
 * One redis-server for a test: a process of its own on a unix socket in a folder of its own, gone when the test is.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { decodeReply, type RespValue } from '../../src/shared/resp/decode.js';
import { encodeCommandArray } from '../../src/shared/resp/encode.js';

const START_DEADLINE_MS = 10_000;

export class RedisProcess {
  readonly socketPath: string;
  readonly #folder: string;
  readonly #child: ChildProcess;

  private constructor(folder: string, socketPath: string, child: ChildProcess) {
    this.#folder = folder;
    this.socketPath = socketPath;
    this.#child = child;
  }

  /** Starts the system's redis-server, or that of PYLON_TEST_REDIS_SERVER; resolves when it answers. */
  static async start(...args: string[]): Promise<RedisProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'pylon-redis-'));
    const socketPath = join(folder, 'redis.sock');
    const child = spawn(
      process.env['PYLON_TEST_REDIS_SERVER'] ?? 'redis-server',
      ['--port', '0', '--unixsocket', socketPath, '--save', '', '--dir', folder, '--enable-debug-command', 'yes',
        ...args],
      { stdio: 'ignore' },
    );
    let failure: Error | null = null;
    child.once('error', (error) => { failure = error; });
    child.once('exit', (code) => { failure ??= new Error(`redis-server ended with ${code}`); });
    const redis = new RedisProcess(folder, socketPath, child);
    const deadline = Date.now() + START_DEADLINE_MS;
    for (;;) {
      if (failure !== null) throw failure;
      try {
        const connection = await redis.connect();
        await connection.call('PING');
        connection.close();
        return redis;
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await delay(10);
      }
    }
  }

  async connect(): Promise<RedisConnection> {
    const socket = connect(this.socketPath);
    await once(socket, 'connect');
    return new RedisConnection(socket);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, 'exit');
      this.#child.kill('SIGKILL');
      await exited;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** A connection that sends frames and decodes their replies, in order. */
export class RedisConnection {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #ended = false;
  #wake: (() => void) | null = null;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake?.();
    });
    const ended = (): void => {
      this.#ended = true;
      this.#wake?.();
    };
    socket.on('close', ended);
    socket.on('error', ended);
  }

  /** Sends frames as they are; resolves with `replies` decoded replies. */
  async send(bytes: Buffer, replies: number): Promise<RespValue[]> {
    this.#socket.write(bytes);
    const values: RespValue[] = [];
    let at = 0;
    while (values.length < replies) {
      const next = decodeReply(this.#received, at);
      if (next !== null) {
        values.push(next.value);
        at = next.end;
      } else {
        if (this.#ended) throw new Error('connection closed');
        await new Promise<void>((resolve) => { this.#wake = resolve; });
      }
    }
    this.#received = this.#received.subarray(at);
    return values;
  }

  async call(...args: Array<string | Buffer>): Promise<RespValue> {
    return (await this.send(encodeCommandArray(args), 1))[0];
  }

  /** Sends bytes, says that no more will come, and resolves with all that comes back until the peer closes. */
  async exchange(bytes: Buffer): Promise<Buffer> {
    this.#socket.end(bytes);
    while (!this.#ended) await new Promise<void>((resolve) => { this.#wake = resolve; });
    return this.#received;
  }

  close(): void {
    this.#socket.destroy();
  }
}
