/**
 * A child process of a test: its output kept, a deadline on every wait, and an end in any case. Whatever way the test
 * process ends (but SIGKILL), the children that it still has are killed.
 */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { eventually, within } from './eventually.js';

export type Environment = Readonly<Record<string, string>>;

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const stderrKeptChars = 64 * 1024;
const running = new Set<ChildProcess>();
let holding = false;

/** Starts to kill at exit what is still running then. */
function holdChildren(): void {
  if (holding) return;
  holding = true;
  process.on('exit', () => {
    for (const child of running) child.kill('SIGKILL');
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => process.exit(1)); // runs the handler above
  }
}

export class Child {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  readonly #name: string;
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';
  #exit: Exit | undefined;

  /** @param env the whole environment of the child; see `plainEnvironment` */
  constructor(file: string, args: readonly string[], env: Environment = plainEnvironment()) {
    holdChildren();
    this.#name = [file, ...args].join(' ');
    this.#child = spawn(file, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.pid = this.#child.pid ?? -1;
    running.add(this.#child);
    this.#child.stdin?.on('error', () => {}); // told by the exit
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-stderrKeptChars);
    });
    this.exited = this.#end();
  }

  async #end(): Promise<Exit> {
    try {
      const [code, signal] = (await once(this.#child, 'close')) as [number | null, NodeJS.Signals | null];
      this.#exit = { code, signal };
    } catch (error) {
      this.#stderr += String(error); // it could not be started
      this.#exit = { code: null, signal: null };
    }
    running.delete(this.#child);
    return this.#exit;
  }

  get stdout(): string {
    return this.#stdout;
  }

  /** The last of what it wrote to stderr. */
  get stderr(): string {
    return this.#stderr;
  }

  /** How it ended, or undefined while it runs. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** Gives it input; `undefined` ends it. */
  write(input: string | undefined): void {
    if (input === undefined) this.#child.stdin?.end();
    else this.#child.stdin?.write(input);
  }

  /** Waits until its stdout matches. @throws Error with its output when it ends first or the deadline passes */
  async printed(pattern: RegExp, deadlineMs: number): Promise<RegExpExecArray> {
    const look = (): { found: RegExpExecArray | null; exit: Exit | undefined } => ({
      exit: this.#exit, // read first: a match that came before the end counts
      found: pattern.exec(this.#stdout),
    });
    const { found, exit } = await eventually(
      `stdout of '${this.#name}' to match ${pattern}`,
      look,
      (seen) => seen.found !== null || seen.exit !== undefined,
      { deadlineMs },
    ).catch((error: unknown) => {
      throw new Error(`${(error as Error).message}${this.output()}`);
    });
    if (found !== null) return found;
    throw new Error(`'${this.#name}' ended with ${showExit(exit)} before stdout matched ${pattern}${this.output()}`);
  }

  /** Waits for the end. @throws Error with its output when it still runs at the deadline */
  async ends(deadlineMs: number): Promise<Exit> {
    try {
      return await within(deadlineMs, this.exited, `end of '${this.#name}'`);
    } catch (error) {
      throw new Error(`${(error as Error).message}${this.output()}`);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it whatever it does: also when it is stopped by SIGSTOP. */
  async kill(): Promise<void> {
    if (this.#exit !== undefined) return;
    this.#child.kill('SIGKILL');
    await this.exited;
  }

  /** For error messages. */
  output(): string {
    return `\n--- stdout\n${this.#stdout.slice(-4000)}\n--- stderr\n${this.#stderr.slice(-8000)}\n---`;
  }
}

/** Runs a program to its end. @throws Error with its output unless it ends with exit code 0 in time */
export async function run(file: string, args: readonly string[], deadlineMs: number, input?: string): Promise<string> {
  const child = new Child(file, args);
  try {
    if (input !== undefined) child.write(input);
    child.write(undefined);
    const exit = await child.ends(deadlineMs);
    if (exit.code !== 0) throw new Error(`'${file} ${args.join(' ')}' ended with ${showExit(exit)}${child.output()}`);
    return child.stdout;
  } finally {
    await child.kill();
  }
}

export function showExit(exit: Exit | undefined): string {
  if (exit === undefined) return '(still running)';
  return exit.signal === null ? `exit code ${exit.code}` : exit.signal;
}

/** The environment of the tests, without what configures a Pylon or marks a child of the test runner. */
export function plainEnvironment(): Record<string, string> {
  const mine = /^(PYLON_(?!RUN_)|NODE_TEST_)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !mine.test(name))) as Record<string, string>;
}
