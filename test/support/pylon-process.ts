/**
 * One Pylon as a real child process: `pylon serve`, configured by environment variables alone, as an operator would.
 * Started when it has printed its `ready` line; its stderr is kept for error messages.
 */

import { fileURLToPath } from 'node:url';
import { Child, plainEnvironment, showExit, type Environment } from './child.js';
import { RespClient, showReply, type ConnectOptions } from './resp-client.js';

/** The command line of Pylon as built. */
export const pylonBin = fileURLToPath(new URL('../../src/main/pylon.cjs', import.meta.url));

export interface ReadyLine {
  readonly rack: string;
  readonly id: string;
  readonly host: string;
  readonly port: number;
}

export interface StartOptions {
  /** File to run in place of Pylon's own, called with `serve`: a test's launcher. */
  readonly entry?: string;
  readonly readyMs?: number;
}

/** Pylon's command line with these arguments and no other configuration than `env`. */
export function pylonCommand(args: readonly string[], env: Environment, entry = pylonBin): Child {
  return new Child(process.execPath, [entry, ...args], { ...plainEnvironment(), ...env });
}

/** What `PYLON INFO` says, by name. */
export class PylonInfo {
  readonly fields: ReadonlyMap<string, string>;

  constructor(text: string) {
    const fields = new Map<string, string>();
    for (const line of text.split(/\r?\n/)) {
      const colon = line.indexOf(':');
      if (colon > 0 && !line.startsWith('#')) fields.set(line.slice(0, colon), line.slice(colon + 1));
    }
    this.fields = fields;
  }

  /** @throws Error when there is no such field */
  text(name: string): string {
    const value = this.fields.get(name);
    if (value === undefined) throw new Error(`PYLON INFO has no '${name}': ${[...this.fields.keys()].join(' ')}`);
    return value;
  }

  number(name: string): number {
    const value = Number(this.text(name));
    if (!Number.isFinite(value)) throw new Error(`PYLON INFO: ${name} is '${this.text(name)}', not a number`);
    return value;
  }

  get leads(): boolean {
    return this.text('leader') === '1';
  }
}

export class PylonProcess {
  readonly child: Child;
  readonly ready: ReadyLine;

  private constructor(child: Child, ready: ReadyLine) {
    this.child = child;
    this.ready = ready;
  }

  /** Starts `pylon serve` and waits until it can serve. @throws Error with its output */
  static async start(env: Environment, options: StartOptions = {}): Promise<PylonProcess> {
    const child = pylonCommand(['serve'], env, options.entry);
    try {
      const pattern = /^ready rack=(\S+) id=(\S+) host=(\S+) port=(\d+) pid=(\d+)$/m;
      const [, rack, id, host, port, pid] = await child.printed(pattern, options.readyMs ?? 30_000);
      if (Number(pid) !== child.pid) throw new Error(`the ready line says pid ${pid}, the process is ${child.pid}`);
      return new PylonProcess(child, { rack, id, host, port: Number(port) });
    } catch (error) {
      await child.kill();
      throw error;
    }
  }

  get id(): string {
    return this.ready.id;
  }

  get running(): boolean {
    return this.child.exit === undefined;
  }

  connect(options: Partial<ConnectOptions> = {}): Promise<RespClient> {
    return RespClient.connect({ host: this.ready.host, port: this.ready.port, ...options });
  }

  /** Asks `PYLON INFO` on a connection of its own. */
  async info(deadlineMs = 3000): Promise<PylonInfo> {
    const client = await this.connect({ deadlineMs });
    try {
      const reply = await client.command('PYLON', 'INFO');
      if (reply.type !== 'bulk' || reply.value === null) throw new Error(`PYLON INFO: ${showReply(reply)}`);
      return new PylonInfo(reply.value.toString());
    } finally {
      client.destroy();
    }
  }

  /** What its applier does and why, in the form `state: detail`. */
  async applier(): Promise<string> {
    const info = await this.info();
    return `${info.text('applier_state')}: ${info.text('applier_detail')}`;
  }

  /** Stops the process where it stands (SIGSTOP), until `resume`. */
  pause(): void {
    this.child.signal('SIGSTOP');
  }

  resume(): void {
    this.child.signal('SIGCONT');
  }

  /** Ends it without warning. */
  kill(): Promise<void> {
    return this.child.kill();
  }

  /** A clean stop. @throws Error with its output unless it ends with exit code 0 in time */
  async stop(deadlineMs = 20_000): Promise<void> {
    if (!this.running) return;
    this.child.signal('SIGTERM');
    const exit = await this.child.ends(deadlineMs);
    if (exit.code !== 0) throw new Error(`${this.id} ended with ${showExit(exit)}${this.child.output()}`);
  }
}
