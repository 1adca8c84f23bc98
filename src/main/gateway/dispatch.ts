/** What becomes of one command that is not a plain read: log, rack's Redis, Pylon itself, or a refusal. */

import { classify } from '../../shared/commands/classify.js';
import { hasReservedKey } from '../../shared/commands/keys.js';
import { answeredAtLog, logReply } from '../../shared/commands/log-reply.js';
import { arityRefusal, refusal, reservedRefusal, tooBigRefusal } from '../../shared/commands/refusal.js';
import { COMMANDS, KIND_FILTERED, KIND_LOCAL, KIND_READ, KIND_REFUSED } from '../../shared/commands/table.js';
import { validateWrite } from '../../shared/commands/validate.js';
import { FrameArguments } from '../../shared/resp/frame-arguments.js';
import { FLAG_ARITY, FLAG_RESERVED, TOO_BIG, type FrameTable } from '../../shared/resp/frame-table.js';
import type { Client } from './client.js';
import type { GatewayContext } from './context.js';

const scratch = new FrameArguments();

export function dispatch(client: Client, context: GatewayContext, table: FrameTable, row: number): void {
  const { buffer } = table;
  const start = table.start[row];
  const end = table.end[row];
  const command = table.command[row];
  const flags = table.flags[row];
  const refuse = (reply: Buffer): void => {
    context.counters.add('commandsRefused', 1);
    client.answer(reply);
  };

  if (command === TOO_BIG) return refuse(tooBigRefusal(context.requestLimits.commandBytesMax));
  const kind = classify(command, buffer, start, end);
  if (kind === KIND_REFUSED) {
    refuse(refusal(command, buffer, start, end));
    if (command >= 0 && COMMANDS[command].closes === true) client.end();
    return;
  }
  if ((flags & FLAG_ARITY) !== 0) return refuse(arityRefusal(command));
  if ((flags & FLAG_RESERVED) !== 0 && hasReservedKey(command, buffer, start, end)) return refuse(reservedRefusal(command));
  if (kind === KIND_READ) return client.forward(buffer, start, end, 1);
  if (kind === KIND_LOCAL || kind === KIND_FILTERED) return answer(client, context, table, row, kind === KIND_FILTERED);
  const error = validateWrite(command, buffer, start, end);
  if (error !== null) return refuse(error);
  const atLog =
    client.replyMode === 'log' || (client.replyMode === 'auto' && answeredAtLog(command, buffer, start, end));
  client.write(buffer, start, end, atLog ? logReply(command, buffer, start, end) : undefined);
}

function answer(client: Client, context: GatewayContext, table: FrameTable, row: number, filtered: boolean): void {
  context.counters.add('commandsLocal', 1);
  const { name } = COMMANDS[table.command[row]];
  const start = table.start[row];
  const end = table.end[row];
  const args = scratch.read(table.buffer, start, end);
  if (filtered) {
    // Copied: it is sent later, when the read buffer holds something else.
    const copies = Array.from({ length: args.count }, (_, index) => Buffer.from(args.bytes(index)));
    return client.answerLater(context.keyspaceReads.answer(name, copies));
  }
  const reply = context.localCommands.answer(name, client, args);
  if (reply === 'forward') client.forward(table.buffer, start, end, 1);
  else if (reply instanceof Promise) client.answerLater(reply);
  else if (reply !== 'answered') client.answer(reply);
}
