/** The corpus of stream, geo and HyperLogLog writes with good, odd and bad arguments (see write-corpus.ts). */
import { options, product, shuffled } from './corpus-parts.js';

const IDS = [
  '0', '0-0', '5-5', '5-6', '6', '6-0', '6-*', '*', '-', '+', '$', '>', '', '5-', '-5', '+7', ' 8', '007-1', '9- -1',
  '9--1',
  '5-5-5', 'abc', '5-a', '18446744073709551615', '18446744073709551616', '18446744073709551615-18446744073709551615',
  '6\0x', '*\0', '(5', '(5-5', '(18446744073709551615-18446744073709551615', '1'.repeat(128), '9-**',
];
const NUMBERS = ['0', '13.4', '-13.4', '180', '180.0001', '-181', '85.05112878', '85.06', '90', 'abc', '', 'nan',
  'inf', '-inf',
  '1e30', ' 1', '1 ', '0x10', '1e400', '-0'];
const UNITS = ['m', 'KM', 'ft', 'mi', 'yd', '', 'm\0x'];

const streams = (): string[][] => [
  ...product(['xadd'], ['k'], IDS, ['f'], ['v']),
  ...product(['xadd'], ['k'], ['maxlen', 'MINID'], ['~', '=', '5', '-1', 'a', '5-'], ['5', '6-1', '*', '-1'], ['*',
    '6', 'limit'],
    ['f', '10'], ['v', '*'], ['f', 'v']),
  ...shuffled(['xadd', 'k'], ['maxlen', 'minid', '~', '=', '5', 'limit', '10', '0', '*', '6-1', 'nomkstream', 'f',
    'v'], 5000, 9, 40),
  ...shuffled(['XTRIM', 'k'], ['maxlen', 'minid', '~', '=', '5', 'limit', '10', '0', '-1', 'x'], 3000, 7, 41),
  ...product(['xsetid'], ['k'], IDS),
  ...shuffled(['xsetid', 'k', '7-7'], ['entriesadded', 'MAXDELETEDID', '0', '5', '-1', '7-7', '8-8', 'x'], 1500, 5, 42),
  ...product(['xdel'], ['k'], IDS, ['5-5', 'x']),
  ...product(['xack'], ['k'], ['g', 'h'], IDS),
  ...product(['xgroup'], ['create', 'SETID', 'setid'], ['k'], ['g', 'h'], IDS),
  ...shuffled(['xgroup', 'create', 'k', 'h', '0'], ['mkstream', 'entriesread', '5', '-1', '-2', 'x'], 800, 5, 43),
  ...shuffled(['xgroup', 'create', 'new', 'h', 'x-'], ['mkstream', 'entriesread', '5'], 100, 4, 44),
  ...shuffled(['XGROUP', 'SETID', 'k', 'g', '0'], ['entriesread', '5', '-1', '-2', 'mkstream'], 300, 4, 45),
  ...['create', 'setid', 'destroy', 'createconsumer', 'delconsumer'].flatMap((name) => [2, 3, 4, 5, 6].map((count) =>
    ['xgroup', name, ...Array.from({ length: count - 2 }, () => 'k')])),
  ...shuffled(['xreadgroup'], ['group', 'g', 'c', 'count', '5', 'x', 'noack', 'streams', 'k', '>', '0', '$', '+'],
    4000, 9, 46),
  ...product(['xreadgroup'], ['group'], ['g'], ['c'], ['streams'], ['k'], IDS),
  ...product(['xclaim'], ['k'], ['g', 'h'], ['c'], ['0', '-1'], IDS, ['5-5', 'justid']),
  ...shuffled(['xclaim', 'k', 'g', 'c', '0', '5-5'],
    ['idle', 'TIME', 'retrycount', 'force', 'justid', 'lastid', '5', '-1', 'x', '6-6', '-'], 3000, 5, 47),
  ...product(['xautoclaim'], ['k'], ['g', 'h'], ['c'], ['0'], IDS),
  ...shuffled(['xautoclaim', 'k', 'g', 'c', '0', '0'], ['count', '5', '0', '-1', 'x', 'justid'], 400, 4, 48),
  ...product(['xautoclaim'], ['k'], ['g'], ['c'], ['0'], ['0'], ['count'], ['1', '0', '-1', 'a', '576460752303423488',
    '1000000']),
];

const geo = (): string[][] => [
  ...product(['geoadd'], ['k'], NUMBERS, NUMBERS, ['m']),
  ...shuffled(['GEOADD', 'k'], ['nx', 'XX', 'ch', '13', '38', 'm', '200'], 2500, 8, 50),
  ...product(['georadius'], ['geo', 'new'], ['13', 'a', '181'], ['38', '86'], NUMBERS, UNITS, ['store'], ['d']),
  ...product(['georadiusbymember'], ['geo', 'new'], ['m', 'n'], NUMBERS, UNITS, ['store'], ['d']),
  ...['georadius geo 13 38 200 km', 'georadiusbymember geo m 200 km'].flatMap((line, i) => shuffled(
    [...line.split(' '), 'store', 'd'],
    ['withdist', 'withcoord', 'withhash', 'count', '2', '0', 'x', 'any', 'asc', 'DESC', 'store', 'storedist'], 1500, 5,
    51 + i)),
  ...['frommember m byradius 200 km', 'fromlonlat 13 38 bybox 5 5 km', 'frommember m', 'byradius 5 m'].flatMap((line,
    i) =>
    shuffled(['GeoSearchStore', 'd', 'geo', ...line.split(' ')], [
      'frommember', 'fromlonlat', 'byradius', 'bybox', '13', '38', '-5', 'km', 'yd', 'm', 'storedist', 'count', 'any',
      'withdist',
      'asc',
    ], 1500, 7, 53 + i)),
  ...product(['geosearchstore'], ['d'], ['geo'], ['fromlonlat'], NUMBERS, ['38'], ['bybox'], NUMBERS, ['5', 'a', '-1'],
    UNITS),
];

const hyperLogLogs = (): string[][] => options('pfadd k | pfadd k a b | pfmerge d | pfmerge d k | PFADD | pfmerge');

export const streamAndGeoWrites = (): string[][] => [...streams(), ...geo(), ...hyperLogLogs()];
