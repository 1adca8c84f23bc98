/**
 * Ranges by name (BYLEX) of a sorted set whose scores are not all equal: Redis leaves open what they are. It searches
 * its skip list as if the names were in order, and what it finds then depends on the list's random levels. So these
 * writes are applied by a script that looks at the first and the last score: where they differ it answers an error, in
 * every rack alike.
 */
import type { FrameArguments } from '../resp/frame-arguments.js';

const SCRIPT = `
local first = redis.pcall('ZRANGE', KEYS[#KEYS], 0, 0, 'WITHSCORES')
if first.err then return first end
local last = redis.call('ZRANGE', KEYS[#KEYS], -1, -1, 'WITHSCORES')
if first[2] ~= last[2] then
  return redis.error_reply('ERR min or max by name: the scores of this sorted set differ, so the range is not defined')
end
local command = {ARGV[1], unpack(KEYS)}
for i = 2, #ARGV do command[#command + 1] = ARGV[i] end
return redis.pcall(unpack(command))`;

/** The script, with the command's keys as keys and the rest behind its name. */
function guarded(args: FrameArguments, keys: number): Array<string | Buffer> {
  const out: Array<string | Buffer> = ['EVAL', SCRIPT, String(keys)];
  for (let i = 1; i <= keys; i++) out.push(args.bytes(i));
  out.push(args.bytes(0));
  for (let i = keys + 1; i < args.count; i++) out.push(args.bytes(i));
  return out;
}

/** ZREMRANGEBYLEX key min max */
export const rewriteRemoveByName = (args: FrameArguments): Array<string | Buffer> => guarded(args, 1);

/** ZRANGESTORE destination source min max … BYLEX … */
export function rewriteStoreByName(args: FrameArguments): Array<string | Buffer> | null {
  for (let i = 5; i < args.count; i++) {
    if (args.is(i, 'bylex')) return guarded(args, 2);
  }
  return null;
}
