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

/** A larger piece is sent by itself: copying it would cost more than another write. */
const copyBytesMax = 16 * 1024;

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
  /** Bytes in `#more`. */
  #moreBytes = 0;

  constructor(socket: Socket, flusher: OutletFlusher) {
    this.#socket = socket;
    this.#flusher = flusher;
  }

  /** Bytes that the kernel has not taken yet, those of this turn included. */
  get queuedBytes(): number {
    return this.#socket.writableLength + this.#end - this.#start + this.#moreBytes;
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
      this.#moreBytes += end - start;
    }
  }

  flush(): void {
    const buffer = this.#buffer;
    if (buffer === null) return;
    const first = this.#start === 0 && this.#end === buffer.length ? buffer : buffer.subarray(this.#start, this.#end);
    const owner = this.#owner;
    const more = this.#more;
    this.#buffer = null;
    this.#start = this.#end = this.#moreBytes = 0;
    this.#owner = null;
    this.#more = null;
    if (this.#socket.destroyed || !this.#socket.writable) return;
    if (more === null) this.#write(first, owner);
    else this.#writeAll([{ bytes: first, owner }, ...more]);
  }

  /** Neighbours that are small are joined, up to a bound. */
  #writeAll(pieces: Piece[]): void {
    let small: Buffer[] = [];
    let smallBytes = 0;
    const writeSmall = (): void => {
      if (smallBytes > 0) this.#write(Buffer.concat(small, smallBytes), null);
      small = [];
      smallBytes = 0;
    };
    for (const { bytes, owner } of pieces) {
      const large = bytes.length > copyBytesMax;
      if (large || smallBytes + bytes.length > joinBytesMax) writeSmall();
      if (large) {
        this.#write(bytes, owner);
      } else {
        small.push(bytes);
        smallBytes += bytes.length;
      }
    }
    writeSmall();
  }

  #write(bytes: Buffer, owner: BufferOwner | null): void {
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
