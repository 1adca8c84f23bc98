/** The benches run, tiny, so that they do not rot. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const runs = [
  { scenario: 'scan', args: ['2'], prints: /ns per item/ },
  { scenario: 'apply', args: ['2000', '16'], prints: /µs CPU per command/ },
];

for (const { scenario, args, prints } of runs) {
  test(`bench ${scenario}`, async () => {
    const script = fileURLToPath(new URL('../../bench/main.js', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script, scenario, ...args], { timeout: 60_000 });
    assert.match(stdout, prints);
  });
}
