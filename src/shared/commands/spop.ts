/**
 * SPOP, made the same in every rack. Which members it may take is drawn once, by the gateway, from what its own rack
 * holds; they go to the log with the command, and every rack takes the first of them that are still there. When none is
 * left although the set is not empty the gateway draws again.
 *
 *   client:  SPOP key [count]
 *   log:     SPOP key CANDIDATES <count, or - for none> member …
 *   applied: a script that takes them one by one and answers as SPOP does (in RESP3 an array instead of a set)
 */
import { encodeCommandArray } from '../resp/encode.js';
import { FrameArguments } from '../resp/frame-arguments.js';
import { atLeast, integerAt, NOT_POSITIVE, SYNTAX_ERROR, type Check } from './check-values.js';

/** The word that tells the log's form from the client's, whose argument 2 is a number. */
export const CANDIDATES = 'candidates';
/** How many members are drawn beyond those asked for: so many may be taken by others meanwhile. */
const SPARE = 15;
/** More members than this are not asked for in one SPOP; a larger count is taken for this one. */
export const SPOP_MEMBERS_MAX = 10_000;

const NO_COUNT = '-';

const SCRIPT = `
local wanted = ARGV[1] == '-' and 1 or tonumber(ARGV[1])
local taken = {}
for i = 2, #ARGV do
  if #taken >= wanted then break end
  local removed = redis.pcall('SREM', KEYS[1], ARGV[i])
  if type(removed) == 'table' then return removed end
  if removed == 1 then taken[#taken + 1] = ARGV[i] end
end
if ARGV[1] == '-' then return taken[1] or false end
return taken`;

const scratch = new FrameArguments();

/** What is wrong with a client's SPOP, in Redis's words; null when nothing is. */
export function spopError(args: FrameArguments): string | null {
  if (args.count > 3) return SYNTAX_ERROR;
  return args.count === 3 ? atLeast(args, 2, 0n, NOT_POSITIVE) : null;
}

/** How many members a client's SPOP asks for; null for the form without a count. */
function wantedBy(args: FrameArguments): number | null {
  if (args.count < 3) return null;
  const count = integerAt(args, 2) ?? 0n;
  return count > SPOP_MEMBERS_MAX ? SPOP_MEMBERS_MAX : Number(count);
}

/** The read that draws the candidates for a client's SPOP (one that `spopError` has nothing against). */
export function candidatesRequest(buffer: Buffer, start: number, end: number): Buffer {
  const args = scratch.read(buffer, start, end);
  return encodeCommandArray(['SRANDMEMBER', args.bytes(1), String((wantedBy(args) ?? 1) + SPARE)]);
}

/** The frame for the log of a client's SPOP; `members` is what the rack answered to `candidatesRequest`. */
export function spopWithCandidates(buffer: Buffer, start: number, end: number, members: readonly Buffer[]): Buffer {
  const args = scratch.read(buffer, start, end);
  const count = wantedBy(args);
  const wanted = count === null ? NO_COUNT : String(count);
  return encodeCommandArray(['SPOP', args.bytes(1), 'CANDIDATES', wanted, ...members]);
}

/** Static check of the log's form; a client's form must not get there. */
export const checkCandidates: Check = (args) => {
  if (args.count < 4 || !args.is(2, CANDIDATES)) return SYNTAX_ERROR;
  if (args.is(3, NO_COUNT)) return null;
  const count = integerAt(args, 3);
  return count === null || count < 0n || count > SPOP_MEMBERS_MAX ? NOT_POSITIVE : null;
};

/** Rewriting for apply: the script with the candidates. */
export function takeCandidates(args: FrameArguments): Array<string | Buffer> | null {
  if (args.count < 4 || !args.is(2, CANDIDATES)) return null;
  const out: Array<string | Buffer> = ['EVAL', SCRIPT, '1', args.bytes(1)];
  for (let i = 3; i < args.count; i++) out.push(args.bytes(i));
  return out;
}
