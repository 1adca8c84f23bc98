/**
 * What is to be done with one frame: its command's kind, or, where BY_ARGUMENTS says so, the kind that its arguments
 * make of it. In doubt a command is a write: what writes must never pass for a read.
 */
import { FrameArguments } from '../resp/frame-arguments.js';
import { integerAt } from './check-values.js';
import { radiusStores, sortStores, streamsOption } from './keys.js';
import { subcommandRow } from './subcommands.js';
import {
  BY_ARGUMENTS, COMMANDS, KIND_LOCAL, KIND_OF, KIND_READ, KIND_REFUSED, KIND_WRITE, kindNumber, type Kind,
} from './table.js';
import type { ArgumentRule, CommandRow } from './types.js';

/** COPY … DB n: another keyspace than the one that is replicated. */
function copiesToOtherDatabase(args: FrameArguments): boolean {
  for (let i = 3; i < args.count - 1; i++) {
    if (args.is(i, 'db')) return true;
  }
  return false;
}

/** BITFIELD whose operations are all GET; anything not understood counts as a write. */
function bitfieldOnlyGets(args: FrameArguments): boolean {
  let i = 2;
  while (i < args.count) {
    if (args.is(i, 'get') && i + 2 < args.count) i += 3;
    else if (args.is(i, 'overflow') && i + 1 < args.count) i += 2;
    else return false;
  }
  return true;
}

/** XCLAIM and XAUTOCLAIM key group consumer min-idle-time …: Redis takes a negative time for 0. */
function claimsByIdleTime(args: FrameArguments): boolean {
  const idleMs = args.count > 4 ? integerAt(args, 4) : 0n;
  return idleMs === null || idleMs > 0n;
}

const RULES: Readonly<Record<ArgumentRule, (args: FrameArguments) => Kind>> = {
  getex: (args) => (args.count === 2 ? KIND_READ : KIND_WRITE),
  sort: (args) => (sortStores(args) ? KIND_WRITE : KIND_READ),
  copy: (args) => (copiesToOtherDatabase(args) ? KIND_REFUSED : KIND_WRITE),
  bitfield: (args) => (bitfieldOnlyGets(args) ? KIND_READ : KIND_WRITE),
  georadius: (args) => (radiusStores(args) ? KIND_WRITE : KIND_READ),
  xread: (args) => (streamsOption(args).blocks ? KIND_REFUSED : KIND_READ),
  xreadgroup: (args) => (streamsOption(args).blocks ? KIND_REFUSED : KIND_WRITE),
  xclaim: (args) => (claimsByIdleTime(args) ? KIND_REFUSED : KIND_WRITE),
};

/** Kind of a frame of a command with subcommands. */
function bySubcommand(container: CommandRow, args: FrameArguments): Kind {
  const kind = kindNumber(container);
  // What is answered here says itself what is wrong; the number of arguments is looked at before anything is done.
  if (args.count < 2) return kind;
  const row = subcommandRow(container, args);
  if (row !== undefined) return kindNumber(row);
  return kind === KIND_LOCAL ? kind : KIND_REFUSED;
}

const scratch = new FrameArguments();

/**
 * The kind of the frame buffer[start, end) of `command`. Unknown and oversized frames (negative `command`) are
 * KIND_REFUSED; refusal.ts words it.
 */
export function classify(command: number, buffer: Buffer, start: number, end: number): Kind {
  if (command < 0) return KIND_REFUSED;
  if (BY_ARGUMENTS[command] === 0) return KIND_OF[command] as Kind;
  const row = COMMANDS[command];
  if (row.subcommands !== undefined) return bySubcommand(row, scratch.read(buffer, start, end));
  if (row.byArguments === undefined) return KIND_OF[command] as Kind;
  return RULES[row.byArguments](scratch.read(buffer, start, end));
}
