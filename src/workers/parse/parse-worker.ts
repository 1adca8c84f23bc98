/** Parse pool worker: scans whole frames of one client read into a frame table. Both come and go by transfer. */

import { move, transferableSymbol, valueSymbol } from 'piscina';
import { workerData } from 'node:worker_threads';
import type { ParseResult, ParseTask } from '../../shared/messages.js';
import { FrameTable } from '../../shared/resp/frame-table.js';
import type { RequestLimits } from '../../shared/resp/request-limits.js';
import { createScanState, scanFrames } from '../../shared/resp/scan-request.js';

const requestLimits = workerData as RequestLimits;
const scan = createScanState();

export default function parse({ bytes, length, table: memory, rows }: ParseTask): ParseResult {
  const table = new FrameTable(memory, rows);
  const buffer = Buffer.from(bytes, 0, length);
  table.reset(buffer);
  // Whatever is not a whole canonical frame ends the scan: main looks at it from there on.
  scanFrames(buffer, 0, length, requestLimits, table, scan);
  table.seal();
  const result = { bytes, length, table: memory, position: scan.position };
  return move(transferring(result, bytes, memory)) as unknown as ParseResult;
}

/** The value with the list of what is moved along with it, in the form that piscina reads. */
function transferring(value: ParseResult, ...moved: ArrayBuffer[]): never {
  return { [transferableSymbol]: moved, [valueSymbol]: value } as never;
}
