import { FrameTable } from '../../shared/resp/frame-table.js';

/** Copies the rows from `from` on, and the bytes they point to, out of buffers that will be overwritten. */
export function copyRows(source: FrameTable, from: number): FrameTable {
  const { count, start, end, command, flags, buffer } = source;
  const copy = FrameTable.withCapacity(count - from);
  const first = start[from];
  copy.reset(Buffer.from(buffer.subarray(first, end[count - 1])));
  for (let row = from; row < count; row++) copy.add(start[row] - first, end[row] - first, command[row], flags[row]);
  return copy;
}
