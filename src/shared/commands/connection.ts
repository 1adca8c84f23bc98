/** Commands that the gateway answers itself. Their arguments are its business. */
import { PAST_PYLON } from './notes.js';
import { NO_KEYS, container, inGroup, refused, type Row } from './row.js';
import type { CommandRow, ReplyType } from './types.js';

const local = (name: string, arity: number, since: string, reply: ReplyType): Row => ({
  name, arity, kind: 'local', keys: NO_KEYS, reply, since,
});

const CONNECTION = inGroup('connection',
  local('ping', -1, '1.0.0', 'any'),
  local('echo', 2, '1.0.0', 'bulk'),
  local('quit', -1, '1.0.0', 'ok'),
  local('select', 2, '1.0.0', 'ok'),
  local('hello', -1, '6.0.0', 'any'),
  local('auth', -2, '1.0.0', 'ok'),
  local('reset', 1, '6.2.0', 'simple'),
  container(
    local('client', -2, '2.4.0', 'any'),
    local('id', 2, '5.0.0', 'integer'),
    local('info', 2, '6.2.0', 'bulk'),
    local('list', -2, '2.4.0', 'bulk'),
    local('getname', 2, '2.6.9', 'bulk'),
    local('setname', 3, '2.6.9', 'ok'),
    local('setinfo', 4, '7.2.0', 'ok'),
    local('no-evict', 3, '7.0.0', 'ok'),
    local('no-touch', 3, '7.2.0', 'ok'),
    local('reply', 3, '3.2.0', 'ok'),
    local('help', 2, '5.0.0', 'array'),
    refused('it is about connections of one Redis', "use it at the rack's Redis itself", `
      caching 3 6.0.0
      getredir 2 6.0.0
      kill -3 2.4.0
      pause -3 3.0.0
      tracking -3 6.0.0
      trackinginfo 2 6.2.0
      unblock -3 5.0.0
      unpause 2 6.2.0
    `),
  ),
);

const SERVER = inGroup('server',
  local('info', -1, '1.0.0', 'bulk'),
  local('time', 1, '2.6.0', 'array'),
  local('debug', -2, '1.0.0', 'any'),
  container(
    local('command', -1, '2.8.13', 'any'),
    local('count', 2, '2.8.13', 'integer'),
    local('docs', -2, '7.0.0', 'array'),
    local('getkeys', -3, '2.8.13', 'array'),
    local('getkeysandflags', -3, '7.0.0', 'array'),
    local('info', -2, '2.8.13', 'array'),
    local('list', -2, '7.0.0', 'array'),
    local('help', 2, '5.0.0', 'array'),
  ),
  container(
    local('config', -2, '2.0.0', 'any'),
    local('get', -3, '2.0.0', 'array'),
    local('help', 2, '5.0.0', 'array'),
    refused(PAST_PYLON, 'configure that Redis itself', `
      resetstat 2 2.0.0
      rewrite 2 2.8.0
      set -4 2.0.0
    `),
  ),
);

const PYLON = inGroup('pylon', local('pylon', -2, 'Pylon', 'any'));

export const CONNECTION_COMMANDS: readonly CommandRow[] = [...CONNECTION, ...SERVER, ...PYLON];
