/**
 * What is to be done with one frame: its command's kind, or, where BY_ARGUMENTS says so, the kind that its arguments
 * make of it. In doubt a command is a write: what writes must never pass for a read.
 */
import { FrameArguments } from '../resp/frame-arguments.js';
import { sortStores } from './keys.js';
import { BY_ARGUMENTS, COMMANDS, KIND_OF, KIND_READ, KIND_REFUSED, KIND_WRITE, type Kind } from './table.js';
import type { ArgumentRule } from './types.js';

/** Subcommands that only read the keyspace. */
export const OBJECT_READS: readonly string[] = ['encoding', 'freq', 'idletime', 'refcount', 'help'];
export const MEMORY_READS: readonly string[] = ['usage', 'help'];

const readsOnly = (words: readonly string[], args: FrameArguments): Kind =>
  // Too few arguments: Redis says so itself.
  args.count < 2 || words.some((word) => args.is(1, word)) ? KIND_READ : KIND_REFUSED;

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

const RULES: Readonly<Record<ArgumentRule, (args: FrameArguments) => Kind>> = {
  getex: (args) => (args.count === 2 ? KIND_READ : KIND_WRITE),
  sort: (args) => (sortStores(args) ? KIND_WRITE : KIND_READ),
  copy: (args) => (copiesToOtherDatabase(args) ? KIND_REFUSED : KIND_WRITE),
  bitfield: (args) => (bitfieldOnlyGets(args) ? KIND_READ : KIND_WRITE),
  object: (args) => readsOnly(OBJECT_READS, args),
  memory: (args) => readsOnly(MEMORY_READS, args),
};

const scratch = new FrameArguments();

/**
 * The kind of the frame buffer[start, end) of `command`. Unknown and oversized frames (negative `command`) are
 * KIND_REFUSED; refusal.ts words it.
 */
export function classify(command: number, buffer: Buffer, start: number, end: number): Kind {
  if (command < 0) return KIND_REFUSED;
  const rule = BY_ARGUMENTS[command] === 0 ? undefined : COMMANDS[command].byArguments;
  if (rule === undefined) return KIND_OF[command] as Kind;
  return RULES[rule](scratch.read(buffer, start, end));
}
