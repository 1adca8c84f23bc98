/**
 * The error lines for frames that are not passed on. Where Redis has words of its own for the case they are used, since
 * client libraries look for them; what only Pylon refuses reads
 * `-ERR PYLON refuses '<command>': <reason>; <what to do instead>`.
 */
import { encodeError } from '../resp/encode.js';
import { TOO_BIG, UNKNOWN_COMMAND } from '../resp/frame-table.js';
import { FrameArguments } from '../resp/frame-arguments.js';
import { payloadVersion } from './dump-payload.js';
import { isNewer, loadsPayload } from './since.js';
import { rowOf } from './subcommands.js';
import { ALL_ROWS, COMMANDS } from './table.js';

const scratch = new FrameArguments();

/** Redis cuts what it quotes of a client's bytes at this length, and C strings at their first NUL. */
const QUOTED_MAX = 128;
function quoted(text: string, max: number): string {
  const nul = text.indexOf('\0');
  return (nul < 0 ? text : text.slice(0, nul)).slice(0, max);
}

const refuses = (name: string, reason: string, instead: string): Buffer =>
  encodeError(`ERR PYLON refuses '${name}': ${reason}; ${instead}`);

/** A subcommand as one types it. */
const typed = (name: string): string => name.replace('|', ' ');

/** Redis's answer to a name that it does not know. */
function unknownCommand(args: FrameArguments): Buffer {
  let list = '';
  for (let i = 1; i < args.count && list.length < QUOTED_MAX; i++) {
    list += `'${quoted(args.text(i), QUOTED_MAX - list.length)}' `;
  }
  return encodeError(`ERR unknown command '${quoted(args.text(0), QUOTED_MAX)}', with args beginning with: ${list}`);
}

/** `-ERR wrong number of arguments for '<command>' command` */
export const arityRefusal = (command: number): Buffer =>
  encodeError(`ERR wrong number of arguments for '${COMMANDS[command].name}' command`);

/** For a frame above the limit of bytes. */
export const tooBigRefusal = (commandBytesMax: number): Buffer =>
  encodeError(`PYLON_TOO_BIG the command is longer than ${commandBytesMax} bytes (PYLON_COMMAND_BYTES_MAX); `
    + 'nothing was logged');

/** For a frame with one of Pylon's own keys in a key position. */
export const reservedRefusal = (command: number): Buffer =>
  refuses(COMMANDS[command].name, "keys beginning with '__pylon__:' belong to Pylon", 'use another key');

/**
 * The error line for a command that the racks' Redis does not have; null when it has it. Asked where BY_ARGUMENTS is 1,
 * and only of commands that are passed on.
 * @param serverVersion the lowest redis_version of the racks: what one rack cannot apply must not get into the log
 */
export function sinceRefusal(command: number, serverVersion: string): Buffer | null {
  const row = ALL_ROWS[command];
  if ((row.kind !== 'read' && row.kind !== 'write') || !isNewer(row.since, serverVersion)) return null;
  return refuses(row.name, `it needs Redis ${row.since} and there is a rack with ${serverVersion}`, 'update its Redis');
}

/**
 * The error line for a RESTORE whose payload some rack could not load; null for one that all can, and for every other
 * command. The frame has passed `validateWrite`.
 * @param serverVersion the lowest redis_version of the racks
 */
export function payloadRefusal(
  command: number, buffer: Buffer, start: number, end: number, serverVersion: string,
): Buffer | null {
  if (ALL_ROWS[command].check !== 'restore') return null;
  const version = payloadVersion(scratch.read(buffer, start, end).bytes(3));
  if (loadsPayload(serverVersion, version)) return null;
  return refuses('restore', `its payload is of RDB version ${version} and there is a rack with Redis ${serverVersion}`,
    'dump from the oldest Redis');
}

/** The error line for a frame that `classify` calls refused. */
export function refusal(command: number, buffer: Buffer, start: number, end: number): Buffer {
  if (command === TOO_BIG) throw new RangeError('an oversized frame has no bytes: use tooBigRefusal');
  const args = scratch.read(buffer, start, end);
  if (command === UNKNOWN_COMMAND) return unknownCommand(args);
  const settled = COMMANDS[command];
  const row = settled.kind === 'refused' && settled.subcommands === undefined ? settled : rowOf(command, args);
  if (row.reason !== undefined && row.instead !== undefined) return refuses(typed(row.name), row.reason, row.instead);
  if (row.refusedForm !== undefined) {
    return refuses(row.refusedForm.form, row.refusedForm.reason, row.refusedForm.instead);
  }
  const subcommand = quoted(args.text(1), QUOTED_MAX);
  return encodeError(`ERR unknown subcommand '${subcommand}'. Try ${args.text(0).toUpperCase()} HELP.`);
}
