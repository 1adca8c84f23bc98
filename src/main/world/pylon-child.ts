/** One `pylon serve` as a child process of the world. */

import { fileURLToPath } from 'node:url';
import { childError, startChild, type Exit } from '../embedded/child.js';

export interface RunningPylon {
  readonly port: number;
  readonly logFile: string;
  readonly exited: Promise<Exit>;
  stop(): Promise<void>;
}

const entry = fileURLToPath(new URL('../pylon.cjs', import.meta.url));
const readyTimeoutMs = 60_000;
const stopGraceMs = 20_000;

/**
 * Starts a Pylon and waits for its `ready` line.
 * @throws Error with the end of its log when it does not come up
 */
export async function startPylon(name: string, environment: Record<string, string>, logFile: string): Promise<RunningPylon> {
  let ready: (line: string) => void;
  const isReady = new Promise<string>((resolve) => (ready = resolve));
  const child = await startChild({
    name: `the Pylon of ${name}`,
    command: process.execPath,
    args: [entry, 'serve'],
    logFile,
    environment: { ...withoutOurs(process.env), ...environment },
    onLine: (line) => {
      if (line.startsWith('ready ')) ready(line);
    },
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), readyTimeoutMs)));
  const line = await Promise.race([isReady, child.exited.then(() => undefined), late]);
  clearTimeout(timer);
  if (line === undefined) {
    const error = childError(child, 'did not become ready');
    await child.stop(0);
    throw error;
  }
  return {
    port: Number(/ port=(\d+)/.exec(line)?.[1]),
    logFile,
    exited: child.exited,
    stop: async () => {
      await child.stop(stopGraceMs);
    },
  };
}

/** What the world decides itself is not inherited from the environment that it was started in. */
function withoutOurs(environment: NodeJS.ProcessEnv): Record<string, string> {
  const kept = Object.entries(environment).filter(([name]) => !/^PYLON_(?!LOG_LEVEL$|RUN_)/.test(name));
  return Object.fromEntries(kept) as Record<string, string>;
}
