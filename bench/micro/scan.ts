/**
 * Speed of request and reply scanning, beside hiredis for replies. `node dist/bench/micro/scan.js [milliseconds]`
 */
import { createRequire } from 'node:module';
import { Bench } from 'tinybench';
import { encodeBulk, encodeCommand } from '../../src/shared/resp/encode.js';
import { FrameTable } from '../../src/shared/resp/frame-table.js';
import { RequestInput } from '../../src/shared/resp/request-input.js';
import { DEFAULT_REQUEST_LIMITS } from '../../src/shared/resp/request-limits.js';
import { ReplyScanner } from '../../src/shared/resp/scan-reply.js';
import { createScanState, scanFrames } from '../../src/shared/resp/scan-request.js';

interface HiredisReader {
  feed(bytes: Buffer): void;
  get(): unknown;
}
const hiredis = createRequire(import.meta.url)('hiredis') as {
  Reader: new (options: { return_buffers: boolean }) => HiredisReader;
};

const CHUNK_BYTES = 64 * 1024;
const VALUE = 'v'.repeat(64);

/** As many whole items as fit one read, and how many they are. */
function chunkOf(item: (index: number) => Buffer): { bytes: Buffer; count: number } {
  const items: Buffer[] = [];
  for (let bytes = 0; ; items.push(item(items.length))) {
    bytes += item(items.length).length;
    if (bytes > CHUNK_BYTES) return { bytes: Buffer.concat(items), count: items.length };
  }
}

const key = (index: number): string => `key:${String(index % 100_000).padStart(12, '0')}`;
const requests = {
  'GET, 16 byte keys': chunkOf((i) => encodeCommand('GET', key(i))),
  'SET, 64 byte values': chunkOf((i) => encodeCommand('SET', key(i), VALUE)),
  'mixed (GET SET HSET LPUSH ZADD INCR EXPIRE)': chunkOf((i) => [
    encodeCommand('get', key(i)), encodeCommand('SET', key(i), VALUE), encodeCommand('HSET', key(i), 'field', VALUE),
    encodeCommand('LPUSH', key(i), VALUE), encodeCommand('ZADD', key(i), '1.5', 'member'), encodeCommand('INCR',
      key(i)),
    encodeCommand('EXPIRE', key(i), '100'),
  ][i % 7]),
};
const replies = {
  'bulk of 64 bytes': chunkOf(() => encodeBulk(VALUE)),
  '+OK': chunkOf(() => Buffer.from('+OK\r\n')),
  'integers': chunkOf((i) => Buffer.from(`:${i}\r\n`)),
  'arrays of 10 bulks': chunkOf(() => Buffer.concat([Buffer.from('*10\r\n'), ...Array.from({ length: 10 },
    () => encodeBulk('member'))])),
};

const table = FrameTable.withCapacity(32 * 1024);
const scan = createScanState();
const input = new RequestInput(DEFAULT_REQUEST_LIMITS);
const scanner = new ReplyScanner();
const reader = new hiredis.Reader({ return_buffers: true });

const timeMs = Number(process.argv[2] ?? 500);
const bench = new Bench({ time: timeMs, warmupTime: timeMs / 2, iterations: 1, warmupIterations: 1 });
const work = new Map<string, { bytes: number; count: number }>();
function add(name: string, chunk: { bytes: Buffer; count: number }, run: () => number): void {
  const counted = run();
  if (counted !== chunk.count) throw new Error(`${name}: ${counted} found, ${chunk.count} there`);
  work.set(name, { bytes: chunk.bytes.length, count: chunk.count });
  bench.add(name, run);
}

for (const [name, chunk] of Object.entries(requests)) {
  add(`scanFrames: ${name}`, chunk, () => {
    table.reset(chunk.bytes);
    scanFrames(chunk.bytes, 0, chunk.bytes.length, DEFAULT_REQUEST_LIMITS, table, scan);
    return table.count;
  });
}
const sets = requests['SET, 64 byte values'];
add('RequestInput: SET, 64 byte values, read cut in the middle', sets, () => {
  const cut = (sets.bytes.length >> 1) + 7;
  let rows = 0;
  for (const [start, end] of [[0, cut], [cut, sets.bytes.length]]) {
    for (let at = start; at !== end; at = input.position) {
      input.feed(sets.bytes, at, end, table);
      rows += table.count;
    }
  }
  return rows;
});
for (const [name, chunk] of Object.entries(replies)) {
  add(`ReplyScanner: ${name}`, chunk, () => {
    let done = 0;
    for (let at = 0; at < chunk.bytes.length; done += scanner.done) at = scanner.scan(chunk.bytes, at,
      chunk.bytes.length, 1024);
    return done;
  });
  add(`hiredis: ${name}`, chunk, () => {
    reader.feed(chunk.bytes);
    let done = 0;
    while (reader.get() !== undefined) done++;
    return done;
  });
}

await bench.run();
console.table(bench.tasks.map((task) => {
  const { bytes, count } = work.get(task.name)!;
  const result = task.result;
  if (!('latency' in result)) throw new Error(`${task.name} did not run`);
  const ms = result.latency.p50;
  return {
    what: task.name, items: count, 'ns per item': Number((ms * 1e6 / count).toFixed(1)),
      'MB/s': Math.round(bytes / 1e6 / (ms / 1e3)),
  };
}));
