/**
 * Keeps child processes from outliving the test process: whatever way it ends (but SIGKILL), what it started is killed.
 * The rule remains that a test ends its own processes; this is for a test that fails or is interrupted.
 */

import type { ChildProcess } from 'node:child_process';

const children = new Set<ChildProcess>();

export function leash(child: ChildProcess): void {
  if (children.size === 0) hold();
  children.add(child);
  child.on('exit', () => children.delete(child));
}

let holding = false;

function hold(): void {
  if (holding) return;
  holding = true;
  process.on('exit', () => {
    for (const child of children) child.kill('SIGKILL');
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => process.exit(1)); // runs the handler above
  }
}
