/** Static checks of string and bitmap writes (Redis: t_string.c, bitops.c). */
import type { FrameArguments } from '../resp/frame-arguments.js';
import { INT64_MIN, parseInteger } from '../resp/integer.js';
import {
  arityError, expireTimeError, integerAt, integerError, isInfinite, isLongDouble, NOT_FLOAT, NOT_INTEGER,
  RELATIVE_MS_MAX, SECONDS_MAX, STRING_BYTES_MAX, SYNTAX_ERROR, type Check,
} from './check-values.js';

const BIT_OFFSET_ERROR = 'ERR bit offset is not an integer or out of range';
const BIT_ERROR = 'ERR bit is not an integer or out of range';
const BITFIELD_TYPE_ERROR =
  'ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.';

/** How an expiry is given. */
export type ExpireOption = 'ex' | 'px' | 'exat' | 'pxat';
const EXPIRE_OPTIONS: readonly ExpireOption[] = ['ex', 'px', 'exat', 'pxat'];

export interface StringOptions {
  /** The kind of expiry option in use (the options exclude each other, but each may be repeated). */
  readonly expire: ExpireOption | null;
  /** Argument number of the last expiry value, the one that counts. */
  readonly expireValue: number;
}

/** Options of SET (from argument 3) or GETEX (from 2), read as Redis reads them; null is a syntax error. */
export function readStringOptions(args: FrameArguments, ofSet: boolean): StringOptions | null {
  let expire: ExpireOption | null = null;
  let expireValue = 0;
  let condition: 'nx' | 'xx' | null = null;
  let keep = false; // KEEPTTL or PERSIST: they exclude every expiry option
  for (let i = ofSet ? 3 : 2; i < args.count; i++) {
    const option = EXPIRE_OPTIONS.find((word) => args.is(i, word));
    if (option !== undefined) {
      if (keep || (expire !== null && expire !== option) || i + 1 === args.count) return null;
      expire = option;
      expireValue = ++i;
    } else if (args.is(i, ofSet ? 'keepttl' : 'persist')) {
      if (expire !== null) return null;
      keep = true;
    } else if (ofSet && (args.is(i, 'nx') || args.is(i, 'xx'))) {
      const wanted = args.is(i, 'nx') ? 'nx' : 'xx';
      if (condition !== null && condition !== wanted) return null;
      condition = wanted;
    } else if (!ofSet || !args.is(i, 'get')) {
      return null;
    }
  }
  return { expire, expireValue };
}

/** The value of an expiry option: a positive number of seconds or milliseconds that does not overflow. */
function expireError(args: FrameArguments, index: number, option: ExpireOption, name: string): string | null {
  const value = integerAt(args, index);
  if (value === null) return NOT_INTEGER;
  const inSeconds = option === 'ex' || option === 'exat';
  if (value <= 0n || (inSeconds && value > SECONDS_MAX)) return expireTimeError(name);
  const relative = option === 'ex' || option === 'px';
  return relative && (inSeconds ? value * 1000n : value) > RELATIVE_MS_MAX ? expireTimeError(name) : null;
}

const checkSet: Check = (args, name) => {
  const options = readStringOptions(args, true);
  if (options === null) return SYNTAX_ERROR;
  return options.expire === null ? null : expireError(args, options.expireValue, options.expire, name);
};

/** Redis looks at the value only once it has found the key: whether that is an error depends on the data. */
const checkGetex: Check = (args) => (readStringOptions(args, false) === null ? SYNTAX_ERROR : null);

const checkSetrange: Check = (args) => {
  const offset = integerAt(args, 2);
  if (offset === null) return NOT_INTEGER;
  if (offset < 0n) return 'ERR offset is out of range';
  const length = BigInt(args.lengthOf(3));
  return length > 0n && offset + length > STRING_BYTES_MAX
    ? 'ERR string exceeds maximum allowed size (proto-max-bulk-len)'
    : null;
};

/** A bit offset; `bits` is the width of a bitfield type, whose offsets may be multiples of it (`#3`). */
function bitOffsetError(args: FrameArguments, index: number, bits: number): string | null {
  const start = args.startOf(index);
  const multiple = bits > 0 && args.lengthOf(index) > 0 && args.buffer[start] === 0x23;
  const value = parseInteger(args.buffer, multiple ? start + 1 : start, args.endOf(index));
  if (value === null) return BIT_OFFSET_ERROR;
  const offset = multiple ? BigInt.asIntN(64, value * BigInt(bits)) : value; // Redis lets it wrap
  return offset < 0n || offset >> 3n >= STRING_BYTES_MAX ? BIT_OFFSET_ERROR : null;
}

const checkSetbit: Check = (args) => {
  const error = bitOffsetError(args, 2, 0);
  if (error !== null) return error;
  const bit = integerAt(args, 3);
  return bit === 0n || bit === 1n ? null : BIT_ERROR;
};

const checkBitop: Check = (args) => {
  if (args.is(1, 'not')) {
    return args.count === 4 ? null : 'ERR BITOP NOT must be called with a single source key.';
  }
  return args.is(1, 'and') || args.is(1, 'or') || args.is(1, 'xor') ? null : SYNTAX_ERROR;
};

/** Width of a bitfield type such as `u8`, 0 when it is none. */
function bitfieldWidth(args: FrameArguments, index: number): number {
  const type = args.text(index).split('\0', 1)[0];
  const signed = type[0] === 'i';
  if (!signed && type[0] !== 'u') return 0;
  const bits = type.slice(1);
  return /^[1-9]\d?$/.test(bits) && Number(bits) <= (signed ? 64 : 63) ? Number(bits) : 0;
}

const checkBitfield: Check = (args) => {
  let i = 2;
  while (i < args.count) {
    const left = args.count - i - 1;
    if (args.is(i, 'overflow') && left >= 1) {
      if (!['wrap', 'sat', 'fail'].some((word) => args.is(i + 1, word))) return 'ERR Invalid OVERFLOW type specified';
      i += 2;
      continue;
    }
    const writes = (args.is(i, 'set') || args.is(i, 'incrby')) && left >= 3;
    if (!writes && !(args.is(i, 'get') && left >= 2)) return SYNTAX_ERROR;
    const bits = bitfieldWidth(args, i + 1);
    if (bits === 0) return BITFIELD_TYPE_ERROR;
    const error = bitOffsetError(args, i + 2, bits) ?? (writes ? integerError(args, i + 3) : null);
    if (error !== null) return error;
    i += writes ? 4 : 3;
  }
  return null;
};

export const STRING_CHECKS = {
  set: checkSet,
  getex: checkGetex,
  setex: (args, name) => expireError(args, 2, name === 'setex' ? 'ex' : 'px', name),
  pairs: (args, name) => (args.count % 2 === 0 ? arityError(name) : null),
  increment: (args) => integerError(args, 2),
  decrement: (args) => {
    const by = integerAt(args, 2);
    if (by === null) return NOT_INTEGER;
    return by === INT64_MIN ? 'ERR decrement would overflow' : null;
  },
  incrementFloat: (args) => {
    if (!isLongDouble(args.text(2))) return NOT_FLOAT;
    return isInfinite(args.text(2)) ? 'ERR increment would produce NaN or Infinity' : null;
  },
  setrange: checkSetrange,
  setbit: checkSetbit,
  bitop: checkBitop,
  bitfield: checkBitfield,
} satisfies Record<string, Check>;
