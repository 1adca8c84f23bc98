// Runs the commands set-up is made of. Their output is kept and shown only when one fails (or always, with
// PYLON_SETUP_VERBOSE=1): compilers and package managers say much that is of no interest when all is well.

import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { SetupError } from './progress.mjs';

const verbose = process.env.PYLON_SETUP_VERBOSE === '1';
const shownBytes = 8 * 1024;

/**
 * Runs a command to its end.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string | undefined>, input?: string }} [options] env is added to ours
 * @returns {Promise<string>} what it wrote to stdout
 * @throws {SetupError} with the end of its output, when it fails or cannot be started
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    const out = [];
    const all = [];
    const keep = (chunk) => {
      all.push(chunk);
      if (verbose) process.stderr.write(chunk);
    };
    child.stdout.on('data', (chunk) => {
      out.push(chunk);
      keep(chunk);
    });
    child.stderr.on('data', keep);
    if (options.input !== undefined) {
      child.stdin.on('error', () => {}); // the command ended without reading: its exit code tells
      child.stdin.end(options.input);
    }
    child.on('error', (cause) => reject(new SetupError(`cannot run ${command}: ${cause.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(Buffer.concat(out).toString());
      const text = Buffer.concat(all).subarray(-shownBytes).toString().trimEnd();
      const shown = verbose ? '' : `${text}\n`;
      reject(new SetupError(`${shown}failed (${signal ?? `exit code ${code}`}): ${[command, ...args].join(' ')}`));
    });
  });
}

/** Whether a command ends with exit code 0. */
export const succeeds = (command, args, options) => run(command, args, options).then(() => true, () => false);

/**
 * The full path of a program, or undefined.
 * @param {string} program
 */
export function find(program) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    if (folder === '') continue;
    const path = join(folder, program);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // not here: look in the next folder
    }
  }
  return undefined;
}

/**
 * Runs npm: the one that started us, or the one beside the running node, or the one of PATH.
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string | undefined> }} [options]
 */
export function npm(args, options) {
  const started = process.env.npm_execpath;
  if (started?.endsWith('npm-cli.js')) return run(process.execPath, [started, ...args], options);
  const beside = join(dirname(process.execPath), 'npm');
  return run(find('npm') ?? beside, args, options);
}
