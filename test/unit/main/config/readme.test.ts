import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { optionsTable } from '../../../../src/main/config/describe.js';

test('the README has every variable as it is', () => {
  const readme = readFileSync(fileURLToPath(new URL('../../../../../README.md', import.meta.url)), 'utf8');
  const shown = /<!-- options: [^\n]*\n([^]*?)\n<!-- \/options -->/.exec(readme)?.[1];
  assert.equal(shown, optionsTable(), 'README.md is stale: put the output of `pylon options` between its markers');
});
