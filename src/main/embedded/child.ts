// A server process of ours: started with its output in a file, watched, stopped for good.
//
// The process dies with us however we end: where setpriv(1) exists (Linux) the kernel is told to kill it when the
// thread that started it ends, so start children from the main thread. Elsewhere only a clean stop ends it.

import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, closeSync, constants, fstatSync, mkdirSync, openSync } from 'node:fs';
import { readSync, renameSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

const tailBytes = 4 * 1024;
const logBytesMax = 16 * 1024 * 1024;

export interface ChildOptions {
  /** What to call it in errors, e.g. 'Redis'. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Where its stdout and stderr go; appended to, and put aside as <file>.1 when it has become large. */
  readonly logFile: string;
  /** Its environment; ours when not given. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Gets each line of its stdout, which then goes to no file. */
  readonly onLine?: (line: string) => void;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running process. */
export interface Child {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** How it ended, or undefined while it runs. */
  readonly exit: Exit | undefined;
  /** Settles when it has ended; never rejects. */
  readonly exited: Promise<Exit>;
  /** The end of what this run of it has written. */
  tail(): string;
  /** Sends a signal; nothing when it has ended. */
  signal(signal: NodeJS.Signals): void;
  /** Asks it to end, and kills it when it has not within the grace. */
  stop(graceMs: number): Promise<Exit>;
}

/**
 * Starts a process.
 * @throws Error when the program cannot be started
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const log = openLog(options.logFile);
  let spawned: ChildProcess;
  try {
    const [command, args] = withParentDeathSignal(options.command, options.args);
    spawned = spawn(command, args, {
      stdio: ['ignore', options.onLine === undefined ? log.fd : 'pipe', log.fd],
      env: options.environment ?? process.env,
      // A group of its own: Ctrl-C in our terminal is ours to answer, by stopping children in order.
      detached: true,
    });
    await started(options, spawned);
  } finally {
    closeSync(log.fd);
  }
  const { onLine } = options;
  if (onLine !== undefined && spawned.stdout !== null) createInterface(spawned.stdout).on('line', onLine);
  return watch(options, spawned, log.startBytes);
}

function started(options: ChildOptions, spawned: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    spawned.once('spawn', resolve);
    spawned.once('error', (cause) => {
      reject(new Error(`${options.name} cannot be started: ${options.command}: ${cause.message}`, { cause }));
    });
  });
}

function watch(options: ChildOptions, spawned: ChildProcess, logStartBytes: number): Child {
  let exit: Exit | undefined;
  const exited = new Promise<Exit>((resolve) => {
    spawned.once('exit', (code, signal) => {
      exit = { code, signal };
      resolve(exit);
    });
  });
  spawned.on('error', () => {}); // a signal that could not be sent: the process has ended
  const signal = (name: NodeJS.Signals): void => {
    if (exit === undefined) spawned.kill(name);
  };
  return {
    name: options.name,
    pid: spawned.pid as number,
    logFile: options.logFile,
    get exit() {
      return exit;
    },
    exited,
    tail: () => readTail(options.logFile, logStartBytes),
    signal,
    async stop(graceMs) {
      signal('SIGTERM');
      const timer = setTimeout(() => signal('SIGKILL'), graceMs);
      await exited;
      clearTimeout(timer);
      return exited;
    },
  };
}

/** Waits until the process has ended after a signal that ends it; not at all after one that pauses or resumes it. */
export async function killChild(child: Child, signal: NodeJS.Signals): Promise<void> {
  child.signal(signal);
  if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await child.exited;
}

/** An error about a process, with the end of its log in it. */
export function childError(child: Child, what: string): Error {
  const end = child.exit === undefined ? '' : ` (it ended with ${child.exit.signal ?? `code ${child.exit.code}`})`;
  return new Error(`${child.name} ${what}${end}; the end of ${child.logFile}:\n${child.tail()}`);
}

// setpriv sets the signal for itself and then becomes the command: same process id, and the setting stays.
function withParentDeathSignal(command: string, args: readonly string[]): [string, readonly string[]] {
  const setpriv = findSetpriv();
  return setpriv === undefined ? [command, args] : [setpriv, ['--pdeathsig', 'KILL', '--', command, ...args]];
}

let setprivFound: string | null | undefined;

function findSetpriv(): string | undefined {
  if (setprivFound === undefined) {
    const paths = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'setpriv'));
    setprivFound = process.platform === 'linux' ? (paths.find(executable) ?? null) : null;
  }
  return setprivFound ?? undefined;
}

export function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function openLog(path: string): { fd: number; startBytes: number } {
  mkdirSync(dirname(path), { recursive: true });
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > logBytesMax) renameSync(path, `${path}.1`);
  const fd = openSync(path, 'a');
  return { fd, startBytes: fstatSync(fd).size };
}

function readTail(path: string, fromBytes: number): string {
  const fd = openSync(path, 'r');
  try {
    const size = fstatSync(fd).size;
    const start = Math.max(fromBytes, size - tailBytes);
    const buffer = Buffer.alloc(Math.max(0, size - start));
    readSync(fd, buffer, 0, buffer.length, start);
    return buffer.toString().trimEnd();
  } finally {
    closeSync(fd);
  }
}
