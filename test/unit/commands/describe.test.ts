import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { commandsPage } from '../../../src/shared/commands/describe.js';
import { COMMANDS } from '../../../src/shared/commands/table.js';

test('docs/COMMANDS.md is what the table makes', () => {
  const page = readFileSync(fileURLToPath(new URL('../../../../docs/COMMANDS.md', import.meta.url)), 'utf8');
  assert.equal(page, commandsPage(), 'docs/COMMANDS.md is stale: put the output of `pylon commands` there');
});

test('the page names every command', () => {
  const page = commandsPage();
  const missing = COMMANDS.filter(({ name, subcommands }) => subcommands === undefined
    && !page.includes(`\`${name.toUpperCase()}\``));
  assert.deepEqual(missing.map(({ name }) => name), []);
});
