import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { Outlet, OutletFlusher } from '../../../../src/main/gateway/outlet.js';

/** A socket that takes everything, or nothing. */
function fakeSocket() {
  const state = { writes: [] as Buffer[], writableLength: 0, stuck: false, destroyed: false, writable: true };
  const socket = Object.assign(state, {
    write(bytes: Buffer) {
      state.writes.push(bytes);
      if (state.stuck) state.writableLength += bytes.length;
      return !state.stuck;
    },
  });
  return { state, socket: socket as unknown as Socket };
}

test('what a turn has made counts as queued until it is sent', () => {
  const { socket, state } = fakeSocket();
  const flusher = new OutletFlusher();
  const outlet = new Outlet(socket, flusher);
  const reply = Buffer.alloc(1000);
  for (let i = 0; i < 10; i++) outlet.emit(reply, 0, reply.length, null);
  assert.equal(outlet.queuedBytes, 10_000);
  flusher.flush();
  assert.equal(outlet.queuedBytes, 0);
  assert.deepEqual(state.writes.map((bytes) => bytes.length), [10_000]);
});

test('small neighbours are joined, large pieces go as they are, in order', () => {
  const { socket, state } = fakeSocket();
  const flusher = new OutletFlusher();
  const outlet = new Outlet(socket, flusher);
  const piece = (letter: string, length: number): void => {
    const bytes = Buffer.alloc(length, letter);
    outlet.emit(bytes, 0, length, null);
  };
  for (let i = 0; i < 300; i++) piece('a', 500);
  piece('b', 50_000);
  piece('c', 1);
  flusher.flush();
  assert.ok(state.writes.length <= 5, `${state.writes.length} writes`);
  assert.equal(Buffer.concat(state.writes).toString(), 'a'.repeat(150_000) + 'b'.repeat(50_000) + 'c');
});

test('a slice that has to wait makes its owner give the buffer up; what comes behind it is copied', () => {
  const { socket, state } = fakeSocket();
  const flusher = new OutletFlusher();
  const outlet = new Outlet(socket, flusher);
  let surrendered = 0;
  const owner = { surrenderBuffer: () => surrendered++ };
  const shared = Buffer.from('first second');
  state.stuck = true;
  outlet.emit(shared, 0, 6, owner);
  flusher.flush();
  assert.equal(surrendered, 1);
  outlet.emit(shared, 6, 12, owner);
  flusher.flush();
  shared.fill('x', 6);
  assert.equal(surrendered, 1);
  assert.equal(state.writes[1].toString(), 'second');
});
