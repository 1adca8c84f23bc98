/**
 * One Pylon as a real child process: `pylon serve`, configured by environment variables alone, as an operator would.
 * Started when it has printed its `ready` line; its stderr is kept for error messages.
 */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eventually, within } from './eventually.js';
import { leash } from './leash.js';
import { RespClient, showReply, type ConnectOptions } from './resp-client.js';

/** The command line of Pylon as built. */
export const pylonBin = fileURLToPath(new URL('../../src/main/pylon.cjs', import.meta.url));

const stderrKeptBytes = 64 * 1024;

export type Environment = Readonly<Record<string, string>>;

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

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A child process of Pylon's command line with its output kept, whether or not it becomes ready. */
export class PylonCommand {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  stdout = '';
  #stderr = '';
  #exit: Exit | undefined;

  constructor(args: readonly string[], env: Environment, entry = pylonBin) {
    this.child = spawn(process.execPath, [entry, ...args], {
      env: { ...cleanEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.pid = this.child.pid ?? -1;
    leash(this.child);
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-stderrKeptBytes);
    });
    this.exited = once(this.child, 'close').then(([code, signal]) => {
      this.#exit = { code, signal } as Exit;
      return this.#exit;
    });
  }

  /** The last of what it wrote to stderr. */
  get stderr(): string {
    return this.#stderr;
  }

  /** How it ended, or undefined while it runs. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** Waits for a line of stdout. @throws Error with the stderr when the process ends first or the deadline passes */
  async line(pattern: RegExp, deadlineMs: number): Promise<RegExpExecArray> {
    const look = (): RegExpExecArray | null => {
      const found = pattern.exec(this.stdout);
      if (found === null && this.#exit !== undefined) return ended;
      return found;
    };
    const ended = [] as unknown as RegExpExecArray;
    let found: RegExpExecArray | null = null;
    try {
      found = await eventually(`stdout to match ${pattern}`, look, (value) => value !== null, { deadlineMs });
    } catch (error) {
      throw new Error(`${(error as Error).message}; stdout: ${this.stdout}; stderr: ${this.#stderr}`);
    }
    if (found !== null && found !== ended) return found;
    throw new Error(`ended with ${JSON.stringify(this.#exit)} before stdout matched ${pattern}; stderr: ${this.#stderr}`);
  }

  /** Waits for the end. @throws Error with the stderr when it still runs at the deadline */
  async ends(deadlineMs: number): Promise<Exit> {
    try {
      return await within(deadlineMs, this.exited, 'end of the process');
    } catch (error) {
      throw new Error(`${(error as Error).message}; stderr: ${this.#stderr}`);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Ends it whatever it does. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.#exit !== undefined) return;
    this.child.kill(signal);
    await this.exited;
  }
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
  readonly command: PylonCommand;
  readonly ready: ReadyLine;

  private constructor(command: PylonCommand, ready: ReadyLine) {
    this.command = command;
    this.ready = ready;
  }

  /** Starts `pylon serve` and waits until it can serve. @throws Error with the end of its stderr */
  static async start(env: Environment, options: StartOptions = {}): Promise<PylonProcess> {
    const command = new PylonCommand(['serve'], env, options.entry);
    try {
      const pattern = /^ready rack=(\S+) id=(\S+) host=(\S+) port=(\d+) pid=(\d+)$/m;
      const [, rack, id, host, port, pid] = await command.line(pattern, options.readyMs ?? 30_000);
      if (Number(pid) !== command.pid) throw new Error(`the ready line says pid ${pid}, the process is ${command.pid}`);
      return new PylonProcess(command, { rack, id, host, port: Number(port) });
    } catch (error) {
      await command.kill();
      throw error;
    }
  }

  get running(): boolean {
    return this.command.exit === undefined;
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

  /** Stops the process where it stands (SIGSTOP), until `resume`. */
  pause(): void {
    this.command.signal('SIGSTOP');
  }

  resume(): void {
    this.command.signal('SIGCONT');
  }

  /** Ends it without warning. */
  kill(): Promise<void> {
    return this.command.kill('SIGKILL');
  }

  /** A clean stop. @throws Error unless it ends with exit code 0 in time */
  async stop(deadlineMs = 20_000): Promise<void> {
    if (!this.running) return;
    this.command.signal('SIGTERM');
    const exit = await this.command.ends(deadlineMs);
    if (exit.code !== 0) throw new Error(`ended with ${JSON.stringify(exit)}; stderr: ${this.command.stderr}`);
  }
}

/** The environment of the tests without what configures a Pylon or marks a child of the test runner. */
function cleanEnvironment(): Record<string, string> {
  const mine = /^(PYLON_|NODE_TEST_)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !mine.test(name))) as Record<string, string>;
}
