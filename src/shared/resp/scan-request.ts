/**
 * The fast path of request parsing: rows for all complete canonical frames `*N\r\n$len\r\n…` of a chunk.
 *
 * Works where the bytes lie; no string, array or object per command. It knows only the canonical form. Whatever else
 * there is (inline requests, `*0`, wrong numbers, an incomplete frame) makes it stop at the frame's start and say so;
 * request-input.ts then decides byte by byte, and only there are Redis's error texts made.
 */
import { ARITY_MAX, ARITY_MIN } from '../commands/table.js';
import { lookupCommand } from '../commands/lookup.js';
import { FLAG_ARITY, FLAG_RESERVED, TOO_BIG, type FrameTable } from './frame-table.js';
import type { RequestLimits } from './request-limits.js';

/** All bytes were consumed as whole frames. */
export const SCAN_DONE = 0;
/** An incomplete frame begins at `position`. */
export const SCAN_UNFINISHED = 1;
/** Not canonical at `position`: the slow path decides. */
export const SCAN_ODD = 2;
/** The table has no row left. */
export const SCAN_FULL = 3;
export type ScanStatus = typeof SCAN_DONE | typeof SCAN_UNFINISHED | typeof SCAN_ODD | typeof SCAN_FULL;

/** Where a scan stopped. One object serves any number of scans. */
export interface ScanState {
  /** Offset of the first byte that is in no row. */
  position: number;
  /** The number of the length line read last. */
  value: number;
  /** Command index and flags of the frame scanned last. */
  command: number;
  flags: number;
}

export const createScanState = (): ScanState => ({ position: 0, value: 0, command: 0, flags: 0 });

const CR = 13;
const LF = 10;
const ZERO = 48;
const STAR = 42;
const DOLLAR = 36;
const UNDERSCORE = 95;

const RESERVED = Buffer.from('__pylon__:', 'latin1');

/** Whether `length` bytes at `at` begin with the reserved key prefix. */
export function beginsReserved(buffer: Buffer, at: number, length: number): boolean {
  if (length < RESERVED.length) return false;
  for (let i = 0; i < RESERVED.length; i++) {
    if (buffer[at + i] !== RESERVED[i]) return false;
  }
  return true;
}

const INCOMPLETE = -1;
const ODD = -2;

/**
 * Reads `<digits>\r\n` at `at` (no sign, no leading zero) into `scan.value`.
 * Returns the offset behind it, INCOMPLETE or ODD.
 */
function readLength(buffer: Buffer, at: number, end: number, scan: ScanState): number {
  let value = 0;
  let p = at;
  for (; p < end; p++) {
    const digit = buffer[p] - ZERO;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  const digits = p - at;
  if (digits > 9 || (digits > 1 && buffer[at] === ZERO)) return ODD;
  if (p + 1 >= end) return p === end || buffer[p] === CR ? INCOMPLETE : ODD;
  if (digits === 0 || buffer[p] !== CR || buffer[p + 1] !== LF) return ODD;
  scan.value = value;
  return p + 2;
}

/**
 * Scans the one frame that begins at `frame`: its command and flags go to `scan`.
 * Returns the offset behind it, INCOMPLETE or ODD.
 */
function scanFrame(buffer: Buffer, frame: number, end: number, limits: RequestLimits, scan: ScanState): number {
  const bulkBytesMax = limits.bulkBytesMax;
  let count: number;
  let p: number;
  // The usual numbers have one or two digits: they are read without a call.
  if (frame + 4 <= end && buffer[frame + 2] === CR && buffer[frame + 3] === LF) {
    count = buffer[frame + 1] - ZERO;
    if (count > 9) return ODD;
    p = frame + 4;
  } else {
    p = readLength(buffer, frame + 1, end, scan);
    if (p < 0) return p;
    count = scan.value;
  }
  if (count < 1 || count > limits.argumentsMax) return ODD;
  let flags = 0;
  for (let argument = 0; argument < count; argument++) {
    if (p >= end) return INCOMPLETE;
    if (buffer[p] !== DOLLAR) return ODD;
    let length: number;
    if (p + 4 <= end && buffer[p + 2] === CR && buffer[p + 3] === LF) {
      length = buffer[p + 1] - ZERO;
      if (length < 0 || length > 9) return ODD;
      p += 4;
    } else if (p + 5 <= end && buffer[p + 3] === CR && buffer[p + 4] === LF) {
      const tens = buffer[p + 1] - ZERO;
      const ones = buffer[p + 2] - ZERO;
      if (tens < 1 || tens > 9 || ones < 0 || ones > 9) return ODD;
      length = tens * 10 + ones;
      p += 5;
    } else {
      p = readLength(buffer, p + 1, end, scan);
      if (p < 0) return p;
      length = scan.value;
      if (length > bulkBytesMax) return ODD;
    }
    const next = p + length + 2;
    if (next > end) return INCOMPLETE;
    if (buffer[next - 2] !== CR || buffer[next - 1] !== LF) return ODD;
    if (argument === 0) {
      const command = lookupCommand(buffer, p, length);
      if (command >= 0 && (count < ARITY_MIN[command] || count > ARITY_MAX[command])) flags = FLAG_ARITY;
      scan.command = command;
    } else if (buffer[p] === UNDERSCORE && beginsReserved(buffer, p, length)) {
      flags |= FLAG_RESERVED;
    }
    p = next;
  }
  scan.flags = flags;
  return p;
}

/**
 * Appends a row to `table` for each complete frame of buffer[start, end).
 *
 * @param table its `buffer` is the caller's business; rows are appended behind `table.count`
 * @param scan receives the offset where the scan stopped
 * @returns why it stopped
 */
export function scanFrames(
  buffer: Buffer,
  start: number,
  end: number,
  limits: RequestLimits,
  table: FrameTable,
  scan: ScanState,
): ScanStatus {
  const { capacity, start: starts, end: ends, command: commands, flags } = table;
  const commandBytesMax = limits.commandBytesMax;
  let row = table.count;
  let status: ScanStatus = SCAN_DONE;
  let frame = start;
  while (frame < end) {
    if (row === capacity) {
      status = SCAN_FULL;
      break;
    }
    const next = buffer[frame] === STAR ? scanFrame(buffer, frame, end, limits, scan) : ODD;
    if (next < 0) {
      status = next === INCOMPLETE ? SCAN_UNFINISHED : SCAN_ODD;
      break;
    }
    const tooBig = next - frame > commandBytesMax;
    starts[row] = tooBig ? next : frame;
    ends[row] = next;
    commands[row] = tooBig ? TOO_BIG : scan.command;
    flags[row] = tooBig ? 0 : scan.flags;
    row++;
    frame = next;
  }
  table.count = row;
  scan.position = frame;
  return status;
}
