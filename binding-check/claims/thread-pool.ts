// Claim: UV_THREADPOOL_SIZE is in effect when an entry point that is CommonJS sets it first thing (an ES module is too
// late: loading it has used the pool). Shown with such an entry point, and for Pylon's own by looking at the moment it
// sets the variable: the pool must not have been started.

import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const { UV_THREADPOOL_SIZE: _, ...env } = process.env;
const node = (...args: string[]): string => execFileSync(process.execPath, args, { env, encoding: 'utf8' });

assert.equal(Number(node(path('../pool-entry.cjs'))), 16);

const pylon = path('../../src/main/pylon.cjs');
if (existsSync(pylon)) {
  const seen = /pool: (.*)/.exec(node('--require', path('../pool-watch.cjs'), pylon, '--version'))?.[1];
  const { sizes, threadsBefore, threadsThen } = JSON.parse(seen ?? '{}');
  console.log(seen);
  assert.equal(threadsThen, threadsBefore, 'the pool was started before its size was set');
  assert.ok(Number(sizes.at(-1)) >= 16, `size ${sizes}`);
}
