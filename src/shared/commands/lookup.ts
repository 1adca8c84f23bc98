/**
 * Finds a command by the bytes of its name, whatever its case, without allocating: open addressing over a hash of the
 * length and four bytes, then an exact comparison.
 */
import { UNKNOWN_COMMAND } from '../resp/frame-table.js';
import { COMMANDS, commandIndex } from './table.js';

const SLOTS = 2048; // about 8 times the number of commands
const NAME_MAX = Math.max(...COMMANDS.map((row) => row.name.length));
/** Bytes of a name in NAMES: one line a command. */
const STRIDE = NAME_MAX;

const LOWER = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 65 && byte <= 90 ? byte | 32 : byte));
const NAMES = new Uint8Array(COMMANDS.length * STRIDE);
const LENGTHS = Uint8Array.from(COMMANDS, (row) => row.name.length);
const SLOT = new Int16Array(SLOTS).fill(UNKNOWN_COMMAND);

/** Letters fold by `| 32`; other bytes may fold together, which the comparison then tells apart. */
function hashName(bytes: Uint8Array, at: number, length: number): number {
  let hash = length + (bytes[at] | 32) * 131;
  hash = Math.imul(hash ^ (bytes[at + (length >> 1)] | 32), 0x9e3779b1);
  hash = Math.imul(hash ^ (bytes[at + length - 1] | 32), 0x85ebca6b);
  hash = Math.imul(hash ^ (bytes[at + (length >> 2) + 1] | 32), 0xc2b2ae35);
  return (hash >>> 16) & (SLOTS - 1);
}

COMMANDS.forEach((row, index) => {
  const bytes = Buffer.from(`${row.name}\r\n`, 'latin1');
  NAMES.set(bytes.subarray(0, row.name.length), index * STRIDE);
  let slot = hashName(bytes, 0, row.name.length);
  while (SLOT[slot] !== UNKNOWN_COMMAND) slot = (slot + 1) & (SLOTS - 1);
  SLOT[slot] = index;
});

const GET = commandIndex('get');
const SET = commandIndex('set');
const WORD_GET = 0x676574;
const WORD_SET = 0x736574;

/**
 * Index of the command whose name is the `length` bytes at `at`, or UNKNOWN_COMMAND. The name stands in a frame: at
 * least two more bytes (CR LF) follow it.
 */
export function lookupCommand(buffer: Uint8Array, at: number, length: number): number {
  if (length === 3) {
    const word = ((LOWER[buffer[at]] << 16) | (LOWER[buffer[at + 1]] << 8) | LOWER[buffer[at + 2]]) >>> 0;
    if (word === WORD_GET) return GET;
    if (word === WORD_SET) return SET;
  } else if (length === 0 || length > NAME_MAX) {
    return UNKNOWN_COMMAND;
  }
  let slot = hashName(buffer, at, length);
  for (let index = SLOT[slot]; index !== UNKNOWN_COMMAND; index = SLOT[slot]) {
    if (LENGTHS[index] === length) {
      const line = index * STRIDE;
      let i = 0;
      while (i < length && NAMES[line + i] === LOWER[buffer[at + i]]) i++;
      if (i === length) return index;
    }
    slot = (slot + 1) & (SLOTS - 1);
  }
  return UNKNOWN_COMMAND;
}
