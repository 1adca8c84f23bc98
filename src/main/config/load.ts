/**
 * Environment → checked configuration. Every fault is found and named at once: an operator should not have to start a
 * process as often as it has mistakes.
 */

import { hostname } from 'node:os';
import type { ZodType } from 'zod';
import { PylonError } from '../../shared/errors.js';
import { limitFaults } from '../../shared/limits.js';
import { options, type Option, type OptionName, type OptionValue } from './options.js';

export type Config = { readonly [N in OptionName]: OptionValue<N> };

export type Environment = Readonly<Record<string, string | undefined>>;

/** Variables with our prefix that belong to other programs of the project (set-up and tests), not to `pylon serve`. */
const foreignNames = /^PYLON_(SETUP|TEST|RUN|BENCH)_/;

/**
 * @throws PylonError PYLON_CONFIG; its message has one line per fault
 */
export function loadConfig(environment: Environment): Config {
  const faults: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, { form, fallback, secret }] of Object.entries<Option>(options)) {
    const given = environment[name];
    const text = given === undefined || given === '' ? fallback : given;
    if (text === undefined) {
      faults.push(`${name} is required: ${options[name as OptionName].about}`);
      continue;
    }
    const result = (form as ZodType).safeParse(name === 'PYLON_ID' && text === '' ? defaultId(environment) : text);
    if (result.success) values[name] = result.data;
    else faults.push(`${name}${secret === true ? '' : `='${text}'`}: ${result.error.issues.map((issue) => issue.message).join(', ')}`);
  }
  faults.push(...unknownNames(environment));
  if (faults.length === 0) faults.push(...relationFaults(values as Config));
  if (faults.length > 0) {
    throw new PylonError('PYLON_CONFIG', `the configuration has ${faults.length} fault(s):\n  ${faults.join('\n  ')}`);
  }
  return values as Config;
}

function defaultId(environment: Environment): string {
  const host = hostname().replace(/[^A-Za-z0-9_-]/g, '-').slice(0, 24);
  const rack = (environment['PYLON_RACK'] ?? '').replace(/[^A-Za-z0-9_-]/g, '-').slice(0, 24);
  return `${rack}-${host}-${process.pid}`;
}

function relationFaults(config: Config): string[] {
  const faults = limitFaults({
    commandBytesMax: config.PYLON_COMMAND_BYTES_MAX,
    writeTimeoutMs: config.PYLON_WRITE_TIMEOUT_MS,
    stepBytes: config.PYLON_STEP_BYTES,
  });
  if (config.PYLON_KAFKA_REPLICATION < 3 && !config.PYLON_DEV) {
    faults.push(
      `PYLON_KAFKA_REPLICATION=${config.PYLON_KAFKA_REPLICATION}: an acknowledged write must outlive a broker, ` +
        'which takes 3 (for development, PYLON_DEV=1 allows fewer)',
    );
  }
  return faults;
}

function unknownNames(environment: Environment): string[] {
  const known = Object.keys(options);
  return Object.keys(environment)
    .filter((name) => name.startsWith('PYLON_') && !known.includes(name) && !foreignNames.test(name))
    .map((name) => {
      const near = known.reduce((best, other) => (distance(name, other) < distance(name, best) ? other : best));
      const hint = distance(name, near) <= 4 ? `; did you mean ${near}?` : '';
      return `${name} is not a variable of Pylon${hint}`;
    });
}

/** Levenshtein distance, for the hint at a misspelt name. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}
