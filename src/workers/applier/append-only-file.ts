/**
 * Makes sure that nothing is applied behind a torn end of the backing Redis's append-only file.
 *
 * A crash can tear the file within a step. With `aof-load-truncated yes`, its default, Redis then drops the last,
 * incomplete command and goes on, but what stood before that stays in the file: `MULTI`, and some commands. In memory all
 * is right. But the file goes on behind it, and the next start takes the torn half and what follows up to the next EXEC
 * for one transaction: half a step is applied twice, for good and unnoticed.
 *
 * That a file was torn cannot be asked. So a Redis that has its file on and has not rewritten it since it was started is
 * asked to (BGREWRITEAOF), whoever links to it first. Redis 7.0 and later opens a new file the moment the rewrite
 * *begins*: what is applied from then on stands behind no torn end, so its end need not be waited for, however large the
 * data. Should Redis die before that end, its next start cuts the torn MULTI off, refuses ("the truncated file is not
 * the last file"), and the one after that loads everything. Redis before 7.0 has one file, so there it must have ended.
 *
 * Checked on Redis 7.0.15. What is read: INFO's section Persistence, and `aof-load-truncated` where CONFIG is allowed.
 */

import { PylonError } from '../../shared/errors.js';
import type { RedisDialogue } from './redis-dialogue.js';

/**
 * - `sound`: nothing torn stands where the next command goes.
 * - `unknown`: the file is as it was loaded.
 * - `under way`: a rewrite is due or has begun, and that is not enough yet.
 * - `loading`: Redis reads the file; meanwhile it reports that it has none (aof_enabled:0).
 */
export type FileState = 'off' | 'sound' | 'unknown' | 'under way' | 'loading';

/** @param info Redis's INFO */
export function judgeFile(info: string): FileState {
  const field = (name: string): string | undefined => new RegExp(`^${name}:(\\S*)`, 'm').exec(info)?.[1];
  if (field('loading') === '1' || field('async_loading') === '1') return 'loading';
  if (field('aof_enabled') !== '1') return 'off';
  const begun = field('aof_rewrites');
  const hasEnded = Number(field('aof_last_rewrite_time_sec') ?? -1) >= 0;
  const isRunning = field('aof_rewrite_in_progress') === '1';
  if (begun !== undefined) {
    // CONFIG RESETSTAT sets the count of rewrites back, but not how long the last one took.
    if (Number(begun) > 0 || hasEnded || isRunning) return 'sound';
  } else if (hasEnded && field('aof_last_bgrewrite_status') === 'ok') return 'sound';
  return isRunning || field('aof_rewrite_scheduled') === '1' ? 'under way' : 'unknown';
}

/** What stands in the way of asking for a rewrite for good, where a service keeps the command to itself. */
const notAllowed = /^(NOPERM|ERR unknown command)/;

/**
 * To be called before anything is written on a new connection.
 * @param info Redis's INFO, as of this connection
 * @returns what to warn the operator of, or undefined
 * @throws PylonError PYLON_REDIS while the file is not sound yet: look again a little later
 */
export async function settleFile(dialogue: RedisDialogue, info: string): Promise<string | undefined> {
  const state = judgeFile(info);
  if (state === 'off') return undefined;
  if (state === 'loading') throw new PylonError('PYLON_REDIS', 'LOADING Redis is loading its data');
  const setting = await dialogue.request('CONFIG', 'GET', 'aof-load-truncated');
  // Such a Redis refuses to start with a torn file.
  if (setting.type === 'array' && setting.text.endsWith('\r\nno\r\n')) return undefined;
  const isTruncating = setting.type === 'array' && setting.text.endsWith('\r\nyes\r\n');
  if (state === 'unknown') {
    const asked = await dialogue.request('BGREWRITEAOF');
    if (asked.type === 'error' && notAllowed.test(asked.text)) {
      return `${mayBeTorn}, and Pylon may not ask for a rewrite of the file (${asked.text}): ${whatToSet}`;
    }
    // Any other refusal passes; INFO says what became of it.
    const now = judgeFile(await dialogue.expectText('INFO', 'persistence'));
    if (now === 'sound') return isTruncating ? warning : undefined;
    const reason = asked.type === 'error' ? `, and refuses to: ${asked.text}` : '';
    throw new PylonError('PYLON_REDIS', `${mustRewrite}${reason}`);
  }
  if (state === 'under way') throw new PylonError('PYLON_REDIS', mustRewrite);
  return isTruncating ? warning : undefined;
}

const mustRewrite = 'Redis rewrites its append-only file after a restart';
const mayBeTorn = 'this Redis has appendonly on: it may load a file whose end is torn, and keep the torn part';
const whatToSet =
  'set aof-load-truncated no in its configuration, so that it refuses a torn file, and mend that with redis-check-aof --fix';
const warning =
  'this Redis has aof-load-truncated yes: it loads a file whose end is torn, so Pylon has it rewrite its file after each ' +
  `restart. Better, ${whatToSet}`;
