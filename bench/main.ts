/**
 * `npm run bench [-- <scenario> [arguments]]`: the measurements, each in a process of its own so that none warms up or
 * fills the heap of another. Without a scenario all of them run.
 */

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Name → script, and what it measures. */
const scenarios: Readonly<Record<string, { readonly script: string; readonly about: string }>> = {
  scan: { script: 'micro/scan.js', about: 'request and reply scanning beside hiredis' },
  apply: { script: 'apply.js', about: 'leading a Redis along a log that waits, beside redis-cli --pipe' },
};

const [wanted, ...args] = process.argv.slice(2);
if (wanted !== undefined && scenarios[wanted] === undefined) {
  console.error(`no scenario '${wanted}'; there are:`);
  for (const [name, { about }] of Object.entries(scenarios)) console.error(`  ${name.padEnd(8)}${about}`);
  process.exit(2);
}
let failed = false;
for (const [name, { script, about }] of Object.entries(scenarios)) {
  if (wanted !== undefined && wanted !== name) continue;
  console.log(`\n== ${name}: ${about}`);
  failed = !(await run(script)) || failed;
}
process.exit(failed ? 1 : 0);

function run(script: string): Promise<boolean> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [file, ...args], { stdio: 'inherit' });
  return new Promise((resolve) => child.once('exit', (code) => resolve(code === 0)));
}
