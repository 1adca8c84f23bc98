/**
 * What an error reply of the backing Redis means for applying the log.
 *
 * - `environment`: this Redis cannot or may not take the command now (memory, loading, read-only, rights, an older
 *   version). The command is good and other racks may have applied it: wait and try again, never skip.
 * - `data`: the command does not fit the data. At one position every rack holds the same data, so every rack gets the
 *   same error: counted, and applying goes on.
 * - `unknown`: not on either list. Before EXEC nothing has happened, so it is treated as environment. Inside EXEC the
 *   other commands of the step are applied, and whether other racks saw the same is not known: the rack is tainted.
 *
 * The lists follow the sources of Redis 7.0 to 8 (server.c, t_*.c, expire.c, bitops.c, geo.c, hyperloglog.c, sort.c).
 */

export type ErrorClass = 'environment' | 'data' | 'unknown';

/** First words of errors about the state, the rights or the topology of the server. */
const environmentCodes: ReadonlySet<string> = new Set([
  'OOM',
  'MISCONF',
  'READONLY',
  'LOADING',
  'NOREPLICAS',
  'CLUSTERDOWN',
  'MASTERDOWN',
  'NOPERM',
  'NOAUTH',
  'WRONGPASS',
  'BUSY',
  'TRYAGAIN',
  'MOVED',
  'ASK',
  'CROSSSLOT',
  'UNKILLABLE',
  'INPROG',
  'IOERR',
]);

const environmentTexts: readonly string[] = [
  'unknown command',
  'unknown subcommand',
  'Unknown Redis command called from script',
  'max number of clients reached',
  'max number of clients + cluster connections reached',
  'command not allowed when used memory',
  'operation not permitted',
  'Client sent AUTH',
];

/** First words of errors about the data. */
const dataCodes: ReadonlySet<string> = new Set([
  'WRONGTYPE',
  'BUSYKEY',
  'BUSYGROUP',
  'NOGROUP',
  'INVALIDOBJ', // a HyperLogLog key that holds something else
]);

/** What follows `ERR ` in errors about the data. */
const dataTexts: readonly string[] = [
  // arguments
  'wrong number of arguments',
  'syntax error',
  'value is not an integer',
  'value is not a valid float',
  'value is out of range',
  'value is NaN',
  'value is not a float',
  'invalid expire time',
  'Unsupported option',
  'numkeys should be greater than 0',
  'invalid numkeys',
  "Number of keys can't be greater than number of args",
  "Number of keys can't be negative",
  'at least 1 input key is needed',
  'count should be greater than 0',
  "LIMIT can't be negative",
  "COUNT can't be negative",
  "MAXLEN can't be negative",
  "RANK can't be",
  'timeout is',
  'DB index is out of range',
  'invalid DB index',
  'source and destination objects are the same',
  'NX and ',
  'XX and ',
  'GT, LT, and/or NX',
  'GT and LT',
  'INCR option supports a single',
  'Invalid TTL value',
  'Invalid IDLETIME value',
  'Invalid FREQ value',
  'Bad data format',
  'string exceeds maximum allowed size',
  // keys and lists
  'no such key',
  'index out of range',
  'offset is out of range',
  // numbers
  'increment or decrement would overflow',
  'decrement would overflow',
  'increment would produce NaN or Infinity',
  'hash value is not',
  'resulting score is not a number',
  'min or max',
  'weight value is not a float',
  "One or more scores can't be converted into double",
  // bits
  'bit offset is not an integer or out of range',
  'bit is not an integer or out of range',
  'The bit argument must be 1 or 0',
  'Invalid bitfield type',
  'Invalid OVERFLOW type',
  'BITOP ',
  // geo
  'invalid longitude',
  'unsupported unit provided',
  'could not decode requested zset member',
  'need numeric',
  'radius cannot be negative',
  'height or width cannot be negative',
  'exactly one of',
  'the ANY argument requires COUNT',
  'STORE option in',
  // hash field expiry
  'Mandatory argument',
  'Mandatory keyword',
  'Parameter `num',
  'The `num',
  'Number of fields must be',
  'numFields ',
  'invalid number of fields',
  // streams
  'Invalid stream ID',
  'The ID specified in X',
  'The stream has exhausted',
  'The XGROUP subcommand requires the key to exist',
  'The entries_added specified',
];

/**
 * @param line an error reply without its `-` and CRLF
 * @returns its class; an EXECABORT is classed by what it was because of
 */
export function classifyError(line: string): ErrorClass {
  const reason = unwrapAbort(line);
  const space = reason.indexOf(' ');
  const code = space < 0 ? reason : reason.slice(0, space);
  if (environmentCodes.has(code)) return 'environment';
  if (dataCodes.has(code)) return 'data';
  if (code !== 'ERR') return 'unknown';
  const text = reason.slice(space + 1);
  if (environmentTexts.some((start) => text.startsWith(start))) return 'environment';
  if (dataTexts.some((start) => text.startsWith(start))) return 'data';
  return 'unknown';
}

/** `EXECABORT Transaction discarded because of: OOM command not …` → `OOM command not …`; anything else unchanged. */
export function unwrapAbort(line: string): string {
  const wrapped = /^EXECABORT .*because of: -?(.*)$/.exec(line);
  return wrapped === null ? line : wrapped[1];
}

export function isOutOfMemory(line: string): boolean {
  return unwrapAbort(line).startsWith('OOM ');
}
