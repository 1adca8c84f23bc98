// TypeScript to dist. The compiler works incrementally; what it does not do is done here: outputs whose source is gone
// are removed (a deleted test must not run on), and when an output is missing everything is emitted anew.

import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './command.mjs';
import { dist, modules, root } from './paths.mjs';
import { step } from './progress.mjs';
import { drop, hash, holds, put } from './stamp.mjs';
import { stamps } from './paths.mjs';

const folders = ['src', 'test', 'bench', 'binding-check'];
const outputs = { '.ts': '.js', '.mts': '.mjs', '.cts': '.cjs' };
const stamp = join(stamps, 'build.json');

export async function build() {
  const sources = folders.flatMap((folder) => list(root, folder, (name) => outputOf(name) !== undefined));
  const files = [...sources, 'tsconfig.json', 'package-lock.json'].map((file) => join(root, file));
  const key = hash({ texts: sources, files });
  if (holds(stamp, key, dist)) return;
  drop(stamp);
  await step('TypeScript', async () => {
    const wanted = new Set(sources.map(outputOf));
    if ([...wanted].some((output) => !existsSync(join(dist, output)))) drop(join(dist, '.tsbuildinfo'));
    for (const output of folders.flatMap((folder) => list(dist, folder, () => true))) {
      if (!wanted.has(output.replace(/\.map$/, ''))) rmSync(join(dist, output));
    }
    await run(process.execPath, [join(modules, 'typescript', 'bin', 'tsc'), '--pretty', 'false'], { cwd: root });
  });
  put(stamp, key, dist);
}

function outputOf(source) {
  const match = /^(.*)(\.[cm]?ts)$/.exec(source);
  return match === null || /\.d\.[cm]?ts$/.test(source) ? undefined : match[1] + outputs[match[2]];
}

/** Paths, relative to base, of the files under base/folder that are wanted. */
function list(base, folder, wanted) {
  if (!existsSync(join(base, folder))) return [];
  return readdirSync(join(base, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return list(base, path, wanted);
    return wanted(path) ? [path] : [];
  });
}
