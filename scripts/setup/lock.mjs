// Keeps two set-ups in one checkout apart. The lock is a file made exclusively that names its holder: process id and
// the time that process started, since process ids are used again. A lock whose holder is gone is taken over.

import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { say } from './progress.mjs';

/**
 * Runs the work while holding the lock; waits as long as another live process holds it.
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function locked(path, work) {
  await take(path);
  const release = () => rmSync(path, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.removeListener('exit', release);
    release();
  }
}

async function take(path) {
  mkdirSync(dirname(path), { recursive: true });
  const own = `${process.pid} ${startOf(process.pid)}`;
  // Made complete under another name and then linked: a lock is never seen half written.
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, own);
  try {
    for (let told = false; ; ) {
      try {
        linkSync(draft, path);
        return;
      } catch (error) {
        if (error.code !== 'EEXIST') throw error;
      }
      const holder = holderOf(path);
      if (holder === undefined) continue; // released just now
      if (!holder.alive) {
        breakStale(path, holder.text);
        continue;
      }
      if (!told) say(`set-up: waiting for another set-up of this checkout (process ${holder.pid})`);
      told = true;
      await pause(200);
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

function holderOf(path) {
  let text;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  const [pid, start] = text.split(' ');
  return { text, pid, alive: startOf(Number(pid)) === start };
}

// Between reading the stale lock and removing it another waiter may have taken it over: what was moved away is looked
// at, and put back if it is not the stale one.
function breakStale(path, text) {
  const away = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, away);
    if (readFileSync(away, 'utf8') !== text) linkSync(away, path);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(away, { force: true });
  }
}

// Start time in clock ticks since boot (proc_pid_stat(5), field 22); where there is no /proc only whether it lives.
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    try {
      process.kill(pid, 0);
      return process.platform === 'linux' ? 'gone' : 'alive';
    } catch (error) {
      return error.code === 'EPERM' ? 'alive' : 'gone';
    }
  }
}
