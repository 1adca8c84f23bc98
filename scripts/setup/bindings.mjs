// The two native bindings, node-rdkafka (with the librdkafka it bundles) and hiredis, patched for worker threads.
//
// They are built in a copy of their packages under .pylon, and only what is needed at run time is kept, in a folder
// named by the hash of all that went in: so node_modules can be made anew in seconds, an interrupted build leaves
// nothing half done behind, and node_modules holds no build products but the four files copied into it.
//
// librdkafka is built ahead of node-gyp: its own make can use all cores, while node-gyp's rules for it cannot (they
// fail with JOBS above 1 unless its config.h is there already). Its features are set by hand so that they do not depend
// on what happens to be installed: TLS, SASL PLAIN, SCRAM and OAUTHBEARER, compression by gzip, snappy and lz4.

import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { npm, run } from './command.mjs';
import { patchFiles } from './dependencies.mjs';
import { bindings, cache, modules, root } from './paths.mjs';
import { step } from './progress.mjs';
import { hash, holds, put } from './stamp.mjs';

const packages = ['node-rdkafka', 'hiredis'];
/** What the builds include or resolve beside their own package. */
const helpers = ['nan', 'bindings', 'file-uri-to-path'];
const products = [
  'node-rdkafka/build/Release/node-librdkafka.node',
  'node-rdkafka/build/deps/librdkafka.so.1',
  'node-rdkafka/build/deps/librdkafka++.so.1',
  'hiredis/build/Release/hiredis.node',
];
const librdkafkaFlags = [
  '--enable-zlib',
  '--enable-ssl',
  '--disable-gssapi',
  '--disable-curl',
  '--disable-zstd',
  '--disable-lz4-ext',
  '--disable-debug-symbols',
];

/** Whether a kept build fits: then no compiler is needed. */
export function bindingsKept() {
  const { key, kept, stamp } = place();
  return holds(stamp, key, kept);
}

/** Puts the built bindings into node_modules, building them first when no kept build fits. */
export async function installBindings() {
  const { key, kept, stamp } = place();
  if (!bindingsKept()) {
    await step('native bindings (librdkafka, hiredis), about a minute', () => build(kept));
    put(stamp, key, kept);
  }
  for (const product of products) {
    const target = join(modules, product);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(kept, product), target);
  }
  await loadable();
}

function place() {
  const key = bindingsKey();
  const kept = join(bindings, key);
  return { key, kept, stamp: `${kept}.json` };
}

function bindingsKey() {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const sources = [...packages, ...helpers].map((name) => lock[`node_modules/${name}`]?.integrity ?? name);
  // A build is bound to Node's binary interface, the processor, and the system's libraries.
  const { modules: abi } = process.versions;
  const system = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const release = ['ID', 'VERSION_ID'].map((name) => new RegExp(`^${name}=.*$`, 'm').exec(system)?.[0] ?? name);
  const texts = [process.platform, process.arch, abi, ...release, ...sources, ...librdkafkaFlags];
  return hash({ texts, files: patchFiles() });
}

async function build(kept) {
  const scratch = join(cache, 'build');
  const tree = join(scratch, 'node_modules');
  const result = join(scratch, 'result');
  rmSync(scratch, { recursive: true, force: true });
  for (const name of [...packages, ...helpers]) {
    const from = join(modules, name);
    if (existsSync(from)) cpSync(from, join(tree, name), { recursive: true });
  }
  const jobs = availableParallelism();
  await buildLibrdkafka(join(tree, 'node-rdkafka'), jobs);
  const env = { JOBS: String(jobs), ...(await nodeHeaders()) };
  // A script of ours, because npm brings node-gyp along for scripts only, and may refuse those of packages.
  const scripts = { gyp: packages.map((name) => `(cd node_modules/${name} && node-gyp rebuild)`).join(' && ') };
  writeFileSync(join(scratch, 'package.json'), JSON.stringify({ private: true, scripts }));
  await npm(['run', 'gyp'], { cwd: scratch, env });
  for (const product of products) {
    mkdirSync(dirname(join(result, product)), { recursive: true });
    cpSync(join(tree, product), join(result, product), { dereference: true });
  }
  rmSync(kept, { recursive: true, force: true });
  mkdirSync(dirname(kept), { recursive: true });
  renameSync(result, kept);
  rmSync(scratch, { recursive: true, force: true });
}

async function buildLibrdkafka(folder, jobs) {
  const source = join(folder, 'deps', 'librdkafka');
  const target = join(folder, 'build', 'deps'); // where binding.gyp looks for the libraries
  await run('./configure', [`--prefix=${target}`, `--libdir=${target}`, ...librdkafkaFlags], { cwd: source });
  // A make above us (if any) shall not hand down its flags.
  await run('make', [`-j${jobs}`, 'libs'], { cwd: source, env: { MAKEFLAGS: '', MAKELEVEL: '' } });
}

/**
 * Node's headers for node-gyp: those the running node came with, when they are there, so that nothing is downloaded.
 * What the user set by an npm config or the environment stands.
 */
async function nodeHeaders() {
  const set = (await npm(['config', 'get', 'nodedir'], { cwd: root })).trim();
  if (set !== '' && set !== 'undefined' && set !== 'null') return { npm_config_nodedir: set };
  const prefix = dirname(dirname(process.execPath));
  const header = join(prefix, 'include', 'node', 'node_version.h');
  if (!existsSync(header)) return {};
  const text = readFileSync(header, 'utf8');
  const part = (name) => new RegExp(`#define NODE_${name}_VERSION (\\d+)`).exec(text)?.[1];
  const version = `v${part('MAJOR')}.${part('MINOR')}.${part('PATCH')}`;
  return version === process.version ? { npm_config_nodedir: prefix } : {};
}

/** Loads both in a process of its own: a file that is damaged ends that process, not set-up. */
const loadable = () =>
  run(process.execPath, ['-e', "require('node-rdkafka'); require('hiredis')"], { cwd: root });
