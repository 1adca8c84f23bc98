/** Geo commands: sorted sets whose scores are positions. */
import { FLOATS } from './notes.js';
import { ONE_KEY, TWO_KEYS, inGroup, read, write, type Row } from './row.js';
import type { CheckRule, CommandRow } from './types.js';

/** A read, or with STORE or STOREDIST a write whose reply is the number of members. */
const radius = (name: string, arity: number, check: CheckRule): Row =>
  write(name, arity, '3.2.0', 'georadius', 'any', 'zero', { byArguments: 'georadius', check, note: FLOATS });

export const GEO_COMMANDS: readonly CommandRow[] = inGroup('geo',
  read('geodist', -4, '3.2.0', ONE_KEY, 'bulk'),
  read('geohash', -2, '3.2.0', ONE_KEY, 'array'),
  read('geopos', -2, '3.2.0', ONE_KEY, 'array'),
  read('geosearch', -7, '6.2.0', ONE_KEY, 'array'),
  read('georadius_ro', -6, '3.2.10', ONE_KEY, 'array'),
  read('georadiusbymember_ro', -5, '3.2.10', ONE_KEY, 'array'),
  write('geoadd', -5, '3.2.0', ONE_KEY, 'integer', 'zero', { check: 'geoadd' }),
  write('geosearchstore', -8, '6.2.0', TWO_KEYS, 'integer', 'zero', { check: 'geosearchstore', note: FLOATS }),
  radius('georadius', -6, 'georadius'),
  radius('georadiusbymember', -5, 'georadiusbymember'),
);
