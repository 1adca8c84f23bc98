/**
 * A step of at most one command that runs while Redis is out of memory. Redis then refuses every step, even one that
 * frees memory, because the SET of the fence could grow it; nothing may pass the command at the head of the log; and so
 * the deletes further on could never run. A script does what MULTI and WATCH do: it is atomic, checks that the fence is
 * as believed, runs the command, sets the fence.
 *
 * - `freeing`: the script may do what Redis itself allows at the limit. Redis checks each command of a script on its
 *   own until the first one that may write has run; what comes behind (the fence) is let through. So a command that
 *   cannot grow memory runs, any other gets OOM and nothing happened. No list of ours says which is which.
 * - `growing`: the script may go beyond the limit (`allow-oom`, Redis 7.0 and later), but only as long as memory used
 *   is below the limit plus a headroom. So the log moves on until the frees in it are reached, or the headroom is used
 *   up.
 *
 * A command that fails leaves the fence where it was. A data error reads exactly as it would without the script. Only
 * what Redis says before it runs a command has other words within a script (`isScriptsOwnError`). Checked on Redis 7.0.15.
 */

import { Buffer } from 'node:buffer';
import { fenceKey } from '../../shared/fence-value.js';
import { limits } from '../../shared/limits.js';
import { encodeCommand } from '../../shared/resp/encode.js';
import type { Step } from './step.js';

export type LoneKind = 'freeing' | 'growing';

/** First word of the error when the fence is not the one believed in. */
export const fenceMovedCode = 'PYLONMOVED';

/** The words that scripts have for a wrong number of arguments; a command that is queued gets others. */
export function isScriptsOwnError(error: string): boolean {
  return error.startsWith('ERR Wrong number of args calling');
}

/** Lua's stack bounds what unpack() can hold. */
const argumentsMax = 4_000;

const check = `local seen = redis.call('GET', KEYS[1]) or ''
if seen ~= ARGV[1] then return redis.error_reply('${fenceMovedCode} the fence is not as believed') end
if #ARGV > 3 then`;
const headroom = `
  local info = redis.call('INFO', 'memory')
  local used = tonumber(string.match(info, 'used_memory:(%d+)'))
  local limit = tonumber(string.match(info, 'maxmemory:(%d+)'))
  if limit > 0 and used > limit + tonumber(ARGV[3]) then
    return redis.error_reply('OOM used memory is ' .. used .. ' of ' .. limit .. ', and the headroom is used up')
  end`;
const run = `
  local reply = redis.pcall(unpack(ARGV, 4))
  if type(reply) == 'table' and reply.err then return redis.error_reply(reply.err) end
end
redis.call('SET', KEYS[1], ARGV[2])
return redis.status_reply('OK')`;

export const loneScripts: Readonly<Record<LoneKind, string>> = {
  freeing: check + run,
  growing: `#!lua flags=allow-oom\n${check}${headroom}${run}`,
};

/**
 * @param step of at most one command
 * @param believed the fence as it must be; undefined: there must be none
 * @returns one EVAL, answered by `+OK` or an error; undefined when the command has too many arguments for a script
 */
export function encodeLone(step: Step, believed: string | undefined, kind: LoneKind): Buffer | undefined {
  const script = encodeCommand(
    ...['EVAL', loneScripts[kind], '1', fenceKey, believed ?? '', step.fence, String(limits.outOfMemoryHeadroomBytes)],
  );
  if (step.commandCount === 0) return script;
  // The command's arguments become the script's last ones: both arrays lose their header for a common one.
  const command = Buffer.concat(step.chunks);
  const count = readCount(command);
  if (count > argumentsMax) return undefined;
  const header = Buffer.from(`*${readCount(script) + count}\r\n`);
  return Buffer.concat([header, withoutHeader(script), withoutHeader(command)]);
}

const readCount = (frame: Buffer): number => Number(frame.toString('latin1', 1, frame.indexOf('\r\n')));

const withoutHeader = (frame: Buffer): Buffer => frame.subarray(frame.indexOf('\r\n') + 2);
