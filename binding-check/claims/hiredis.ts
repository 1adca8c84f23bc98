// Claim: hiredis parses in three threads at once, replies in pieces of odd sizes included.

import { strict as assert } from 'node:assert';
import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import { exitOf, startWorker } from '../workers.js';

interface Reader {
  feed(data: Buffer): void;
  get(): unknown;
}

const count = 20_000;

if (isMainThread) {
  const workers = [1, 2, 3].map(() => startWorker(import.meta.url, null));
  assert.deepEqual(await Promise.all(workers.map(exitOf)), [0, 0, 0]);
} else {
  const require = createRequire(import.meta.url);
  const hiredis = require('hiredis') as { Reader: new (options: { return_buffers: boolean }) => Reader };
  const reader = new hiredis.Reader({ return_buffers: true });
  const replies = Array.from({ length: count }, (_, index) => `*3\r\n:${index}\r\n$3\r\nabc\r\n-ERR no\r\n`).join('');
  const bytes = Buffer.from(replies);
  let seen = 0;
  for (let start = 0; start < bytes.length; start += 977) {
    reader.feed(bytes.subarray(start, start + 977));
    for (let reply = reader.get(); reply !== undefined; reply = reader.get()) {
      const [number, bulk, error] = reply as [number, Buffer, Error];
      assert.equal(number, seen++);
      assert.equal(bulk.toString(), 'abc');
      assert.equal(error.message, 'ERR no');
    }
  }
  assert.equal(seen, count);
}
