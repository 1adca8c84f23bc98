/**
 * Wraps an accepted connection so that its bytes land in one static buffer shared by all clients: no allocation per
 * read. Node offers that (`onread`) for sockets that it connects; for accepted ones the handle is moved to a socket made
 * with the option. Where a Node version keeps its handle elsewhere, the public way serves: slower, the same to the caller.
 */

import { Socket } from 'node:net';

const keepAliveMs = 60_000;

/**
 * @param accepted from a server with `pauseOnConnect` and `allowHalfOpen`; not to be used any more
 * @param readBuffer where the bytes are put before each call of `receive`, unless they come in a buffer of their own
 * @param receive takes the first `bytes` of `buffer`; returns false to have the socket paused
 */
export function wrapAccepted(
  accepted: Socket,
  readBuffer: Buffer,
  receive: (buffer: Buffer, bytes: number) => boolean,
): Socket {
  const owner = accepted as unknown as { _handle: object | null | undefined };
  const handle = owner._handle;
  let socket: Socket;
  if (handle === undefined || handle === null) {
    socket = accepted;
    socket.on('data', (chunk: Buffer) => {
      if (!receive(chunk, chunk.length)) socket.pause();
    });
  } else {
    owner._handle = null;
    socket = new Socket({
      handle,
      allowHalfOpen: true,
      onread: { buffer: readBuffer, callback: (bytes: number) => receive(readBuffer, bytes) },
    } as object);
  }
  socket.setNoDelay(true);
  socket.setKeepAlive(true, keepAliveMs);
  return socket;
}
