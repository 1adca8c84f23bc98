/** The micro benches run, tiny, so that they do not rot. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

for (const name of ['scan']) {
  test(`bench/micro/${name}`, async () => {
    const script = fileURLToPath(new URL(`../../bench/micro/${name}.js`, import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script, '2'], { timeout: 60_000 });
    assert.match(stdout, /ns per item/);
  });
}
