// Free TCP ports on the loopback interface, for servers that are to come back on the same port after a restart.
//
// Below the range from which operating systems take the ports of outgoing connections (32768 and up on Linux, 49152 on
// others): a port from there may be in use by some connection just when its server is started again. Between choosing a
// port and a server binding it somebody else may take it all the same: who starts a server on such a port tries again
// with another one when it could not be bound.

import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

const first = 10_000;
const end = 32_768;
const triesMax = 1_000;

/**
 * Ports that are free now, all different.
 * @param count how many
 * @throws Error when there are none
 */
export async function freePorts(count: number): Promise<number[]> {
  // All are held until all are chosen, so that none is given twice.
  const servers = new Map<number, Server>();
  try {
    for (let tries = 0; servers.size < count; tries++) {
      if (tries === triesMax) throw new Error(`no free ports from ${first} to ${end - 1} on 127.0.0.1`);
      const port = randomInt(first, end);
      const server = servers.has(port) ? undefined : await listen(port);
      if (server !== undefined) servers.set(port, server);
    }
    return [...servers.keys()];
  } finally {
    await Promise.all([...servers.values()].map((server) => new Promise((closed) => server.close(closed))));
  }
}

/** @returns undefined when the port is taken */
function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => resolve(server));
  });
}
