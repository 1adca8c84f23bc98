/** The row that says what is done with a frame: the command's own, or that of the subcommand it names. */
import type { FrameArguments } from '../resp/frame-arguments.js';
import { ALL_ROWS } from './table.js';
import type { CommandRow } from './types.js';

/** The subcommand that argument 1 names; undefined when there is none of that name. */
export function subcommandRow(container: CommandRow, args: FrameArguments): CommandRow | undefined {
  const prefix = container.name.length + 1;
  // Redis looks subcommands up by all their bytes: a NUL does not end them as it ends an option.
  return container.subcommands?.find((row) =>
    row.name.length - prefix === args.lengthOf(1) && args.is(1, row.name.slice(prefix)));
}

/**
 * Row of the frame in `args`, as its data file has it; that of the container when there is no subcommand, or an unknown
 * one. Whether the command is refused for a need that is not met is asked of COMMANDS and KIND_OF.
 */
export function rowOf(command: number, args: FrameArguments): CommandRow {
  const row = ALL_ROWS[command];
  return row.subcommands === undefined || args.count < 2 ? row : subcommandRow(row, args) ?? row;
}
