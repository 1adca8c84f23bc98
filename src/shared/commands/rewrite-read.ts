/**
 * Reads that would change the data all the same, in a form that does not.
 *
 * PFCOUNT of one key writes the count into the value, as a cache; racks whose clients count at different times would
 * then hold different bytes. PFCOUNT of several keys counts their union and writes nothing (hyperloglog.c), and the
 * union of a key with itself is the key.
 */
import { encodeCommandArray } from '../resp/encode.js';
import { FrameArguments } from '../resp/frame-arguments.js';
import { ALL_ROWS } from './table.js';
import type { ReadRewriteRule } from './types.js';

const RULES: Readonly<Record<ReadRewriteRule, (args: FrameArguments) => Array<string | Buffer> | null>> = {
  pfcount: (args) => (args.count === 2 ? ['PFCOUNT', args.bytes(1), args.bytes(1)] : null),
};

const scratch = new FrameArguments();

/** The frame to send to the rack's Redis instead of the read buffer[start, end), or null: send it as it stands. */
export function rewriteRead(command: number, buffer: Buffer, start: number, end: number): Buffer | null {
  const rule = ALL_ROWS[command].readRewrite;
  if (rule === undefined) return null;
  const rewritten = RULES[rule](scratch.read(buffer, start, end));
  return rewritten === null ? null : encodeCommandArray(rewritten);
}
