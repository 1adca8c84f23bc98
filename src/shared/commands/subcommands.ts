/** The row that says what is done with a frame: the command's own, or that of the subcommand it names. */
import type { FrameArguments } from '../resp/frame-arguments.js';
import { COMMANDS } from './table.js';
import type { CommandRow } from './types.js';

/** The subcommand that argument 1 names; undefined when there is none of that name. */
export function subcommandRow(container: CommandRow, args: FrameArguments): CommandRow | undefined {
  const prefix = container.name.length + 1;
  // Redis looks subcommands up by all their bytes: a NUL does not end them as it ends an option.
  return container.subcommands?.find((row) =>
    row.name.length - prefix === args.lengthOf(1) && args.is(1, row.name.slice(prefix)));
}

/** Row of the frame in `args`; that of the container when there is no subcommand, or an unknown one. */
export function rowOf(command: number, args: FrameArguments): CommandRow {
  const row = COMMANDS[command];
  return row.subcommands === undefined || args.count < 2 ? row : subcommandRow(row, args) ?? row;
}
