/**
 * Every environment variable of `pylon serve`: name, meaning, form and default, as data. The README's table, `pylon
 * options` and the checks at start are made from it. An empty value counts as not set.
 */

import { cpus } from 'node:os';
import { z } from 'zod';
import type { RedisEndpoint } from '../../shared/messages.js';

const KIB = 1024;
const MIB = 1024 * KIB;
/** Kafka takes no request above socket.request.max.bytes (100 MiB unless set): it would close the connection, time after time. */
const commandBytesCeiling = 64 * MIB;
const DAY_MS = 86_400_000;

/** Whole number within bounds, written plainly (no 1e3, no 0x10). */
function integer(min: number, max: number): z.ZodType<number> {
  return z
    .string()
    .regex(/^-?\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`));
}

/** Names become part of topic and consumer group names, so Kafka's alphabet holds (without the dot, our separator). */
function name(what: string): z.ZodType<string> {
  return z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, `${what}: 1 to 64 of A-Z a-z 0-9 _ -`);
}

const flag = z.enum(['0', '1'], 'must be 0 or 1').transform((text) => text === '1');

const bootstrapServers = z
  .string()
  .regex(/^[^\s,:]+:\d{1,5}(,[^\s,:]+:\d{1,5})*$/, 'must be host:port, several separated by commas')
  .refine((text) => text.split(',').every((server) => isPort(Number(server.split(':')[1]))), 'a port must be 1 to 65535');

function isPort(port: number): boolean {
  return port >= 1 && port <= 65_535;
}

const redisUrl = z.string().transform((text, context) => {
  const endpoint = parseRedisUrl(text);
  if (endpoint !== undefined) return endpoint;
  context.addIssue('must be redis://[user:password@]host:port[/database], special characters in it as %xx');
  return z.NEVER;
});

function parseRedisUrl(text: string): RedisEndpoint | undefined {
  let url: URL;
  let username: string;
  let password: string;
  try {
    url = new URL(text);
    [username, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  } catch {
    return undefined; // no URL, or a % that begins no character
  }
  const database = /^\/?$/.test(url.pathname) ? 0 : Number(/^\/(\d{1,4})$/.exec(url.pathname)?.[1] ?? NaN);
  const port = url.port === '' ? 6379 : Number(url.port);
  if (url.protocol !== 'redis:' || url.hostname === '' || url.search !== '' || !isPort(port) || Number.isNaN(database)) {
    return undefined;
  }
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
    database,
  };
}

export interface Option<T = unknown> {
  readonly form: z.ZodType<T>;
  /** Text as it would stand in the environment; undefined: the variable is required. */
  readonly fallback: string | undefined;
  readonly about: string;
  /** How the default is told to humans when it is computed. */
  readonly fallbackAbout?: string;
  /** Its value is never shown: it may hold a password. */
  readonly secret?: true;
}

function option<T>(form: z.ZodType<T>, fallback: string | undefined, about: string, fallbackAbout?: string): Option<T> {
  return { form, fallback, about, ...(fallbackAbout === undefined ? {} : { fallbackAbout }) };
}

export const options = {
  PYLON_RACK: option(name('rack'), undefined, 'Rack (place) this Pylon belongs to. All Pylons of a rack share one Redis.'),
  PYLON_KAFKA: option(bootstrapServers, undefined, 'Kafka bootstrap servers, `host:port`, several separated by commas.'),
  PYLON_REDIS: {
    ...option(redisUrl, undefined, "The rack's own Redis: `redis://[user:password@]host:port[/database]`."),
    secret: true,
  },
  PYLON_WORLD: option(name('world'), 'world', 'World to join. Names the topics: `pylon.<world>.log`.'),
  PYLON_ID: option(name('id'), '', 'Name of this Pylon, unique in the world.', '`<rack>-<host>-<pid>`'),
  PYLON_HOST: option(z.string().min(1), '127.0.0.1', 'Address to listen on for Redis clients.'),
  PYLON_PORT: option(integer(0, 65_535), '6380', 'Port to listen on for Redis clients; 0 lets the system choose.'),
  PYLON_CLIENTS_MAX: option(integer(1, 1_000_000), '10000', 'Most client connections at once; further ones are told so.'),
  PYLON_PARSE_WORKERS: option(
    integer(0, 64),
    String(Math.max(0, Math.min(4, cpus().length - 1))),
    'Threads of the pool that scans bulk reads of many small commands; 0 scans everything on the main thread.',
    'processors − 1, at most 4',
  ),
  PYLON_PARSE_OFFLOAD_BYTES: option(
    integer(4 * KIB, 64 * KIB),
    String(48 * KIB),
    'A read from a client this large or larger goes to the parse pool.',
  ),
  PYLON_PRODUCERS: option(
    integer(1, 16),
    '1',
    'Producer workers. Each is a thread with a librdkafka producer; a connection keeps to one, so its order holds.',
  ),
  PYLON_APPLIERS: option(
    integer(0, 1),
    '1',
    "Applier workers: 1 takes part in applying the log to the rack's Redis, 0 makes this Pylon a gateway only.",
  ),
  PYLON_REPLY: option(
    z.enum(['auto', 'log', 'applied'], 'must be auto, log or applied'),
    'auto',
    'When a write is answered. `auto`: a status write (`SET`) when Kafka has it, a write whose reply is information ' +
      "(`INCR`) with that of the rack's Redis once applied; `log`: all when Kafka has them, with a placeholder where " +
      'the reply would be information; `applied`: all once applied. `PYLON REPLY` changes it for one connection.',
  ),
  PYLON_WRITE_TIMEOUT_MS: option(
    integer(1_000, 450_000),
    '30000',
    'How long a write may wait for Kafka before its client gets an error.',
  ),
  PYLON_READ_TIMEOUT_MS: option(
    integer(100, 600_000),
    '10000',
    "How long the rack's Redis may be silent with reads waiting before its connection is given up.",
  ),
  PYLON_REPLY_TIMEOUT_MS: option(
    integer(100, 600_000),
    '10000',
    "How long a logged write may wait for the reply of the rack's Redis before its client is told that there is none.",
  ),
  PYLON_COMMAND_BYTES_MAX: option(
    integer(64 * KIB, commandBytesCeiling),
    String(16 * MIB),
    'Largest command taken from a client, in bytes, up to 64 MiB. The same in a whole world; the topic must allow it.',
  ),
  PYLON_STEP_COMMANDS: option(integer(1, 100_000), '1000', 'Most commands in one fenced step against Redis.'),
  PYLON_STEP_BYTES: option(
    integer(4 * KIB, 64 * MIB),
    String(MIB),
    'Most bytes in one fenced step against Redis (a larger single command makes a step of its own).',
  ),
  PYLON_SESSION_TIMEOUT_MS: option(
    integer(1_000, 60_000),
    '6000',
    "How long the rack's leader may be silent before another Pylon of the rack takes over.",
  ),
  PYLON_RETENTION_MS: option(
    integer(-1, 3_650 * DAY_MS),
    String(7 * DAY_MS),
    'How long a log topic that Pylon creates keeps its records; −1 for ever. A rack away longer must be cloned anew.',
  ),
  PYLON_KAFKA_REPLICATION: option(integer(1, 16), '3', 'Replicas of a log topic that Pylon creates.'),
  PYLON_DEV: option(flag, '0', '1 allows a log topic with fewer than 3 replicas: for development only.'),
  PYLON_LOG_LEVEL: option(
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'must be trace, debug, info, warn, error, fatal or silent'),
    'info',
    'Least level of the JSON lines that go to stderr.',
  ),
} as const satisfies Record<string, Option>;

export type OptionName = keyof typeof options;
export type OptionValue<N extends OptionName> = z.output<(typeof options)[N]['form']>;
