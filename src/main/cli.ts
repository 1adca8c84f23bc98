/** The command line: `pylon serve`, `pylon world`, `pylon options`, `pylon commands`. */

import { Command, InvalidArgumentError } from 'commander';
import { commandsPage } from '../shared/commands/describe.js';
import { optionsTable } from './config/describe.js';
import { serve } from './serve/serve.js';
import { version } from './version.js';
import type { WorldOptions } from './world/run-world.js';

function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`must be a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}

/** Nothing named is nothing chosen. */
function urls(text: string): string[] | undefined {
  return text === '' ? undefined : text.split(',');
}

const program = new Command('pylon')
  .description('Global master-master replication for plain Redis, through one ordered log in Apache Kafka.')
  .version(version)
  .showHelpAfterError();

program
  .command('serve')
  .description('run one Pylon, configured by environment variables (see `pylon options`)')
  .action(() => serve(process.env));

program
  .command('world')
  .description('run a whole world on this machine: Kafka, and one Pylon and one Redis for each rack')
  .option('--racks <count>', 'number of racks', integer(1, 16), 2)
  .option('--port <port>', 'port of the first rack; the others follow', integer(1, 65_500), 6381)
  .option('--data <folder>', 'where Kafka and the Redis systems keep their data', '.pylon/world')
  .option('--kafka <servers>', 'a Kafka that is there, instead of our own (default: PYLON_KAFKA)', process.env['PYLON_KAFKA'] || undefined)
  .option('--redis <urls>', 'Redis systems that are there, one for each rack, separated by commas (default: PYLON_REDIS)', urls, urls(process.env['PYLON_REDIS'] ?? ''))
  .option('--fresh', 'begin with empty data', false)
  .action(async (chosen: WorldOptions) => {
    const { runWorld } = await import('./world/run-world.js');
    await runWorld(chosen);
  });

program
  .command('options')
  .description('print every environment variable of `pylon serve`')
  .action(() => {
    process.stdout.write(`${optionsTable()}\n`);
  });

program
  .command('commands')
  .description('print docs/COMMANDS.md: every command of Redis, and what Pylon does with it')
  .action(() => {
    process.stdout.write(commandsPage());
  });

await program.parseAsync();
