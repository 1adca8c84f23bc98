// What Pylon needs from the system: looked for only when it is about to be used, installed by apt where that can be
// done without asking (Debian or Ubuntu, as root or with sudo that needs no password), otherwise named all at once.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { find, run, succeeds } from './command.mjs';
import { SetupError, say, step } from './progress.mjs';
import { hash, writeWhole } from './stamp.mjs';
import { stamps } from './paths.mjs';

const javaMajorMin = 17;
const policyFile = '/usr/sbin/policy-rc.d';
const policyMark = '# made by the set-up of Pylon while it installs packages';

/** One requirement: its name for people, how to see whether it is there, the Debian packages that bring it. */
const requirements = {
  compiler: { name: 'C and C++ compilers (gcc, g++)', met: () => has('gcc', 'g++'), packages: ['gcc', 'g++'] },
  make: { name: 'make', met: () => has('make'), packages: ['make'] },
  bash: { name: 'bash', met: () => has('bash'), packages: ['bash'] },
  python: { name: 'Python 3', met: () => has('python3'), packages: ['python3'] },
  headers: { name: 'headers of zlib and OpenSSL', met: hasHeaders, packages: ['zlib1g-dev', 'libssl-dev'] },
  java: { name: `Java ${javaMajorMin} or newer`, met: hasJava, packages: javaPackages },
  maven: { name: 'Maven', met: () => has('mvn'), packages: ['maven'] },
  redis: { name: 'redis-server', met: () => has('redis-server'), packages: ['redis-server'] },
};

/** Names of requirements by what they are for. */
export const forRedis = ['redis'];
export const forBindings = ['compiler', 'make', 'bash', 'python', 'headers'];
export const forKafka = ['java'];
export const forKafkaJars = ['maven'];

/**
 * Sees to it that the requirements are met.
 * @param {(keyof typeof requirements)[]} names
 * @throws {SetupError} naming all that is missing and how to install it
 */
export async function need(names) {
  const missing = await unmet(names);
  if (missing.length === 0) return;
  const packages = [];
  for (const name of missing) {
    const wanted = requirements[name].packages;
    packages.push(...(typeof wanted === 'function' ? await wanted() : wanted));
  }
  const sudo = find('apt-get') === undefined ? undefined : await privilege();
  if (sudo === undefined) throw new SetupError(advice(describe(missing), packages));
  await step(`system packages: ${packages.join(' ')}`, () => install(sudo, packages));
  const left = await unmet(names);
  if (left.length > 0) {
    throw new SetupError(`still missing after installing ${packages.join(' ')}: ${describe(left)}`);
  }
}

const describe = (names) => names.map((name) => requirements[name].name).join(', ');

async function unmet(names) {
  const missing = [];
  for (const name of names) if (!(await requirements[name].met())) missing.push(name);
  return missing;
}

function advice(wanted, packages) {
  const lines = [`Pylon needs what this system lacks: ${wanted}.`];
  if (find('apt-get') !== undefined) {
    lines.push(`Install it with:\n  sudo apt-get update && sudo apt-get install -y ${packages.join(' ')}`);
  } else {
    lines.push(`Install it with this system's package manager (on Debian or Ubuntu: ${packages.join(' ')}).`);
  }
  return lines.join('\n');
}

/** The words to put before apt-get, or undefined where we may not install. */
async function privilege() {
  if (process.getuid?.() === 0) return [];
  return find('sudo') !== undefined && (await succeeds('sudo', ['-n', 'true'])) ? ['sudo', '-n'] : undefined;
}

async function install(sudo, packages) {
  const asRoot = (...words) => {
    const [command, ...args] = [...sudo, ...words];
    return run(command, args);
  };
  const aptGet = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-o', 'DPkg::Lock::Timeout=300'];
  const apt = (...args) => asRoot(...aptGet, ...args);
  await apt('update');
  const redisIsNew = packages.includes('redis-server');
  await withoutServices(sudo, () => apt('install', '-y', '--no-install-recommends', ...packages));
  // Pylon starts Redis itself: the service of the package shall not come up at the next boot either.
  if (redisIsNew && existsSync('/run/systemd/system')) {
    await asRoot('systemctl', 'disable', '--now', 'redis-server').catch((error) => say(`set-up: ${error.message}`));
  }
}

/** Debian packages start their services as they are installed unless policy-rc.d (invoke-rc.d(8)) forbids it. */
async function withoutServices(sudo, work) {
  const ours = existsSync(policyFile) && readFileSync(policyFile, 'utf8').includes(policyMark); // left by a killed run
  if (existsSync(policyFile) && !ours) return work(); // somebody's own policy: it stands
  const draft = join(stamps, 'policy-rc.d');
  writeWhole(draft, `#!/bin/sh\n${policyMark}\nexit 101\n`);
  const [command, ...args] = [...sudo, 'install', '-m', '755', draft, policyFile];
  await run(command, args);
  const [removeCommand, ...removeArgs] = [...sudo, 'rm', '-f', policyFile];
  const interrupted = () => {
    spawnSync(removeCommand, removeArgs);
    process.exit(130);
  };
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);
  try {
    return await work();
  } finally {
    process.removeListener('SIGINT', interrupted);
    process.removeListener('SIGTERM', interrupted);
    await run(removeCommand, removeArgs);
    rmSync(draft, { force: true });
  }
}

const has = (...programs) => programs.every((program) => find(program) !== undefined);

function hasHeaders() {
  if (!has('g++')) return false;
  return succeeds('g++', ['-E', '-x', 'c++', '-'], { input: '#include <zlib.h>\n#include <openssl/ssl.h>\n' });
}

/** The Java that runs the broker: that of JAVA_HOME, or of PATH. */
export function javaPath() {
  const home = process.env.JAVA_HOME;
  if (home !== undefined && home !== '' && existsSync(join(home, 'bin', 'java'))) return join(home, 'bin', 'java');
  return find('java');
}

// Asking Java for its version takes as long as all the rest of a set-up with nothing to do: the answer is kept.
async function hasJava() {
  const java = javaPath();
  if (java === undefined) return false;
  const real = realpathSync(java);
  const { size, mtimeMs } = statSync(real);
  const stamp = join(stamps, 'java');
  const key = hash({ texts: [real, String(size), String(mtimeMs), String(javaMajorMin)] });
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === key) return true;
  if ((await javaMajor(java)) < javaMajorMin) return false;
  writeWhole(stamp, key);
  return true;
}

// --version exists, and answers on stdout, since Java 9; what is older fails.
async function javaMajor(java) {
  const text = await run(java, ['--version']).catch(() => '');
  return Number(/^\S+ (\d+)/.exec(text)?.[1] ?? 0);
}

/** The oldest packaged Java that is new enough: a distribution has one of them. */
async function javaPackages() {
  for (const major of [17, 21, 25]) {
    const name = `openjdk-${major}-jre-headless`;
    if (find('apt-cache') !== undefined && (await succeeds('apt-cache', ['show', name]))) return [name];
  }
  return ['default-jre-headless'];
}
