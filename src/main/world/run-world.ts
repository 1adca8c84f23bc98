/**
 * `npm start`: a whole world on one machine, to try Pylon out and to develop it. One Kafka, and for each rack one Redis
 * and one Pylon, each a process of its own, as they would be in production. A Kafka or Redis systems that are there
 * already are used instead of our own. Stays in the foreground with a status line;
 * Ctrl-C ends everything. Data stays in its folder for the next time.
 */

import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startKafka } from '../embedded/kafka.js';
import { startRedis } from '../embedded/redis.js';
import { lockFolder } from './lock-folder.js';
import { PylonInfo } from './pylon-info.js';
import { startPylon, type RunningPylon } from './pylon-child.js';
import { StatusLine } from './status-line.js';

export interface WorldOptions {
  readonly racks: number;
  /** Port of the first rack's Pylon; the others follow. */
  readonly port: number;
  readonly data: string;
  readonly fresh: boolean;
  /** Bootstrap servers of a Kafka that is there; undefined: one of our own. */
  readonly kafka?: string;
  /** URLs of Redis systems that are there, one for each rack; undefined: our own. */
  readonly redis?: readonly string[];
}

interface Rack {
  readonly name: string;
  /** Of its own Redis. */
  readonly redisUrl: string;
  readonly pylon: RunningPylon;
  readonly info: PylonInfo;
}

const leaderWaitMs = 30_000;
const places = ['east', 'west', 'north', 'south'];

export async function runWorld(options: WorldOptions): Promise<void> {
  const folder = resolve(options.data);
  const stopping = stopSignal();
  try {
    mkdirSync(folder, { recursive: true });
    const unlock = lockFolder(folder);
    try {
      await run(options, folder, stopping);
    } finally {
      unlock();
    }
  } catch (error) {
    process.stderr.write(`pylon world: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
  process.exit();
}

async function run(options: WorldOptions, folder: string, stopping: Promise<string>): Promise<void> {
  const { redis } = options;
  if (redis !== undefined && redis.length !== options.racks) {
    throw new Error(`--redis (PYLON_REDIS) names ${redis.length} Redis system(s), the world has ${options.racks} racks: name one for each`);
  }
  if (options.fresh) for (const part of ['kafka', 'racks']) rmSync(join(folder, part), { recursive: true, force: true });
  const started: { stop(): Promise<void> }[] = [];
  const begin = async <T extends { stop(): Promise<void> }>(what: string, start: Promise<T>): Promise<T> => {
    const beganMs = performance.now();
    const part = await start;
    started.push(part);
    say(`  ${what} (${((performance.now() - beganMs) / 1000).toFixed(1)} s)`);
    return part;
  };
  try {
    say('starting a world');
    const kafka = options.kafka ??
      (await begin('Kafka', startKafka({ dataDir: join(folder, 'kafka') }))).bootstrapServers;
    const racks: Rack[] = [];
    for (let index = 0; index < options.racks; index++) {
      const name = places[index] ?? `rack${index + 1}`;
      const dataDir = join(folder, 'racks', name);
      const redisUrl = options.redis?.[index] ??
        (await begin(`Redis of ${name}`, startRedis({ dataDir, args: ['--enable-debug-command', 'yes'] }))).url;
      const environment = rackEnvironment(name, options.port + index, kafka, redisUrl);
      const pylon = await begin(`Pylon of ${name}`, startPylon(name, environment, join(dataDir, 'pylon.log')));
      const info = new PylonInfo(pylon.port);
      racks.push({ name, redisUrl, pylon, info });
    }
    await Promise.race([stopping, ...racks.map(({ pylon }) => pylon.exited), Promise.all(racks.map(leads))]);
    introduce(racks);
    const status = new StatusLine(racks);
    const ended = await Promise.race([
      stopping,
      ...racks.map(async ({ name, pylon }) => {
        await pylon.exited;
        return `the Pylon of ${name} ended; see ${pylon.logFile}`;
      }),
    ]);
    status.stop();
    for (const { info } of racks) info.close();
    say(`\nstopping: ${ended}`);
    if (ended.startsWith('the Pylon')) process.exitCode = 1;
  } finally {
    // Pylons first, so that what they owe still finds its Kafka and Redis.
    for (const part of started.reverse()) await part.stop();
  }
  say('stopped');
}

/** Waits until the rack has its leader, so that what is written from the first moment on is seen everywhere at once. */
async function leads({ name, info, pylon }: Rack): Promise<void> {
  const deadline = Date.now() + leaderWaitMs;
  for (;;) {
    const state = (await info.read()).get('applier_state');
    if (state === 'applying') return;
    if (state === 'halted' || Date.now() > deadline) {
      throw new Error(`the Pylon of ${name} does not apply the log (${state}); see ${pylon.logFile}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function rackEnvironment(rack: string, port: number, kafka: string, redisUrl: string): Record<string, string> {
  return {
    PYLON_RACK: rack,
    PYLON_ID: `${rack}-1`,
    PYLON_PORT: String(port),
    PYLON_KAFKA: kafka,
    PYLON_REDIS: redisUrl,
    PYLON_DEV: '1',
    PYLON_KAFKA_REPLICATION: '1',
    // A rack that is added later is filled from the log, so a world for trying out keeps all of it.
    PYLON_RETENTION_MS: '-1',
    // Everything shares one machine here.
    PYLON_PARSE_WORKERS: process.env['PYLON_PARSE_WORKERS'] ?? '1',
  };
}

function introduce(racks: readonly Rack[]): void {
  const [first, second = first] = racks;
  say('');
  for (const { name, redisUrl, pylon } of racks) {
    const { host } = new URL(redisUrl); // without a password
    say(`  ${name.padEnd(6)} redis-cli -p ${pylon.port}    (its own Redis: ${host})`);
  }
  say('');
  say(`  try:  redis-cli -p ${first.pylon.port} SET greeting hello    then    redis-cli -p ${second.pylon.port} GET greeting`);
  say(`        redis-cli -p ${first.pylon.port} PYLON INFO`);
  say('');
  say(`ready ${racks.map(({ name, pylon }) => `${name}=127.0.0.1:${pylon.port}`).join(' ')}  (Ctrl-C ends it)`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Settles with the name of the first signal to stop. Ctrl-C twice does not hurry it: everything is stopped in order. */
function stopSignal(): Promise<string> {
  return new Promise((settle) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => settle(signal));
  });
}
