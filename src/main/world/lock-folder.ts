import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Keeps two worlds from using one folder, by a file with the process id of the one that does. A file left behind by a
 * process that is gone is taken over.
 * @returns gives the folder free again
 * @throws Error when another process holds it
 */
export function lockFolder(folder: string): () => void {
  const file = join(folder, 'lock');
  for (let tries = 0; tries < 3; tries++) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = Number(readFileSync(file, 'utf8'));
    if (isWorld(holder)) {
      throw new Error(`a world is already running on ${folder} (process ${holder}); stop it, or choose another --data`);
    }
    rmSync(file, { force: true });
  }
  throw new Error(`${file} cannot be had`);
}

/** Process ids are used again: only a node process that runs a world counts. */
function isWorld(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('world');
  } catch {
    return true; // no /proc here: believe the process id
  }
}
