/**
 * `pylon serve`: one Pylon as a process. Configuration from the environment; JSON log lines on stderr; one line that
 * begins with `ready` on stdout when it takes clients; SIGTERM or SIGINT ends it cleanly.
 */

import { pino, type Logger } from 'pino';
import { PylonError } from '../../shared/errors.js';
import { limits } from '../../shared/limits.js';
import { loadConfig, type Config, type Environment } from '../config/load.js';
import { Pylon, type PylonParts } from './pylon.js';

/** Exit codes, after sysexits(3). */
export const exitCodes = { ok: 0, unavailable: 69, software: 70, configuration: 78 } as const;

/** Runs until it is told to stop; ends the process. @param parts for tests */
export async function serve(environment: Environment, parts: PylonParts = {}): Promise<void> {
  let config: Config;
  try {
    config = loadConfig(environment);
  } catch (error) {
    process.stderr.write(`pylon: ${String((error as Error).message)}\n`);
    process.exit(exitCodes.configuration);
  }
  const log = pino(
    { level: config.PYLON_LOG_LEVEL, base: { rack: config.PYLON_RACK, pylon: config.PYLON_ID } },
    pino.destination({ dest: 2, sync: true }),
  );
  const pylon = new Pylon(config, log, { fatal: (error) => end(log, error) }, parts);
  process.on('uncaughtException', (error) => end(log, error));
  process.stdout.on('error', () => {}); // nobody reads the line that says `ready`: no reason to end
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    setTimeout(() => end(log, new PylonError('PYLON_BUG', 'the stop took too long')), limits.stopMsMax).unref();
    void pylon.stop().then((clean) => {
      log.info('stopped');
      process.exit(clean ? exitCodes.ok : exitCodes.software);
    });
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  try {
    const { host, port } = await pylon.start();
    if (stopping) return;
    process.stdout.write(`ready rack=${config.PYLON_RACK} id=${config.PYLON_ID} host=${host} port=${port} pid=${process.pid}\n`);
    log.info({ host, port }, 'ready');
  } catch (error) {
    if (!stopping) end(log, error);
  }
}

/** The end of a process that cannot go on: why, in one line, and an exit code that says whose turn it is. */
function end(log: Logger, error: unknown): never {
  const known = error instanceof PylonError;
  if (known) log.fatal({ code: error.code }, error.message);
  else log.fatal({ err: error }, 'unexpected error');
  const configuration = known && (error.code === 'PYLON_CONFIG' || error.code === 'PYLON_TOPIC');
  const unavailable = known && (error.code === 'PYLON_KAFKA' || error.code === 'PYLON_REDIS');
  process.exit(configuration ? exitCodes.configuration : unavailable ? exitCodes.unavailable : exitCodes.software);
}
