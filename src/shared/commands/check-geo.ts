/** Static checks of geo writes (Redis: geo.c). */
import type { FrameArguments } from '../resp/frame-arguments.js';
import { integerAt, isDouble, NOT_FLOAT, NOT_INTEGER, readDouble, SYNTAX_ERROR, type Check } from './check-values.js';

const LONGITUDE_MAX = 180;
/** Where the Mercator projection ends. */
const LATITUDE_MAX = 85.05112878;
const UNITS = ['m', 'km', 'ft', 'mi'] as const;

/** A double; null when it is none. */
function numberAt(args: FrameArguments, index: number): number | null {
  const text = args.text(index);
  return isDouble(text) ? (readDouble(text) as number) : null;
}

/** C's `%f`. */
function fixed(value: number): string {
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  if (Math.abs(value) >= 1e21) return `${BigInt(value)}.000000`;
  return `${Object.is(value, -0) ? '-' : ''}${value.toFixed(6)}`;
}

function positionError(args: FrameArguments, longitudeAt: number): string | null {
  const longitude = numberAt(args, longitudeAt);
  const latitude = numberAt(args, longitudeAt + 1);
  if (longitude === null || latitude === null) return NOT_FLOAT;
  return Math.abs(longitude) > LONGITUDE_MAX || Math.abs(latitude) > LATITUDE_MAX
    ? `ERR invalid longitude,latitude pair ${fixed(longitude)},${fixed(latitude)}`
    : null;
}

const unitError = (args: FrameArguments, index: number): string | null =>
  UNITS.some((unit) => args.is(index, unit)) ? null : 'ERR unsupported unit provided. please use M, KM, FT, MI';

function distanceError(args: FrameArguments, index: number): string | null {
  const radius = numberAt(args, index);
  if (radius === null) return 'ERR need numeric radius';
  if (radius < 0) return 'ERR radius cannot be negative';
  return unitError(args, index + 1);
}

function boxError(args: FrameArguments, index: number): string | null {
  const [width, height] = [numberAt(args, index), numberAt(args, index + 1)];
  if (width === null) return 'ERR need numeric width';
  if (height === null) return 'ERR need numeric height';
  if (width < 0 || height < 0) return 'ERR height or width cannot be negative';
  return unitError(args, index + 2);
}

/** What the options have said so far. */
interface Options {
  stores: boolean;
  shows: boolean;
  any: boolean;
  counts: boolean;
  from: 'member' | 'position' | null;
  by: 'radius' | 'box' | null;
}

/** How many arguments an option took, or the error text. */
type OptionReader = (args: FrameArguments, i: number, left: number, options: Options) => number | string | null;

const commonOption: OptionReader = (args, i, left, options) => {
  if (['withdist', 'withhash', 'withcoord'].some((word) => args.is(i, word))) {
    options.shows = true;
    return 1;
  }
  if (args.is(i, 'any')) {
    options.any = true;
    return 1;
  }
  if (args.is(i, 'asc') || args.is(i, 'desc')) return 1;
  if (left < 1 || !args.is(i, 'count')) return null;
  const count = integerAt(args, i + 1);
  if (count === null) return NOT_INTEGER;
  options.counts = true;
  return count <= 0n ? 'ERR COUNT must be > 0' : 2;
};

const radiusOption: OptionReader = (args, i, left, options) => {
  if (left < 1 || !(args.is(i, 'store') || args.is(i, 'storedist'))) return null;
  options.stores = true;
  return 2;
};

const searchOption: OptionReader = (args, i, left, options) => {
  if (args.is(i, 'storedist')) return 1;
  if (left >= 1 && args.is(i, 'frommember') && options.from !== 'position') {
    options.from = 'member';
    return 2;
  }
  if (left >= 2 && args.is(i, 'fromlonlat') && options.from !== 'member') {
    options.from = 'position';
    return positionError(args, i + 1) ?? 3;
  }
  if (left >= 2 && args.is(i, 'byradius') && options.by !== 'box') {
    options.by = 'radius';
    return distanceError(args, i + 1) ?? 3;
  }
  if (left >= 3 && args.is(i, 'bybox') && options.by !== 'radius') {
    options.by = 'box';
    return boxError(args, i + 1) ?? 4;
  }
  return null;
};

function readOptions(args: FrameArguments, first: number, own: OptionReader): Options | string {
  const options: Options = { stores: false, shows: false, any: false, counts: false, from: null, by: null };
  for (let i = first; i < args.count;) {
    const left = args.count - i - 1;
    const taken = commonOption(args, i, left, options) ?? own(args, i, left, options) ?? SYNTAX_ERROR;
    if (typeof taken === 'string') return taken;
    i += taken;
  }
  return options;
}

const anyError = (options: Options): string | null =>
  options.any && !options.counts ? 'ERR the ANY argument requires COUNT argument' : null;

function radiusError(args: FrameArguments, first: number): string | null {
  const options = readOptions(args, first, radiusOption);
  if (typeof options === 'string') return options;
  if (options.stores && options.shows) {
    return 'ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options';
  }
  return anyError(options);
}

/** GEOSEARCHSTORE destination source <FROMMEMBER … | FROMLONLAT …> <BYRADIUS … | BYBOX …> [options] */
const checkSearchStore: Check = (args) => {
  const options = readOptions(args, 3, searchOption);
  if (typeof options === 'string') return options;
  const typed = args.text(0);
  if (options.shows) {
    return 'ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options';
  }
  if (options.from === null) return `ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for ${typed}`;
  if (options.by === null) return `ERR exactly one of BYRADIUS and BYBOX can be specified for ${typed}`;
  return anyError(options);
};

/** GEOADD key [NX | XX] [CH] longitude latitude member … */
const checkGeoadd: Check = (args) => {
  let first = 2;
  let [nx, xx] = [false, false];
  for (; first < args.count; first++) {
    if (args.is(first, 'nx')) nx = true;
    else if (args.is(first, 'xx')) xx = true;
    else if (!args.is(first, 'ch')) break;
  }
  if ((args.count - first) % 3 !== 0 || (nx && xx)) return SYNTAX_ERROR;
  for (let i = first; i < args.count; i += 3) {
    const error = positionError(args, i);
    if (error !== null) return error;
  }
  // Redis makes a ZADD of it, which wants one pair at least.
  return first === args.count ? SYNTAX_ERROR : null;
};

export const GEO_CHECKS = {
  geoadd: checkGeoadd,
  georadius: (args) => positionError(args, 2) ?? distanceError(args, 4) ?? radiusError(args, 6),
  // Redis reads the distance only once it has found the key: whether that is an error depends on the data.
  georadiusbymember: (args) => radiusError(args, 5),
  geosearchstore: checkSearchStore,
} satisfies Record<string, Check>;
