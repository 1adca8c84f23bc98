/**
 * A Redis in memory for the simulation: the few commands the applier and its log use, with WATCH, MULTI, EXEC and
 * DISCARD as Redis has them (checked against Redis 7.0), refusals by state, and restarts that lose the last writes.
 * Bytes in, bytes out; the wire between is the simulation's.
 */

import { loneScripts } from '../../src/workers/applier/lone-step.js';
import {
  encodeArray,
  encodeBulk,
  encodeError,
  encodeInteger,
  encodeNull,
  encodeSimple,
  OK,
} from '../../src/shared/resp/encode.js';

export type FakeMode = 'ok' | 'oom' | 'loading' | 'readonly';

type Value = string | string[];
type Snapshot = Map<string, Value>;

const refusals: Readonly<Record<Exclude<FakeMode, 'ok'>, string>> = {
  oom: "OOM command not allowed when used memory > 'maxmemory'.",
  loading: 'LOADING Redis is loading the dataset in memory',
  readonly: "READONLY You can't write against a read only replica.",
};
const writes = new Set(['set', 'incr', 'rpush', 'lpush', 'persist']);
const alwaysAllowed = new Set(['multi', 'discard', 'unwatch']);
const nullArray = Buffer.from('*-1\r\n');
const historyMax = 6;

interface Command {
  readonly name: string;
  readonly args: readonly string[];
}

/** The server's side of one connection. */
export class FakeConnection {
  pending: Buffer = Buffer.alloc(0);
  watched = new Set<string>();
  isTouched = false;
  /** Undefined outside of MULTI. */
  queue: Command[] | undefined;
  isDirty = false;
  isOpen = true;
}

export class FakeRedis {
  mode: FakeMode = 'ok';
  /** When out of memory: scripts may still go beyond the limit. */
  hasHeadroom = true;
  data: Snapshot = new Map();
  /** States before the last changes: what a restart may go back to. */
  #history: Snapshot[] = [];
  readonly connections = new Set<FakeConnection>();
  /** Called after each atomic change. */
  onChange: () => void = () => {};

  connect(): FakeConnection {
    const connection = new FakeConnection();
    this.connections.add(connection);
    return connection;
  }

  close(connection: FakeConnection): void {
    connection.isOpen = false;
    this.connections.delete(connection);
  }

  /** Drops all connections; up to `lost` of the last changes are gone. Never goes back to before the first fence. */
  restart(lost: number, fenceKey: string): void {
    for (const connection of this.connections) this.close(connection);
    for (let i = 0; i < lost && this.#history.at(-1)?.has(fenceKey) === true; i++) {
      this.data = this.#history.pop() as Snapshot;
    }
  }

  /** @returns the replies */
  receive(connection: FakeConnection, bytes: Buffer): Buffer {
    if (!connection.isOpen) return Buffer.alloc(0);
    connection.pending = Buffer.concat([connection.pending, bytes]);
    const replies: Buffer[] = [];
    for (;;) {
      const command = takeCommand(connection);
      if (command === undefined) break;
      replies.push(this.#process(connection, command));
    }
    return Buffer.concat(replies);
  }

  #process(connection: FakeConnection, command: Command): Buffer {
    const { name } = command;
    const refusal = this.#refusal(connection, command);
    if (refusal !== undefined) {
      if (name === 'exec') {
        this.#endMulti(connection);
        return encodeError(`EXECABORT Transaction discarded because of: ${refusal}`);
      }
      if (connection.queue !== undefined) connection.isDirty = true;
      return encodeError(refusal);
    }
    switch (name) {
      case 'watch':
        for (const key of command.args) connection.watched.add(key);
        return OK;
      case 'unwatch':
        this.#unwatch(connection);
        return OK;
      case 'multi':
        connection.queue = [];
        connection.isDirty = false;
        return OK;
      case 'discard':
        if (connection.queue === undefined) return encodeError('ERR DISCARD without MULTI');
        this.#endMulti(connection);
        return OK;
      case 'exec':
        return this.#exec(connection);
    }
    if (connection.queue !== undefined) {
      connection.queue.push(command);
      return encodeSimple('QUEUED');
    }
    const reply = this.#change(() => this.#run(command));
    return reply;
  }

  #refusal(connection: FakeConnection, command: Command): string | undefined {
    const { name, args } = command;
    // What no static check sees: this Redis wants another number of arguments.
    if (name === 'persist' && args[0] === 'refused') return "ERR wrong number of arguments for 'persist' command";
    if (this.mode === 'ok' || alwaysAllowed.has(name)) return undefined;
    if (this.mode === 'loading') return refusals.loading;
    const hasWrite = (connection.queue ?? []).some((queued) => writes.has(queued.name));
    const isWrite = writes.has(name) || (name === 'exec' && hasWrite);
    return isWrite ? refusals[this.mode] : undefined;
  }

  #exec(connection: FakeConnection): Buffer {
    const { queue, isDirty, isTouched } = connection;
    if (queue === undefined) return encodeError('ERR EXEC without MULTI');
    this.#endMulti(connection);
    if (isDirty) return encodeError('EXECABORT Transaction discarded because of previous errors.');
    if (isTouched) return nullArray;
    return this.#change(() => encodeArray(queue.map((command) => this.#run(command))));
  }

  #endMulti(connection: FakeConnection): void {
    connection.queue = undefined;
    this.#unwatch(connection);
  }

  #unwatch(connection: FakeConnection): void {
    connection.watched.clear();
    connection.isTouched = false;
  }

  #change(action: () => Buffer): Buffer {
    const before = new Map(this.data);
    const reply = action();
    let isChanged = before.size !== this.data.size;
    for (const [key, value] of this.data) isChanged ||= before.get(key) !== value;
    if (isChanged) {
      this.#history.push(before);
      if (this.#history.length > historyMax) this.#history.shift();
      this.onChange();
    }
    return reply;
  }

  #run(command: Command): Buffer {
    const [key = '', value = ''] = command.args;
    const old = this.data.get(key);
    switch (command.name) {
      case 'get':
        if (Array.isArray(old)) return wrongType;
        return old === undefined ? encodeNull() : encodeBulk(old);
      case 'exists':
        return encodeInteger(old === undefined ? 0 : 1);
      case 'dbsize':
        return encodeInteger(this.data.size);
      case 'set':
        this.#put(key, value);
        return OK;
      case 'incr': {
        if (Array.isArray(old)) return wrongType;
        const next = Number(old ?? '0') + 1;
        this.#put(key, String(next));
        return encodeInteger(next);
      }
      case 'rpush':
      case 'lpush': {
        if (typeof old === 'string') return wrongType;
        const list = command.name === 'rpush' ? [...(old ?? []), value] : [value, ...(old ?? [])];
        this.#put(key, list);
        return encodeInteger(list.length);
      }
      case 'persist':
        return encodeInteger(0);
      case 'eval':
        return this.#script(command.args);
      default:
        return encodeError(`ERR unknown command '${command.name}'`);
    }
  }

  /** The two scripts of lone steps, as Redis would run them. */
  #script(args: readonly string[]): Buffer {
    const [script, , key = '', believed, fence = '', , ...call] = args;
    if ((this.data.get(key) ?? '') !== believed) return encodeError('PYLONMOVED the fence is not as believed');
    if (this.mode === 'readonly') return encodeError(refusals.readonly);
    const [name, ...rest] = call;
    if (name !== undefined) {
      const mayGrow = script === loneScripts.growing && this.hasHeadroom;
      if (this.mode === 'oom' && !mayGrow && name !== 'PERSIST') return encodeError(refusals.oom);
      if (rest[0] === 'refused') return encodeError('ERR Wrong number of args calling Redis command from script');
      const reply = this.#run({ name: name.toLowerCase(), args: rest });
      if (reply[0] === 0x2d) return reply;
    }
    this.#put(key, fence);
    return OK;
  }

  #put(key: string, value: Value): void {
    this.data.set(key, value);
    for (const connection of this.connections) if (connection.watched.has(key)) connection.isTouched = true;
  }
}

const wrongType = encodeError('WRONGTYPE Operation against a key holding the wrong kind of value');

/** Takes one whole command off the front of what has come in. */
function takeCommand(connection: FakeConnection): Command | undefined {
  const { pending } = connection;
  let at = 0;
  const header = (): number | undefined => {
    const end = pending.indexOf('\r\n', at);
    if (end < 0) return undefined;
    const value = Number(pending.toString('latin1', at + 1, end));
    at = end + 2;
    return value;
  };
  const count = header();
  if (count === undefined) return undefined;
  const args: string[] = [];
  for (let i = 0; i < count; i++) {
    const length = header();
    if (length === undefined || at + length + 2 > pending.length) return undefined;
    args.push(pending.toString('latin1', at, at + length));
    at += length + 2;
  }
  connection.pending = pending.subarray(at);
  const [name = '', ...rest] = args;
  return { name: name.toLowerCase(), args: rest };
}
