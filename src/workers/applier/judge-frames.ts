/**
 * Judges the frames of a record, one by one, before they go to Redis: applied as they stand, applied in a rewritten
 * form, or passed over as *poison*. Poison is what a gateway would never log: not exactly one canonical frame, not a
 * write, against the static rules, or aimed at Pylon's own keys. The verdict comes from the bytes, the command table
 * and the log clock alone, so it is the same in every rack, and one bad frame neither blocks the log nor takes its
 * neighbours with it.
 *
 * Pure; the scanner and the rules are those of the gateway (shared/resp, shared/commands).
 */

import { Buffer } from 'node:buffer';
import { classify } from '../../shared/commands/classify.js';
import { hasReservedKey } from '../../shared/commands/keys.js';
import { rewriteForApply } from '../../shared/commands/rewrite.js';
import { KIND_WRITE } from '../../shared/commands/table.js';
import { validateWrite } from '../../shared/commands/validate.js';
import { limits } from '../../shared/limits.js';
import { FLAG_RESERVED, FrameTable } from '../../shared/resp/frame-table.js';
import type { RequestLimits } from '../../shared/resp/request-limits.js';
import { createScanState, SCAN_FULL, scanFrames } from '../../shared/resp/scan-request.js';

/** Redis's own limits, not the configured ones: racks with different settings must judge alike. */
const scanLimits: RequestLimits = {
  commandBytesMax: 0x7fffffff,
  bulkBytesMax: limits.bulkBytesMax,
  argumentsMax: limits.argumentsMax,
  lineBytesMax: limits.inlineBytesMax,
};

/** What is done with the frames, called in order. @returns false to end there, with that frame not taken */
export interface FrameSink {
  asItStands(start: number, end: number): boolean;
  rewritten(bytes: Buffer): boolean;
  /** @param error what Redis might have answered, without `-` and CRLF */
  poison(error: string): boolean;
}

const table = FrameTable.withCapacity(1024);
const scan = createScanState();

/**
 * @param ends end of each frame in `body`
 * @param from index of the first frame to judge
 * @param to index behind the last one
 * @returns index of the first frame that was not taken
 */
export function judgeFrames(
  body: Buffer,
  ends: Uint32Array,
  from: number,
  to: number,
  logClockMs: number,
  sink: FrameSink,
): number {
  let frame = from;
  while (frame < to) {
    const start = frame === 0 ? 0 : ends[frame - 1];
    table.reset(body);
    const status = scanFrames(body, start, ends[to - 1], scanLimits, table, scan);
    // Rows count only as long as each ends where its frame does.
    for (let row = 0; row < table.count && frame < to; row++) {
      if (table.end[row] !== ends[frame]) break;
      if (!judge(body, row, logClockMs, sink)) return frame;
      frame++;
    }
    const isWhole = frame === to || (status === SCAN_FULL && table.end[table.count - 1] === ends[frame - 1]);
    if (isWhole) continue;
    if (!sink.poison(notOneFrame)) return frame;
    frame++;
  }
  return frame;
}

const notOneFrame = 'ERR Protocol error: not exactly one canonical command';

function judge(body: Buffer, row: number, logClockMs: number, sink: FrameSink): boolean {
  const start = table.start[row];
  const end = table.end[row];
  const command = table.command[row];
  if (command < 0) return sink.poison('ERR unknown command');
  if (classify(command, body, start, end) !== KIND_WRITE) return sink.poison('ERR command is not a write');
  const refusal = validateWrite(command, body, start, end);
  if (refusal !== null) return sink.poison(refusal.toString('latin1', 1, refusal.length - 2));
  if ((table.flags[row] & FLAG_RESERVED) !== 0 && hasReservedKey(command, body, start, end)) {
    return sink.poison('ERR key is reserved');
  }
  const rewritten = rewriteForApply(command, body, start, end, logClockMs);
  return rewritten === null ? sink.asItStands(start, end) : sink.rewritten(rewritten);
}
