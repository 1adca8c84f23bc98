// Claim: both bindings load in eight workers at once, and again after those are gone.

import { strict as assert } from 'node:assert';
import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import { exitOf, startWorker } from '../workers.js';

if (isMainThread) {
  for (let round = 0; round < 2; round++) {
    const workers = Array.from({ length: 8 }, () => startWorker(import.meta.url, null));
    assert.deepEqual(await Promise.all(workers.map(exitOf)), Array(8).fill(0));
  }
} else {
  const require = createRequire(import.meta.url);
  assert.equal(require('node-rdkafka').librdkafkaVersion, '2.12.0');
  assert.equal(typeof require('hiredis').Reader, 'function');
}
