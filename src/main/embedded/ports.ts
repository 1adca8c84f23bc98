// Free TCP ports on the loopback interface, chosen by the operating system.
//
// Between choosing a port and a server binding it somebody else may take it. Nothing here can prevent that: who starts
// a server on such a port tries again with another one when it could not be bound.

import { createServer, type AddressInfo, type Server } from 'node:net';

/**
 * Ports that are free now, all different.
 * @param count how many
 */
export async function freePorts(count: number): Promise<number[]> {
  // All are held until all are chosen, so that none is given twice.
  const servers = await Promise.all(Array.from({ length: count }, listen));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}

function listen(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0, exclusive: true }, () => resolve(server));
  });
}
