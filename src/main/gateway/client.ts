/**
 * One client connection: bytes in, commands routed, replies out in order.
 *
 * A chunk of bytes is scanned into rows (frame table); runs of plain reads go to the local Redis as one slice, writes
 * into the open batch of the log, the rest one by one (dispatch.ts). When the client has enough in flight, or what it
 * needs is backlogged, it is parked: the rows and bytes not routed yet are kept, its socket is not read, and it goes on
 * when there is room. So a client never makes more work than fits, and its commands keep their order.
 */

import type { Socket } from 'node:net';
import type { FrameTable } from '../../shared/resp/frame-table.js';
import { encodeError } from '../../shared/resp/encode.js';
import { KIND_OF, BY_ARGUMENTS, KIND_READ } from '../../shared/commands/table.js';
import { PROTOCOL_ERROR, RequestInput } from '../../shared/resp/request-input.js';
import { limits } from '../../shared/limits.js';
import type { ClientRegistry, GatewayContext, ReplyMode } from './context.js';
import { dispatch } from './dispatch.js';
import { Outlet } from './outlet.js';
import { copyRows } from './copy-rows.js';
import type { Scanned } from './parse-pool.js';
import { ReplyOrder } from './reply-order.js';
import { ReplyWindow } from './reply-window.js';
import type { WriteLog } from './write-log.js';

/** What a client library tells of itself (CLIENT SETNAME, CLIENT SETINFO). */
export interface ClientFacts {
  name: string;
  libraryName: string;
  libraryVersion: string;
}

/** Index of commands that are reads whatever their arguments. */
const plainRead = Uint8Array.from(KIND_OF, (kind, index) => (kind === KIND_READ && BY_ARGUMENTS[index] === 0 ? 1 : 0));

/** How long a client that was sent everything may take to close its end; and how long it may take to read it. */
const lingerMs = 1_000;
const closeMsMax = 60_000;

const tooMuchPending = encodeError(
  'PYLON_BUSY too many unfinished commands are being received from all clients together; nothing of this one was done',
);

export class Client {
  readonly id: number;
  readonly socket: Socket;
  readonly facts: ClientFacts = { name: '', libraryName: '', libraryVersion: '' };
  readonly connectedMs = Date.now();
  replyMode: ReplyMode;
  readonly order: ReplyOrder;
  readonly writeLog: WriteLog;
  readonly #context: GatewayContext;
  readonly #registry: ClientRegistry;
  readonly #outlet: Outlet;
  readonly #window = new ReplyWindow();
  readonly #input: RequestInput;
  #parked = false;
  /** While parked: rows scanned and not routed, from `#parkedRow` on, then bytes not scanned. */
  #parkedRows: FrameTable | null = null;
  #parkedRow = 0;
  #parkedBytes: Buffer | null = null;
  /** Its rows are with the parse pool; nothing may overtake them. */
  #scanning = false;
  /** What the parse pool gave: its memory goes back when nothing parked points into it. */
  #scanned: Scanned | null = null;
  #resumeScheduled = false;
  /** It will send no more, but may still read what it is owed. */
  #inputEnded = false;
  /** QUIT, a protocol error, or all its requests done: close when what is owed has gone out. */
  #ending = false;
  #hungUp = false;
  #destroyed = false;
  /** What `#input` keeps of an unfinished command, as counted in the budget that all clients share. */
  #pendingBytes = 0;
  /** Bytes per command of late, to tell many small commands from few big ones. */
  #bytesPerCommand = 0;

  constructor(id: number, socket: Socket, context: GatewayContext, registry: ClientRegistry) {
    this.id = id;
    this.socket = socket;
    this.#context = context;
    this.#registry = registry;
    this.replyMode = context.replyMode;
    this.writeLog = context.writeLogs[id % context.writeLogs.length];
    this.#outlet = new Outlet(socket, context.flusher);
    this.order = new ReplyOrder(this);
    this.#input = new RequestInput(context.requestLimits);
    socket.on('drain', () => this.scheduleResume());
    socket.on('end', () => this.#endInput());
    socket.on('error', () => this.destroy());
    socket.on('close', () => this.destroy());
  }

  /** False when the socket must not be read for now. What still comes while it is ending is read and dropped. */
  get reading(): boolean {
    return !this.#destroyed && (this.#ending || (!this.#parked && !this.#scanning));
  }

  /** Commands taken and not answered yet. */
  get inFlight(): number {
    return this.#window.inFlight;
  }

  /** Bytes from the socket; `buffer` is shared by all clients and good until this returns. */
  receive(buffer: Buffer, bytes: number): void {
    if (this.#destroyed || this.#ending) return;
    this.#context.counters.add('bytesIn', bytes);
    this.#guarded(() => this.#take(buffer, 0, bytes));
    this.#context.flusher.flush();
  }

  /** There may be room again: takes up what was parked. */
  resume(): void {
    this.#resumeScheduled = false;
    if (!this.#parked || this.#destroyed || !this.#mayResume()) return;
    this.#parked = false;
    this.#guarded(() => this.#takeParked());
    this.#context.flusher.flush();
    if (!this.#parked && this.#scanned !== null) {
      this.#context.parsePool?.release(this.#scanned);
      this.#scanned = null;
    }
    if (this.reading) this.socket.resume();
    if (this.#inputEnded) this.#endInput();
  }

  emit(...slice: Parameters<Outlet['emit']>): void {
    this.#outlet.emit(...slice);
  }

  progressed(completed: number, bytes: number): void {
    this.#window.completed(completed, bytes);
    if (this.#parked && this.#window.mayResume) this.scheduleResume();
    if (this.#ending && !this.#hungUp && this.order.settled) this.scheduleResume();
  }

  broken(): void {
    this.destroy();
  }

  /** Answers one command now, in its turn. */
  answer(reply: Buffer): void {
    this.#window.opened(1);
    this.order.answer(reply);
  }

  /** Sends whole frames of reads to the local Redis. */
  forward(buffer: Buffer, start: number, end: number, count: number): void {
    const { upstream, counters } = this.#context;
    counters.add('commandsRead', count);
    this.#window.opened(count);
    if (upstream.up) {
      upstream.forward(this.order.open(upstream), buffer, start, end, count);
      return;
    }
    const error = this.#context.readsUnavailable();
    for (let left = count; left > 0; left--) this.order.answer(error); // counted above
  }

  /**
   * Puts one whole frame of a write into the log. `reply` is what the client gets when it is there; undefined: what the
   * rack's Redis answers when it is applied.
   */
  write(buffer: Buffer, start: number, end: number, reply: Buffer | undefined): void {
    this.#context.counters.add('commandsWritten', 1);
    this.#window.opened(1);
    this.writeLog.append(this.order, buffer, start, end, reply);
  }

  /** Answers one command later, in its turn. Everything behind it goes on meanwhile. */
  answerLater(reply: Promise<Buffer>): void {
    this.#window.opened(1);
    const segment = this.order.open({ name: 'later' });
    segment.awaited++;
    const fault = (error: unknown): void => this.#fault(error);
    reply.then((bytes) => {
      this.order.deliver(segment, bytes, 0, bytes.length, 1, null);
      this.#context.flusher.flush();
    }).catch(fault);
  }

  /** Takes no more commands; the connection is closed when everything owed has been sent. */
  end(): void {
    this.#ending = true;
    this.#parkedRows = null;
    this.#parkedBytes = null;
    this.scheduleResume();
  }

  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.order.close();
    this.#parkedRows = null;
    this.#parkedBytes = null;
    this.#context.pendingInput.bytes -= this.#pendingBytes;
    this.#pendingBytes = 0;
    this.#registry.left(this);
    this.socket.destroy();
  }

  /** A fault of our own costs this connection, not the process. */
  #guarded(work: () => void): void {
    try {
      work();
      this.#countPending();
    } catch (error) {
      this.#fault(error);
    }
  }

  #fault(error: unknown): void {
    this.#context.bug(error);
    this.destroy();
  }

  /** Keeps account of unfinished commands: each is bounded on its own, this bounds them all together. */
  #countPending(): void {
    const { pendingInput } = this.#context;
    const bytes = this.#input.pendingBytes;
    if (bytes === this.#pendingBytes || this.#destroyed) return;
    const grown = bytes > this.#pendingBytes;
    pendingInput.bytes += bytes - this.#pendingBytes;
    this.#pendingBytes = bytes;
    if (!grown || pendingInput.bytes <= limits.pendingInputBytesMax || this.#ending) return;
    this.answer(tooMuchPending);
    this.end();
  }

  #takeParked(): void {
    const rows = this.#parkedRows;
    this.#parkedRows = null;
    if (rows !== null) this.#route(rows, this.#parkedRow);
    if (this.#parked) return;
    if (this.#input.failed) return this.#refuseBytes();
    const bytes = this.#parkedBytes;
    if (bytes === null) return;
    this.#parkedBytes = null;
    this.#take(bytes, 0, bytes.length);
  }

  #take(buffer: Buffer, start: number, end: number): void {
    const { table } = this.#context;
    let at = start;
    while (at < end) {
      if (this.#ending) return;
      if (this.#parked) {
        const rest = buffer.subarray(at, end);
        this.#parkedBytes = buffer === this.#context.readBuffer ? Buffer.from(rest) : rest;
        return;
      }
      if (this.#offload(buffer, at, end)) return;
      const status = this.#input.feed(buffer, at, end, table);
      const from = at;
      at = this.#input.position;
      if (table.count > 0) this.#bytesPerCommand = (at - from) / table.count;
      this.#route(table, 0);
      if (status === PROTOCOL_ERROR) {
        if (!this.#parked) this.#refuseBytes(); // else when the commands before it were routed
        return;
      }
    }
  }

  /** Hands bulk bytes of many small commands to the parse pool. @returns false when they are better scanned here */
  #offload(buffer: Buffer, start: number, end: number): boolean {
    const { parsePool } = this.#context;
    if (parsePool === null || !this.#input.idle || !parsePool.pays(end - start, this.#bytesPerCommand)) return false;
    this.#scanning = true;
    this.socket.pause();
    this.#context.counters.add('readsOffloaded', 1);
    const fault = (error: unknown): void => this.#fault(error);
    parsePool.scan(buffer.subarray(start, end)).then((scanned) => this.#takeScanned(scanned)).catch(fault);
    return true;
  }

  /** What the pool gives back is taken up like something parked. */
  #takeScanned(scanned: Scanned): void {
    this.#scanning = false;
    if (this.#destroyed) return;
    const { table, position } = scanned;
    this.#scanned = scanned;
    this.#bytesPerCommand = table.count === 0 ? 0 : position / table.count;
    if (position < table.buffer.length) this.#parkedBytes = table.buffer.subarray(position);
    this.#parkedRows = table;
    this.#parkedRow = 0;
    this.#parked = true;
    this.resume();
  }

  /** Routes rows in order; parks the client with the rest when it has enough in flight. */
  #route(table: FrameTable, from: number): void {
    const { count, start, end, command, flags, buffer } = table;
    let room = this.#room();
    let runStart = 0;
    let runEnd = 0;
    let run = 0;
    for (let row = from; row < count; row++) {
      const plain = command[row] >= 0 && flags[row] === 0 && plainRead[command[row]] === 1;
      // A run is one slice: it ends where bytes of no command lie between (an empty line, a skipped frame).
      if (run > 0 && (!plain || start[row] !== runEnd)) {
        this.forward(buffer, runStart, runEnd, run);
        run = 0;
      }
      if (room <= 0 || this.#ending) {
        if (run > 0) this.forward(buffer, runStart, runEnd, run);
        if (!this.#ending) this.#park(table, row);
        return;
      }
      if (plain) {
        if (run++ === 0) runStart = start[row];
        runEnd = end[row];
        room--;
      } else {
        dispatch(this, this.#context, table, row);
        room = this.#room();
      }
    }
    if (run > 0) this.forward(buffer, runStart, runEnd, run);
  }

  #room(): number {
    const { upstream } = this.#context;
    if (upstream.backlogged || this.writeLog.full) return 0;
    if (this.#outlet.queuedBytes + this.order.heldBytes > limits.clientOutBytesPause) return 0;
    return this.#window.room;
  }

  #mayResume(): boolean {
    return this.#window.mayResume && this.#room() > 0;
  }

  #park(table: FrameTable, row: number): void {
    const shared = table === this.#context.table;
    this.#parkedRows = shared ? copyRows(table, row) : table;
    this.#parkedRow = shared ? 0 : row;
    this.#parked = true;
    this.socket.pause();
    this.scheduleResume(); // at the end of the turn the replies made in it are on their way
  }

  /** Looks again, at the end of this turn, whether it may go on or is to be closed. */
  scheduleResume(): void {
    if (this.#resumeScheduled || this.#destroyed) return;
    this.#resumeScheduled = true;
    setImmediate(() => {
      if (!this.#ending) return this.resume();
      this.#resumeScheduled = false;
      if (this.order.settled && !this.#destroyed) this.#hangUp();
    });
  }

  /**
   * Closes in the way that lets the last replies arrive: a socket closed with unread bytes in it would be reset, and the
   * peer could lose what it has not read. So the rest is read and dropped until the peer closes, for a moment.
   */
  #hangUp(): void {
    if (this.#hungUp) return;
    this.#hungUp = true;
    this.#context.flusher.flush();
    const closeIn = (ms: number): unknown => setTimeout(() => this.destroy(), ms).unref();
    this.socket.end(() => closeIn(lingerMs));
    this.socket.resume();
    closeIn(closeMsMax);
  }

  /** The client sent what is no RESP: Redis's own words, and the end of this connection. */
  #refuseBytes(): void {
    this.#context.counters.add('protocolErrors', 1);
    this.answer(encodeError(`ERR ${this.#input.errorText}`));
    this.end();
  }

  /** What it sent before is still done, and it gets what it is owed. */
  #endInput(): void {
    this.#inputEnded = true;
    if (!this.#parked && !this.#scanning) this.end();
  }
}
