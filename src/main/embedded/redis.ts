// A Redis of our own: the system's redis-server on the loopback interface with an append-only file, for the demo world
// and for tests. A production rack has its own Redis.
//
// Every acknowledged write survives a kill of the process (it is in the file before the reply leaves), and all but the
// last second survives a loss of power (appendfsync everysec). A crash may tear the file within a transaction. Left to
// itself Redis would load such a file and keep the torn part in it; ours refuses it (aof-load-truncated no), and then
// redis-check-aof takes the whole transaction off.

import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { closeSync, mkdirSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { childError, killChild, startChild, type Child } from './child.js';
import { freePorts } from './ports.js';

const stopGraceMs = 10_000;
const portTries = 5;

export interface RedisOptions {
  /** Where it keeps its data and its log; made when it does not exist. */
  readonly dataDir: string;
  /** Port to listen on; chosen by the operating system when not given. */
  readonly port?: number;
  /** More arguments of redis-server, e.g. ['--maxmemory', '10mb']. */
  readonly args?: readonly string[];
  /** How long it may take to answer; loading a large file takes its time. */
  readonly startTimeoutMs?: number;
}

export interface EmbeddedRedis {
  readonly port: number;
  readonly url: string;
  readonly pid: number;
  readonly logFile: string;
  /** Ends it cleanly; with SIGKILL after a grace. */
  stop(): Promise<void>;
  /** Sends a signal, and waits for the end if the signal is one that ends it. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Starts it again, on the same port and data, once it has ended; stops it before when it runs. */
  restart(): Promise<void>;
}

/**
 * Starts a Redis and waits until it serves.
 * @throws Error with the end of its log when it does not come up
 */
export async function startRedis(options: RedisOptions): Promise<EmbeddedRedis> {
  mkdirSync(options.dataDir, { recursive: true });
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? ((await freePorts(1))[0] as number);
    try {
      return handle(options, port, await start(options, port));
    } catch (error) {
      const taken = error instanceof Error && /Address already in use/.test(error.message);
      if (!taken || options.port !== undefined || attempt === portTries) throw error;
    }
  }
}

function handle(options: RedisOptions, port: number, first: Child): EmbeddedRedis {
  let child = first;
  const stop = async (): Promise<void> => {
    await child.stop(stopGraceMs);
  };
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    get pid() {
      return child.pid;
    },
    logFile: child.logFile,
    stop,
    kill: (signal) => killChild(child, signal),
    async restart() {
      await stop();
      child = await start(options, port);
    },
  };
}

async function start(options: RedisOptions, port: number): Promise<Child> {
  try {
    return await startOnce(options, port);
  } catch (error) {
    if (!(error instanceof Error) || !isTorn.test(error.message)) throw error;
    await mendFile(options.dataDir);
    return await startOnce(options, port);
  }
}

/** Why it does not start: the end of its file, or of one before its last. */
const isTorn = /Unexpected end of file reading the append only file|the truncated file is not the last file/;

async function startOnce(options: RedisOptions, port: number): Promise<Child> {
  const child = await startChild({
    name: 'Redis',
    command: 'redis-server',
    // Last, since ready() reads the log: the level.
    args: [...baseArgs(options.dataDir, port), ...(options.args ?? []), '--loglevel', 'notice'],
    logFile: logFile(options.dataDir),
  });
  try {
    await ready(child, port, options.startTimeoutMs ?? 30_000);
  } catch (error) {
    await child.stop(0);
    throw error;
  }
  return child;
}

/**
 * Cuts the torn end off the append-only file; what is cut is told in Redis's log.
 * @throws Error when redis-check-aof cannot
 */
async function mendFile(dataDir: string): Promise<void> {
  const folder = join(dataDir, fileFolder);
  const manifest = readdirSync(folder).find((name) => name.endsWith('.manifest'));
  if (manifest === undefined) throw new Error(`${folder} holds no manifest of an append-only file`);
  const log = openSync(logFile(dataDir), 'a');
  try {
    const tool = spawn('redis-check-aof', ['--fix', join(folder, manifest)], { stdio: ['pipe', log, log] });
    tool.stdin?.on('error', () => {}); // it asks only when there is something to cut
    tool.stdin?.end('y\ny\n');
    const code = await new Promise<number | null>((resolve, reject) => {
      tool.once('error', reject);
      tool.once('exit', resolve);
    });
    if (code !== 0) throw new Error(`redis-check-aof could not mend ${folder}; see ${logFile(dataDir)}`);
  } finally {
    closeSync(log);
  }
}

const fileFolder = 'appendonlydir'; // its default since Redis 7.0

const logFile = (dataDir: string): string => join(dataDir, 'redis.log');

function baseArgs(dataDir: string, port: number): string[] {
  return [
    ...['--bind', '127.0.0.1', '--port', String(port), '--protected-mode', 'yes', '--daemonize', 'no'],
    ...['--dir', dataDir, '--appendonly', 'yes', '--appendfsync', 'everysec', '--save', ''],
    ...['--aof-load-truncated', 'no'],
    ...['--logfile', '', '--always-show-logo', 'no'],
  ];
}

/** Waits until it answers PING with anything but -LOADING: with a password set, -NOAUTH is an answer as well. */
async function ready(child: Child, port: number, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const reply = await Promise.race([ping(port), child.exited.then(() => undefined)]);
    if (child.exit !== undefined) throw childError(child, 'did not start');
    // Another server that took the port would answer too, while ours is about to end: its log tells whose answer it is.
    const answers = reply !== undefined && !reply.startsWith('-LOADING');
    if (answers && child.tail().includes('Ready to accept connections')) return;
    if (performance.now() > deadline) throw childError(child, `did not answer within ${timeoutMs} ms`);
    await pause(10);
  }
}

function ping(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const end = (reply: string | undefined): void => {
      socket.destroy();
      resolve(reply);
    };
    socket.setTimeout(1_000, () => end(undefined));
    socket.once('error', () => end(undefined));
    socket.once('close', () => end(undefined));
    socket.once('data', (data) => end(data.toString('latin1')));
    socket.write('PING\r\n');
  });
}
