/**
 * Replies that are made at the log, before any Redis has seen the write: `+OK` of status writes, and under
 * PYLON_REPLY=log a placeholder of the true reply's type for every other write.
 */
import { FrameArguments } from '../resp/frame-arguments.js';
import { rowOf } from './subcommands.js';
import { COMMANDS } from './table.js';
import { CANDIDATES } from './spop.js';
import type { CommandRow, LogReply } from './types.js';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const RESP2: Readonly<Record<LogReply, Buffer>> = {
  ok: bytes('+OK\r\n'), zero: bytes(':0\r\n'), nil: bytes('$-1\r\n'), nilArray: bytes('*-1\r\n'),
  emptyArray: bytes('*0\r\n'), zeroBulk: bytes('$1\r\n0\r\n'), zeroDouble: bytes('$1\r\n0\r\n'),
};
const RESP3: Readonly<Record<LogReply, Buffer>> = {
  ...RESP2, nil: bytes('_\r\n'), nilArray: bytes('_\r\n'), zeroDouble: bytes(',0\r\n'),
};

const scratch = new FrameArguments();

/** SET's options that make its reply more than `+OK`; the value behind EX and the like is skipped. */
function setAsksForMore(args: FrameArguments): 'get' | 'condition' | null {
  let found: 'get' | 'condition' | null = null;
  for (let i = 3; i < args.count; i++) {
    if (args.is(i, 'get')) return 'get';
    if (args.is(i, 'nx') || args.is(i, 'xx')) found = 'condition';
    else if (!args.is(i, 'keepttl')) i++;
  }
  return found;
}

function logReplyOf(row: CommandRow, args: FrameArguments): LogReply {
  const usual = row.logReply ?? 'ok';
  if (row.name === 'set') return setAsksForMore(args) === 'get' ? 'nil' : usual;
  if (row.check === 'pop' && args.count > 2) return 'nilArray';
  if (row.check === 'spop' && args.is(2, CANDIDATES) && !args.is(3, '-')) return 'emptyArray';
  if (row.check === 'zadd') {
    for (let i = 2; i < args.count && args.lengthOf(i) <= 4; i++) {
      if (args.is(i, 'incr')) return 'zeroDouble';
      if (!['nx', 'xx', 'gt', 'lt', 'ch'].some((word) => args.is(i, word))) break;
    }
  }
  return usual;
}

/** Whether a write is answered `+OK` once the log has it: its reply tells nothing else. */
export function answeredAtLog(command: number, buffer: Buffer, start: number, end: number): boolean {
  const row = COMMANDS[command];
  // No subcommand is answered at the log.
  if (row.answered !== 'log') return false;
  return row.name !== 'set' || setAsksForMore(scratch.read(buffer, start, end)) === null;
}

/** What a write gets at the log. The buffer is shared: do not write into it. */
export function logReply(command: number, buffer: Buffer, start: number, end: number, protocol: 2 | 3 = 2): Buffer {
  const args = scratch.read(buffer, start, end);
  const form = logReplyOf(rowOf(command, args), args);
  return protocol === 3 ? RESP3[form] : RESP2[form];
}
