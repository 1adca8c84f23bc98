/** House rules that a machine can check: which way imports point, how long a file grows, that each says what it is for. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const src = join(root, 'src');
const linesMax = 400;

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.c?ts$/.test(name))
  .map((name) => ({ name, text: readFileSync(join(src, name), 'utf8') }));

/** src/shared/x.ts → shared */
const layerOf = (name: string): string => name.split('/')[0];

function importsOf({ name, text }: { name: string; text: string }): string[] {
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?'(\.{1,2}\/[^']+)'/g)].map((match) => match[1]);
  return specifiers.map((specifier) => relative(src, resolve(src, dirname(name), specifier)));
}

test('there are sources to look at', () => {
  assert.ok(files.length > 30);
  assert.ok(files.some((file) => importsOf(file).some((target) => target.startsWith('shared/'))));
});

test('imports point one way: shared → nothing, workers → shared, main → shared', () => {
  const allowed: Record<string, string[]> = { shared: ['shared'], workers: ['workers', 'shared'], main: ['main', 'shared'] };
  const wrong = files.flatMap((file) => {
    return importsOf(file).filter((target) => !allowed[layerOf(file.name)].includes(layerOf(target)))
      .map((target) => `${file.name} imports ${target}`);
  });
  assert.deepEqual(wrong, []);
});

test('one kind of worker does not import another', () => {
  const wrong = files.filter(({ name }) => name.startsWith('workers/')).flatMap((file) => {
    const kind = file.name.split('/')[1];
    return importsOf(file).filter((target) => target.startsWith('workers/') && target.split('/')[1] !== kind)
      .map((target) => `${file.name} imports ${target}`);
  });
  assert.deepEqual(wrong, []);
});

test(`no file is over ${linesMax} lines`, () => {
  const long = files.map(({ name, text }) => ({ name, lines: text.split('\n').length })).filter(({ lines }) => lines > linesMax);
  assert.deepEqual(long, []);
});

test('every file begins with what it is for', () => {
  const silent = files.filter(({ text }) => !/^(#!.*\n)?(\/\*\*|\/\/|import[^\n]*\n(import[^\n]*\n)*\n?\/\*\*)/.test(text));
  assert.deepEqual(silent.map(({ name }) => name), []);
});

test('nothing is left over: console output, focused or skipped tests', () => {
  const left = files.filter(({ text }) => /\bconsole\.|debugger;/.test(text)).map(({ name }) => name);
  assert.deepEqual(left, []);
});
