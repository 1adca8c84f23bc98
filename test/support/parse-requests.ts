/**
 * Runs a whole input through RequestInput, cut into chunks, as a gateway would.
 */
import { COMMANDS } from '../../src/shared/commands/table.js';
import { FrameTable, TOO_BIG } from '../../src/shared/resp/frame-table.js';
import { PROTOCOL_ERROR, RequestInput } from '../../src/shared/resp/request-input.js';
import type { RequestLimits } from '../../src/shared/resp/request-limits.js';

export interface ParsedRequests {
  /** Bytes of each row, copied; empty for a row that was too big. */
  readonly frames: Buffer[];
  /** Name of each row's command, `?` for unknown, `too big`. */
  readonly commands: string[];
  readonly flags: number[];
  readonly errorText: string;
  /** The input ended inside a command. */
  readonly unfinished: boolean;
}

/** @param cuts ends of the chunks, ascending; the last is the input's length */
export function parseRequests(
  bytes: Buffer, cuts: readonly number[], limits: RequestLimits, capacity = 8,
): ParsedRequests {
  const input = new RequestInput(limits);
  const table = FrameTable.withCapacity(capacity);
  const parsed = { frames: [] as Buffer[], commands: [] as string[], flags: [] as number[] };
  let from = 0;
  for (const cut of cuts) {
    // A chunk of its own, so that offsets into it differ from those into the whole; then overwritten, as a shared read
    // buffer is.
    const chunk = Buffer.from(bytes.subarray(from, cut));
    for (let at = 0; at !== chunk.length; at = input.position) {
      const status = input.feed(chunk, at, chunk.length, table);
      if (input.position === at && table.count === 0 && status !== PROTOCOL_ERROR) throw new Error('no progress');
      for (let row = 0; row < table.count; row++) {
        const command = table.command[row];
        parsed.frames.push(Buffer.from(table.buffer.subarray(table.start[row], table.end[row])));
        parsed.commands.push(command === TOO_BIG ? 'too big' : command < 0 ? '?' : COMMANDS[command].name);
        parsed.flags.push(table.flags[row]);
      }
      if (status === PROTOCOL_ERROR) return { ...parsed, errorText: input.errorText, unfinished: false };
    }
    chunk.fill(0x58);
    from = cut;
  }
  return { ...parsed, errorText: '', unfinished: !input.idle };
}
