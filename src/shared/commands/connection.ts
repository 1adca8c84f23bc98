/** Commands that the gateway answers itself. */
import { NO_KEYS } from './row.js';
import type { CommandRow, ReplyType } from './types.js';

const local = (name: string, arity: number, since: string, reply: ReplyType): CommandRow => ({
  name, arity, kind: 'local', keys: NO_KEYS, reply, since,
});

export const CONNECTION_COMMANDS: readonly CommandRow[] = [
  local('ping', -1, '1.0.0', 'any'),
  local('echo', 2, '1.0.0', 'bulk'),
  local('quit', -1, '1.0.0', 'ok'),
  local('select', 2, '1.0.0', 'ok'),
  local('hello', -1, '6.0.0', 'any'),
  local('auth', -2, '1.0.0', 'ok'),
  local('reset', 1, '6.2.0', 'simple'),
  local('client', -2, '2.4.0', 'any'),
  local('command', -1, '2.8.13', 'any'),
  local('info', -1, '1.0.0', 'bulk'),
  local('config', -2, '2.0.0', 'any'),
  local('time', 1, '2.6.0', 'array'),
  local('debug', -2, '1.0.0', 'any'),
  local('pylon', -2, 'Pylon', 'any'),
];
