/**
 * Commands that Pylon answers itself: the connection's own state, and Pylon's own commands. A client library must be
 * able to connect with its defaults.
 */

import { encodeArray, encodeBulk, encodeError, encodeInteger, encodeMap, encodeSimple, OK } from '../../shared/resp/encode.js';
import type { FrameArguments } from '../../shared/resp/frame-arguments.js';
import type { Client } from './client.js';
import { clientCommand, setName } from './client-command.js';
import { replyModes } from './context.js';

/** What Pylon says of itself; made by the process around the gateway. */
export interface PylonCommands {
  /** `INFO [section …]`: sections in lower case, none means the usual ones. */
  info(sections: string[]): Promise<string>;
  /** `PYLON INFO`. */
  pylonInfo(): string;
  /** Version of the backing Redis, as HELLO tells it. */
  redisVersion(): string;
}

/** A reply now or later; `forward`: ask the rack's Redis with the same bytes; `answered`: it is done. */
export type LocalAnswer = Buffer | Promise<Buffer> | 'forward' | 'answered';

type Handler = (client: Client, args: FrameArguments) => LocalAnswer;

/** Settings that libraries and benchmarks ask for and that say nothing secret. */
const harmlessSettings = new Set([
  'save', 'appendonly', 'appendfsync', 'maxmemory', 'maxmemory-policy', 'databases', 'timeout', 'tcp-keepalive',
  'proto-max-bulk-len', 'list-max-listpack-size', 'hash-max-listpack-entries', 'set-max-intset-entries',
  'zset-max-listpack-entries',
]);

const help = [
  'PYLON <subcommand>. Subcommands are:',
  'INFO',
  '    Rack, version, leader, positions, lag and counters of this Pylon.',
  'REPLY [auto|log|applied]',
  '    When writes of this connection are answered; without an argument: as it is now.',
  'HELP',
  '    Print this help.',
];

export class LocalCommands {
  readonly #pylon: PylonCommands;
  readonly #clients: () => Iterable<Client>;
  readonly #handlers: Readonly<Record<string, Handler>>;

  constructor(pylon: PylonCommands, clients: () => Iterable<Client>) {
    this.#pylon = pylon;
    this.#clients = clients;
    this.#handlers = {
      ping: (_, args) => (args.count > 2 ? wrongArity('ping') : args.count === 2 ? encodeBulk(args.bytes(1)) : pong),
      echo: (_, args) => encodeBulk(args.bytes(1)),
      quit: (client) => {
        client.answer(OK);
        client.end();
        return 'answered';
      },
      select: (_, args) => select(args.text(1)),
      hello: (client, args) => this.#hello(client, args),
      auth: (_, args) => auth(args),
      reset: (client) => {
        client.facts.name = '';
        return encodeSimple('RESET');
      },
      client: (client, args) => clientCommand(client, args, this.#clients),
      command: () => 'forward',
      info: (_, args) => this.#info(args),
      config: (_, args) => config(args),
      time: () => time(),
      debug: () => encodeError("ERR PYLON refuses 'debug': it would reach past Pylon; connect to the rack's Redis itself"),
      pylon: (client, args) => this.#pylonCommand(client, args),
    };
  }

  answer(name: string, client: Client, args: FrameArguments): LocalAnswer {
    const handler = this.#handlers[name];
    return handler === undefined ? encodeError(`ERR PYLON_BUG '${name}' has no answer`) : handler(client, args);
  }

  #hello(client: Client, args: FrameArguments): LocalAnswer {
    let at = 1;
    if (args.count > 1) {
      const version = args.text(at++);
      if (!/^-?\d+$/.test(version)) return encodeError('ERR Protocol version is not an integer or out of range');
      if (version !== '2') return encodeError('NOPROTO unsupported protocol version');
    }
    while (at < args.count) {
      if (args.is(at, 'auth') && at + 2 < args.count) {
        const refusal = checkUser(args.text(at + 1));
        if (refusal !== undefined) return refusal;
        at += 3;
      } else if (args.is(at, 'setname') && at + 1 < args.count) {
        const reply = setName(client, args.text(at + 1));
        if (reply !== OK) return reply;
        at += 2;
      } else {
        return encodeError(`ERR Syntax error in HELLO option '${args.text(at)}'`);
      }
    }
    const pairs = [
      encodeBulk('server'), encodeBulk('redis'),
      encodeBulk('version'), encodeBulk(this.#pylon.redisVersion()),
      encodeBulk('proto'), encodeInteger(2),
      encodeBulk('id'), encodeInteger(client.id),
      encodeBulk('mode'), encodeBulk('standalone'),
      encodeBulk('role'), encodeBulk('master'),
      encodeBulk('modules'), encodeArray([]),
    ];
    return encodeMap(pairs, 2);
  }

  async #info(args: FrameArguments): Promise<Buffer> {
    const sections: string[] = [];
    for (let at = 1; at < args.count; at++) sections.push(args.text(at).toLowerCase());
    return encodeBulk(await this.#pylon.info(sections));
  }

  #pylonCommand(client: Client, args: FrameArguments): LocalAnswer {
    const name = args.text(1);
    if (args.is(1, 'reply')) return replyMode(client, args);
    switch (name.toLowerCase()) {
      case 'info':
        return encodeBulk(this.#pylon.pylonInfo());
      case 'help':
        return encodeArray(help.map(encodeSimple));
      default:
        return encodeError(`ERR unknown subcommand '${name.slice(0, 128)}'. Try PYLON HELP.`);
    }
  }
}

function replyMode(client: Client, args: FrameArguments): Buffer {
  if (args.count === 2) return encodeBulk(client.replyMode);
  const wanted = args.text(2).toLowerCase();
  const mode = replyModes.find((known) => known === wanted);
  if (mode === undefined || args.count > 3) return encodeError(`ERR PYLON REPLY takes one of ${replyModes.join(', ')}`);
  client.replyMode = mode;
  return OK;
}

const pong = encodeSimple('PONG');

function wrongArity(command: string): Buffer {
  return encodeError(`ERR wrong number of arguments for '${command}' command`);
}

/** Any database will do: configuration chooses the one that is used. */
function select(database: string): Buffer {
  if (/^\d{1,9}$/.test(database)) return OK;
  return encodeError(/^-\d{1,9}$/.test(database) ? 'ERR DB index is out of range' : 'ERR value is not an integer or out of range');
}

/** As Redis without a password: its one user takes any password by name, and none without. */
function auth(args: FrameArguments): Buffer {
  if (args.count > 3) return encodeError('ERR syntax error');
  if (args.count === 2) {
    return encodeError(
      'ERR AUTH <password> called without any password configured for the default user. ' +
        'Are you sure your configuration is correct?',
    );
  }
  return checkUser(args.text(1)) ?? OK;
}

function checkUser(user: string): Buffer | undefined {
  return user === 'default' ? undefined : encodeError('WRONGPASS invalid username-password pair or user is disabled.');
}

function config(args: FrameArguments): LocalAnswer {
  if (!args.is(1, 'get')) {
    return encodeError(
      `ERR PYLON refuses 'config|${args.text(1).toLowerCase().slice(0, 64)}': it would reach past Pylon; ` +
        "configure the rack's Redis itself",
    );
  }
  if (args.count < 3) return wrongArity('config|get');
  for (let at = 2; at < args.count; at++) {
    if (!harmlessSettings.has(args.text(at).toLowerCase())) return encodeArray([]);
  }
  return 'forward';
}

function time(): Buffer {
  const us = Math.round((performance.timeOrigin + performance.now()) * 1000);
  return encodeArray([encodeBulk(String(Math.floor(us / 1e6))), encodeBulk(String(us % 1e6))]);
}

