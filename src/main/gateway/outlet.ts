/**
 * The way out to one client socket: gathers what a turn of the loop has for it and sends it as one write.
 *
 * Most turns bring one slice (a run of replies lying in the upstream's read buffer), which is written as it lies. When
 * the kernel does not take it at once and the buffer belongs to somebody who will overwrite it, the owner is told to
 * give that buffer up. Further slices of the same turn are joined when small.
 */

import type { Socket } from 'node:net';
import type { BufferOwner, ReplySink } from './reply-order.js';

const joinBytesMax = 64 * 1024;

interface Piece {
  readonly bytes: Buffer;
  readonly owner: BufferOwner | null;
}

/** The outlets that have something to send; flushed at the end of each event that produced replies. */
export class OutletFlusher {
  #touched: Outlet[] = [];

  touch(outlet: Outlet): void {
    this.#touched.push(outlet);
  }

  flush(): void {
    // Sending may end a connection, which may answer others: they are touched again and sent in the next round.
    while (this.#touched.length > 0) {
      const touched = this.#touched;
      this.#touched = [];
      for (const outlet of touched) outlet.flush();
    }
  }
}

export class Outlet implements ReplySink {
  readonly #socket: Socket;
  readonly #flusher: OutletFlusher;
  #buffer: Buffer | null = null;
  #start = 0;
  #end = 0;
  #owner: BufferOwner | null = null;
  #more: Piece[] | null = null;
  /** Bytes sent since the beginning. */
  bytes = 0;

  constructor(socket: Socket, flusher: OutletFlusher) {
    this.#socket = socket;
    this.#flusher = flusher;
  }

  /** Bytes that the kernel has not taken yet. */
  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  emit(buffer: Buffer, start: number, end: number, owner: BufferOwner | null): void {
    if (this.#buffer === null) {
      this.#buffer = buffer;
      this.#start = start;
      this.#end = end;
      this.#owner = owner;
      this.#flusher.touch(this);
    } else if (this.#more === null && this.#buffer === buffer && this.#end === start) {
      this.#end = end;
    } else {
      (this.#more ??= []).push({ bytes: buffer.subarray(start, end), owner });
    }
  }

  flush(): void {
    const buffer = this.#buffer;
    if (buffer === null) return;
    const first = this.#start === 0 && this.#end === buffer.length ? buffer : buffer.subarray(this.#start, this.#end);
    const owner = this.#owner;
    const more = this.#more;
    this.#buffer = null;
    this.#owner = null;
    this.#more = null;
    if (this.#socket.destroyed || !this.#socket.writable) return;
    if (more === null) this.#write(first, owner);
    else this.#writeAll([{ bytes: first, owner }, ...more]);
  }

  #writeAll(pieces: Piece[]): void {
    const total = pieces.reduce((sum, { bytes }) => sum + bytes.length, 0);
    if (total <= joinBytesMax) {
      this.#write(Buffer.concat(pieces.map(({ bytes }) => bytes), total), null);
      return;
    }
    for (const { bytes, owner } of pieces) this.#write(bytes, owner);
  }

  #write(bytes: Buffer, owner: BufferOwner | null): void {
    this.bytes += bytes.length;
    if (owner === null) {
      this.#socket.write(bytes);
    } else if (this.#socket.writableLength > 0) {
      this.#socket.write(Buffer.from(bytes)); // it will have to wait: keep a copy, not the owner's whole buffer
    } else {
      this.#socket.write(bytes);
      if (this.#socket.writableLength > 0) owner.surrenderBuffer();
    }
  }
}
