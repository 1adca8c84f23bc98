// Runs the program of one claim in a process of its own: what must not abort or hang cannot be shown from within.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Claim } from './claims.js';

export interface Outcome {
  readonly ok: boolean;
  readonly durationMs: number;
  /** What the program wrote, and how it ended: for the reader of a failure. */
  readonly report: string;
}

/**
 * Runs a claim's program to its end, or to its deadline.
 * @param bootstrapServers of a running Kafka
 */
export function runClaim(claim: Claim, bootstrapServers: string): Promise<Outcome> {
  const begin = performance.now();
  const program = fileURLToPath(new URL(`claims/${claim.program}`, import.meta.url));
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, PYLON_TEST_KAFKA: bootstrapServers },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a group of its own: the processes it started end with it at the deadline
  });
  let written = '';
  const keep = (chunk: Buffer): void => {
    written = (written + chunk.toString()).slice(-8_192);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    process.kill(-(child.pid as number), 'SIGKILL');
  }, claim.deadlineMs);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const end = late ? `not done within ${claim.deadlineMs} ms` : `ended with ${signal ?? `code ${code}`}`;
      resolve({ ok: code === 0, durationMs: performance.now() - begin, report: `${written}${end}` });
    });
  });
}
