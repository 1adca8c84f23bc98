// Runs a node program as the rest of this command: its output is ours, and so are its end and the signals.
//
// One Ctrl-C can reach this process twice: from the terminal, which signals the whole foreground group, and from npm,
// which passes on what it got. The program is therefore started in a group of its own, which the terminal does not
// signal, and is told once. A second Ctrl-C that a person presses later is passed on too: it may mean "now".

import { spawn } from 'node:child_process';
import { find } from './command.mjs';

const sameKeyMs = 500;
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs `node ...args` and ends this process as it ended.
 * @param {string[]} args
 */
export async function foreground(args) {
  // If we are killed, the kernel tells the program (setpriv keeps its process id), and it can still end cleanly.
  const setpriv = process.platform === 'linux' ? find('setpriv') : undefined;
  const [command, ...rest] = [
    ...(setpriv === undefined ? [] : [setpriv, '--pdeathsig', 'TERM', '--']),
    process.execPath,
    ...args,
  ];
  const child = spawn(command, rest, { stdio: 'inherit', detached: true });
  let last = -Infinity;
  for (const signal of signals) {
    process.on(signal, () => {
      if (performance.now() - last < sameKeyMs) return;
      last = performance.now();
      child.kill(signal);
    });
  }
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exitCode, signal) => resolve(exitCode ?? 128 + (signalNumbers[signal] ?? 15)));
  });
  process.exit(code);
}

const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGABRT: 6, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 };
