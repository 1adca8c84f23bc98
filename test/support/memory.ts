/** Memory of a process, as the kernel sees it. */

import { readFile } from 'node:fs/promises';

/** Resident bytes of a process. @throws Error when there is no such process */
export async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kib === undefined) throw new Error(`no VmRSS in the status of process ${pid}`);
  return Number(kib) * 1024;
}
