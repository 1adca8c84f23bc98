/** How ioredis is set up for the control plane: what all of its connections to the rack's Redis have in common. */

import type { RedisEndpoint } from '../../shared/messages.js';

const retryMsMax = 1_000;

/** @param name shown by CLIENT LIST */
export function controlPlaneOptions(endpoint: RedisEndpoint, name: string) {
  return {
    host: endpoint.host,
    port: endpoint.port,
    ...(endpoint.username === undefined ? {} : { username: endpoint.username }),
    ...(endpoint.password === undefined ? {} : { password: endpoint.password }),
    connectionName: name,
    enableReadyCheck: false,
    maxRetriesPerRequest: null,
    retryStrategy: (tries: number): number => Math.min(50 * 2 ** Math.min(tries, 5), retryMsMax),
  };
}
