/**
 * Stream commands. Entry ids come from the log clock, approximate trimming is made exact, and what is decided by how
 * long an entry has been idle is refused: each rack's Redis has an idle time of its own.
 */
import { UNPROVEN } from './notes.js';
import {
  NO_KEYS, ONE_KEY, SUB_KEY, container, inGroup, read, refused, write, type Row,
} from './row.js';
import type { CommandRow, RefusedForm } from './types.js';

const blocks = (form: string, instead: string): RefusedForm => ({
  form, reason: 'it blocks the connection', instead,
});
const idleTime = (form: string): RefusedForm => ({
  form, reason: "how long an entry has been idle is told by each rack's own clock",
  instead: 'ask XPENDING ... IDLE, then claim what it names with a min-idle-time of 0',
});
const EXACT = 'MAXLEN ~ and MINID ~ trim exactly, without LIMIT: how much ~ leaves depends on each Redis.';

/** XGROUP and XINFO. */
const help = (arity: number): Row => read('help', arity, '5.0.0', NO_KEYS, 'array');

export const STREAM_COMMANDS: readonly CommandRow[] = inGroup('stream',
  read('xlen', 2, '5.0.0', ONE_KEY, 'integer'),
  read('xrange', -4, '5.0.0', ONE_KEY, 'array'),
  read('xrevrange', -4, '5.0.0', ONE_KEY, 'array'),
  read('xpending', -3, '5.0.0', ONE_KEY, 'array', { note: 'Idle times are those of the rack that answers.' }),
  read('xread', -4, '5.0.0', 'streams', 'array', {
    byArguments: 'xread', refusedForm: blocks('xread ... block', 'poll with XREAD without BLOCK'),
  }),
  container(
    read('xinfo', -2, '5.0.0', NO_KEYS, 'any'),
    read('stream', -3, '5.0.0', SUB_KEY, 'array'),
    read('groups', 3, '5.0.0', SUB_KEY, 'array'),
    read('consumers', 4, '5.0.0', SUB_KEY, 'array', { note: 'Idle times are those of the rack that answers.' }),
    help(2),
  ),
  write('xadd', -5, '5.0.0', ONE_KEY, 'bulk', 'nil', {
    check: 'xadd', rewrite: 'xadd',
    note: 'The id * is the time of the log. A stream whose last id lies in the future takes * again when the log gets '
      + `there. ${EXACT}`,
  }),
  write('xdel', -3, '5.0.0', ONE_KEY, 'integer', 'zero'),
  write('xtrim', -4, '5.0.0', ONE_KEY, 'integer', 'zero', { check: 'xtrim', rewrite: 'xtrim', note: EXACT }),
  // Its +OK says that the key exists and the id fits: known only when it is applied.
  write('xsetid', -3, '5.0.0', ONE_KEY, 'ok', 'ok', { check: 'xsetid' }),
  container(
    write('xgroup', -2, '5.0.0', NO_KEYS, 'any', 'ok'),
    write('create', -5, '5.0.0', SUB_KEY, 'ok', 'ok', { check: 'xgroupCreate' }),
    write('setid', -5, '5.0.0', SUB_KEY, 'ok', 'ok', { check: 'xgroupSetid' }),
    write('destroy', 4, '5.0.0', SUB_KEY, 'integer', 'zero'),
    write('createconsumer', 5, '6.2.0', SUB_KEY, 'integer', 'zero'),
    write('delconsumer', 5, '5.0.0', SUB_KEY, 'integer', 'zero'),
    help(2),
  ),
  write('xreadgroup', -7, '5.0.0', 'streams', 'array', 'nilArray', {
    byArguments: 'xreadgroup', check: 'xreadgroup',
    refusedForm: blocks('xreadgroup ... block', 'poll with XREADGROUP without BLOCK'),
    note: "Who gets an entry is decided by the log. The time of delivery is that of each rack's own clock.",
  }),
  write('xack', -4, '5.0.0', ONE_KEY, 'integer', 'zero'),
  write('xclaim', -6, '5.0.0', ONE_KEY, 'array', 'emptyArray', {
    byArguments: 'xclaim', check: 'xclaim', rewrite: 'xclaim', refusedForm: idleTime('xclaim ... min-idle-time'),
    note: 'Only with a min-idle-time of 0. The time of delivery is that of the log.',
  }),
  write('xautoclaim', -6, '6.2.0', ONE_KEY, 'array', 'emptyArray', {
    byArguments: 'xclaim', check: 'xautoclaim', refusedForm: idleTime('xautoclaim ... min-idle-time'),
    note: "Only with a min-idle-time of 0. The time of delivery is that of each rack's own clock.",
  }),
  refused(UNPROVEN, 'use XDEL', 'xdelex -5 8.2.0'),
  refused(UNPROVEN, 'use XACK and XDEL', 'xackdel -6 8.2.0'),
  refused(UNPROVEN, 'leave the entry pending', 'xnack -7 8.8.0'),
  refused(UNPROVEN, 'use ids of your own with XADD', `
    xcfgset -2 8.6.0
    xidmprecord 5 8.6.2
  `),
);
