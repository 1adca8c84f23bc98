// Claim: process.exit() with live clients, on the main thread and in workers, neither aborts nor hangs. Each state in a
// process of its own, which has to end with the code it asked for.

import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { connectProducer, disconnect, makeTopic } from '../clients.js';
import { live, states, type State } from '../live-clients.js';
import { messageOf, startWorker } from '../workers.js';

const code = 7;
const [state, topic, where] = process.argv.slice(2) as [State | undefined, string, 'main' | 'worker'];

if (!isMainThread) {
  const work = workerData as { state: State; topic: string };
  await live(work.state, work.topic);
  parentPort?.postMessage('live');
} else if (state === undefined) {
  const filled = await makeTopic();
  const producer = await connectProducer();
  for (let index = 0; index < 1_000; index++) producer.produce(filled, 0, Buffer.alloc(500));
  await disconnect(producer);
  for (const place of ['main', 'worker']) {
    for (const which of states) {
      const args = [fileURLToPath(import.meta.url), which, filled, place];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
      const begin = performance.now();
      const end = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
      console.log(`${which} on ${place}: ${end[1] ?? end[0]}, ${(performance.now() - begin).toFixed(0)} ms`);
      assert.deepEqual(end, [code, null]);
    }
  }
} else {
  if (where === 'main') await live(state, topic);
  else await messageOf(startWorker(import.meta.url, { state, topic }));
  process.exit(code);
}
