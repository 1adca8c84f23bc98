// The npm packages, as the lockfile has them, with the patches of patches/ applied. Install scripts are not run: the
// two native packages are built by bindings.mjs, after they were patched, and the others need none.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { npm, run } from './command.mjs';
import { modules, patches, root, stamps } from './paths.mjs';
import { step } from './progress.mjs';
import { drop, hash, holds, put } from './stamp.mjs';

const stamp = join(stamps, 'dependencies.json');

export const patchFiles = () =>
  readdirSync(patches)
    .filter((name) => name.endsWith('.patch'))
    .sort()
    .map((name) => join(patches, name));

// Of package.json only what concerns packages: its scripts may change without a new installation.
function key() {
  const { dependencies, devDependencies, overrides } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const wanted = JSON.stringify({ dependencies, devDependencies, overrides });
  return hash({
    texts: [process.platform, process.arch, process.versions.modules, wanted],
    files: [join(root, 'package-lock.json'), ...patchFiles()],
  });
}

/** Whether node_modules is as set-up left it, every file of it. */
export const dependenciesHold = () => holds(stamp, key(), modules);

/** Installs and patches node_modules from nothing. The stamp is not written yet: see sealDependencies. */
export async function installDependencies() {
  drop(stamp);
  await step('npm packages', async () => {
    // devDependencies hold the compiler and the tests' needs, whatever NODE_ENV says.
    await npm(['ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund'], { cwd: root });
    const patchPackage = join(modules, 'patch-package', 'index.js');
    await run(process.execPath, [patchPackage, '--error-on-fail', '--error-on-warn'], { cwd: root });
  });
}

/** Writes down what node_modules consists of, once the bindings are in it too. */
export const sealDependencies = () => put(stamp, key(), modules);
