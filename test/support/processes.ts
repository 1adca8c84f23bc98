/** Processes as the kernel sees them (/proc). */

import { readdir, readFile } from 'node:fs/promises';

/** The process ids of a process's children, and theirs. */
export async function descendants(pid: number): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = await parentOf(Number(name));
    if (parent !== undefined) parents.set(Number(name), parent);
  }
  const found: number[] = [];
  const open = [pid];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const [child, parent] of parents) {
      if (parent !== next) continue;
      found.push(child);
      open.push(child);
    }
  }
  return found;
}

async function parentOf(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined); // it has ended meanwhile
  // pid (name) state ppid …: the name may hold blanks and brackets.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields === undefined || fields[0] === 'Z' ? undefined : Number(fields[1]);
}

/** Which of these processes are still there. A zombie that its parent has not yet waited for is not. */
export async function stillRunning(pids: readonly number[]): Promise<number[]> {
  const parents = await Promise.all(pids.map(parentOf));
  return pids.filter((_, index) => parents[index] !== undefined);
}

/** Resident bytes of a process. @throws Error when there is no such process */
export async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kib === undefined) throw new Error(`no VmRSS in the status of process ${pid}`);
  return Number(kib) * 1024;
}
