/** Static checks of writes on keys of any type (Redis: expire.c, db.c, sort.c, cluster.c for RESTORE). */
import type { FrameArguments } from '../resp/frame-arguments.js';
import { dumpPayloadIsWhole } from './dump-payload.js';
import {
  expireTimeError, integerAt, integerError, NOT_INTEGER, RELATIVE_MS_MAX, SECONDS_MAX, SECONDS_MIN, SYNTAX_ERROR,
  type Check,
} from './check-values.js';

function expireOptionsError(args: FrameArguments): string | null {
  const given = new Set<string>();
  for (let i = 3; i < args.count; i++) {
    const option = ['nx', 'xx', 'gt', 'lt'].find((word) => args.is(i, word));
    // Redis prints the option as a C string.
    if (option === undefined) return `ERR Unsupported option ${args.text(i).split('\0', 1)[0]}`.replace(/[\r\n]+$/, '');
    given.add(option);
  }
  if (given.has('nx') && given.size > 1) return 'ERR NX and XX, GT or LT options at the same time are not compatible';
  if (given.has('gt') && given.has('lt')) return 'ERR GT and LT options at the same time are not compatible';
  return null;
}

const checkExpire: Check = (args, name) => {
  const error = expireOptionsError(args);
  if (error !== null) return error;
  const value = integerAt(args, 2);
  if (value === null) return NOT_INTEGER;
  const inSeconds = name === 'expire' || name === 'expireat';
  if (inSeconds && (value > SECONDS_MAX || value < SECONDS_MIN)) return expireTimeError(name);
  const relative = name === 'expire' || name === 'pexpire';
  return relative && (inSeconds ? value * 1000n : value) > RELATIVE_MS_MAX ? expireTimeError(name) : null;
};

/** COPY source destination [REPLACE]; DB was refused before (classify.ts). */
const checkCopy: Check = (args) => {
  for (let i = 3; i < args.count; i++) {
    if (!args.is(i, 'replace')) return SYNTAX_ERROR;
  }
  return args.bytes(1).equals(args.bytes(2)) ? 'ERR source and destination objects are the same' : null;
};

/** RESTORE key ttl payload [REPLACE] [ABSTTL] [IDLETIME seconds | FREQ frequency] */
const checkRestore: Check = (args) => {
  let metadata: 'idletime' | 'freq' | null = null;
  for (let i = 4; i < args.count; i++) {
    if (args.is(i, 'replace') || args.is(i, 'absttl')) continue;
    const option = args.is(i, 'idletime') ? 'idletime' : args.is(i, 'freq') ? 'freq' : null;
    if (option === null || i + 1 === args.count || (metadata !== null && metadata !== option)) return SYNTAX_ERROR;
    const value = integerAt(args, i + 1);
    if (value === null) return NOT_INTEGER;
    if (option === 'idletime' && value < 0n) return 'ERR Invalid IDLETIME value, must be >= 0';
    if (option === 'freq' && (value < 0n || value > 255n)) return 'ERR Invalid FREQ value, must be >= 0 and <= 255';
    metadata = option;
    i++;
  }
  const ttl = integerAt(args, 2);
  if (ttl === null) return NOT_INTEGER;
  if (ttl < 0n) return 'ERR Invalid TTL value, must be >= 0';
  return dumpPayloadIsWhole(args.bytes(3)) ? null : 'ERR DUMP payload version or checksum are wrong';
};

/** SORT key [BY pattern] [LIMIT offset count] [GET pattern …] [ASC | DESC] [ALPHA] [STORE destination] */
const checkSort: Check = (args) => {
  for (let i = 2; i < args.count; i++) {
    const left = args.count - i - 1;
    if (args.is(i, 'asc') || args.is(i, 'desc') || args.is(i, 'alpha')) continue;
    if (args.is(i, 'limit') && left >= 2) {
      const error = integerError(args, i + 1) ?? integerError(args, i + 2);
      if (error !== null) return error;
      i += 2;
    } else if (left >= 1 && (args.is(i, 'store') || args.is(i, 'by') || args.is(i, 'get'))) {
      i++;
    } else {
      return SYNTAX_ERROR;
    }
  }
  return null;
};

export const KEY_CHECKS = {
  expire: checkExpire,
  copy: checkCopy,
  restore: checkRestore,
  sort: checkSort,
  flush: (args) =>
    args.count === 1 || (args.count === 2 && (args.is(1, 'sync') || args.is(1, 'async'))) ? null : SYNTAX_ERROR,
} satisfies Record<string, Check>;
