/**
 * The keys of one frame, by the key positions of the command table, and the check that none is Pylon's own.
 */
import { parseInteger } from '../resp/integer.js';
import { FrameArguments } from '../resp/frame-arguments.js';
import { beginsReserved } from '../resp/scan-request.js';
import { rowOf } from './subcommands.js';
import type { KeySpec } from './types.js';

/** SORT's options that are followed by one argument; LIMIT by two. */
const SORT_ONE = ['by', 'get', 'store'] as const;

/** Calls `visit` with the argument number behind each STORE of a SORT, read as Redis reads its options. */
function eachStoreOfSort(args: FrameArguments, visit: (argument: number) => void): void {
  for (let i = 2; i < args.count; i++) {
    const left = args.count - i - 1;
    if (left >= 2 && args.is(i, 'limit')) i += 2;
    else if (left >= 1 && SORT_ONE.some((word) => args.is(i, word))) {
      if (args.is(i, 'store')) visit(i + 1);
      i++;
    }
  }
}

/** Whether a SORT (read into `args`) stores its result. */
export function sortStores(args: FrameArguments): boolean {
  let stores = false;
  eachStoreOfSort(args, () => { stores = true; });
  return stores;
}

/** GEORADIUS and GEORADIUSBYMEMBER: the least argument at which Redis looks for options. */
const RADIUS_OPTIONS = 5;

/** Calls `visit` with the argument number behind each STORE or STOREDIST; in doubt one too many. */
function eachStoreOfRadius(args: FrameArguments, visit: (argument: number) => void): void {
  for (let i = RADIUS_OPTIONS; i + 1 < args.count; i++) {
    if (args.is(i, 'store') || args.is(i, 'storedist')) visit(++i);
  }
}

/** Whether a GEORADIUS or GEORADIUSBYMEMBER (read into `args`) stores its result. */
export function radiusStores(args: FrameArguments): boolean {
  let stores = false;
  eachStoreOfRadius(args, () => { stores = true; });
  return stores;
}

/**
 * The options of XREAD and XREADGROUP, read as Redis reads them: the first argument behind STREAMS (0: none), and
 * whether BLOCK stands before it.
 */
export function streamsOption(args: FrameArguments): { first: number; blocks: boolean } {
  let blocks = false;
  for (let i = 1; i < args.count; i++) {
    const left = args.count - i - 1;
    if (left >= 1 && args.is(i, 'streams')) return { first: i + 1, blocks };
    if (left >= 1 && args.is(i, 'block')) blocks = true;
    if (left >= 2 && args.is(i, 'group')) i += 2;
    else if (left >= 1 && (args.is(i, 'block') || args.is(i, 'count'))) i++;
    else if (!args.is(i, 'noack')) {
      // An option of a later Redis, perhaps: what stands behind it is not known.
      for (let rest = i; rest < args.count; rest++) blocks ||= args.is(rest, 'block');
      break;
    }
  }
  return { first: 0, blocks };
}

/** Calls `visit` with the number of each argument that is a key. Arguments that are not there are left out. */
export function eachKey(spec: KeySpec, args: FrameArguments, visit: (argument: number) => void): void {
  if (spec === 'none') return;
  if (spec === 'sort') {
    if (args.count > 1) visit(1);
    eachStoreOfSort(args, visit);
    return;
  }
  if (spec === 'georadius') {
    if (args.count > 1) visit(1);
    eachStoreOfRadius(args, visit);
    return;
  }
  if (spec === 'streams') {
    const { first } = streamsOption(args);
    const keys = first === 0 ? 0 : (args.count - first) >> 1;
    for (let i = first; i < first + keys; i++) visit(i);
    return;
  }
  if ('numkeys' in spec) {
    if (spec.destination !== undefined && spec.destination < args.count) visit(spec.destination);
    if (spec.numkeys >= args.count) return;
    const keys = parseInteger(args.buffer, args.startOf(spec.numkeys), args.endOf(spec.numkeys)) ?? 0n;
    const first = spec.numkeys + 1;
    const last = keys > args.count ? args.count - 1 : Math.min(first + Number(keys), args.count) - 1;
    for (let i = first; i <= last; i++) visit(i);
    return;
  }
  const last = Math.min(spec.last < 0 ? args.count + spec.last : spec.last, args.count - 1);
  for (let i = spec.first; i <= last; i += spec.step) visit(i);
}

const scratch = new FrameArguments();

/**
 * Writes start and end offset of each key of the frame to `out`, in pairs. Returns the number of keys; when `out` is
 * too short the pairs that fit are written.
 */
export function keysOf(command: number, buffer: Buffer, start: number, end: number, out: Int32Array): number {
  const args = scratch.read(buffer, start, end);
  let count = 0;
  eachKey(rowOf(command, args).keys, args, (argument) => {
    if (2 * count + 1 < out.length) {
      out[2 * count] = args.startOf(argument);
      out[2 * count + 1] = args.endOf(argument);
    }
    count++;
  });
  return count;
}

/**
 * Whether a key of the frame begins with the reserved prefix. Asked only where the scanner set FLAG_RESERVED, which
 * also notices values. SORT's patterns name keys too: there, any such argument counts.
 */
export function hasReservedKey(command: number, buffer: Buffer, start: number, end: number): boolean {
  const args = scratch.read(buffer, start, end);
  const row = rowOf(command, args);
  let found = false;
  const look = (argument: number): void => {
    found ||= beginsReserved(buffer, args.startOf(argument), args.lengthOf(argument));
  };
  if (row.name === 'sort' || row.name === 'sort_ro') {
    for (let i = 1; i < args.count; i++) look(i);
  } else {
    eachKey(row.keys, args, look);
  }
  return found;
}
