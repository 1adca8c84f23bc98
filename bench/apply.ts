/**
 * How fast one Redis is led along a log that waits: the applier's own machinery with records from memory instead of
 * Kafka, against `redis-cli --pipe` given the same commands. Run: node dist/bench/apply.js [commands] [value bytes]
 */

import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startRedis, type EmbeddedRedis } from '../src/main/embedded/redis.js';
import { CounterBlock, createCounterMemory } from '../src/shared/counters.js';
import { limits } from '../src/shared/limits.js';
import { appendVarint, encodeCommands } from '../src/shared/record.js';
import { encodeCommand } from '../src/shared/resp/encode.js';
import type { ApplierEffect } from '../src/workers/applier/applier-events.js';
import { Applier } from '../src/workers/applier/applier.js';
import { fenceCommands } from '../src/workers/applier/fence-commands.js';
import { RedisLink } from '../src/workers/applier/redis-link.js';

const commands = Number(process.argv[2] ?? 400_000);
const valueBytes = Number(process.argv[3] ?? 64);
const keys = 100_000;

const frame = (i: number): Buffer => encodeCommand('SET', `key:${i % keys}`, 'v'.repeat(valueBytes));

/** Records as group commit makes them under load. */
function makeRecords(perRecord: number): Buffer[] {
  const records: Buffer[] = [];
  for (let first = 0; first < commands; first += perRecord) {
    const frames = Array.from({ length: Math.min(perRecord, commands - first) }, (_, i) => frame(first + i));
    const lengths = Buffer.alloc(frames.length * 5);
    let end = 0;
    for (const bytes of frames) end = appendVarint(lengths, end, bytes.length);
    const author = { rack: 'bench', pylon: 'bench', incarnation: 'benchbenchbenchb', batch: records.length + 1 };
    records.push(encodeCommands(author, Buffer.concat(frames), lengths.subarray(0, end), new Uint8Array(0)));
  }
  return records;
}

interface Figures {
  readonly perSecond: number;
  readonly cpuUs: number;
}

function apply(redis: EmbeddedRedis, records: readonly Buffer[], stepCommands: number): Promise<Figures> {
  const counters = new CounterBlock(createCounterMemory({ producers: 0, appliers: 1 }), 'applier');
  const options = { topic: 'bench', topicId: 'bench', rack: 'bench', stepCommands, stepBytes: 4 * 1024 * 1024 };
  const applier = new Applier(options, fenceCommands, counters, Math.random);
  let nextOffset = 0;
  let reading = 0;
  let startMs = 0;
  let startCpu = process.cpuUsage();
  return new Promise((resolve, reject) => {
    const perform = (effects: readonly ApplierEffect[]): void => {
      for (const effect of effects) {
        if (effect.type === 'send') {
          link.send(effect.chunks);
          setImmediate(() => applier.prepare());
        } else if (effect.type === 'query-log') {
          perform(applier.handle({ type: 'log-range', start: 0, end: records.length }));
        } else if (effect.type === 'read-log') {
          reading = effect.reading;
          startMs = performance.now();
          startCpu = process.cpuUsage();
          setImmediate(feed);
        } else if (effect.type === 'halt' || effect.type === 'trouble') reject(new Error(effect.error.message));
      }
    };
    const feed = (): void => {
      const entries = [];
      let bytes = 0;
      while (nextOffset < records.length && bytes < limits.applyQueueBytesMax / 4 && entries.length < 512) {
        const value = records[nextOffset] as Buffer;
        bytes += value.length;
        entries.push({ offset: nextOffset++, logTimeMs: Date.now(), value });
      }
      if (entries.length > 0) perform(applier.handle({ type: 'records', reading, entries }));
    };
    const link = new RedisLink({ host: '127.0.0.1', port: redis.port, database: 0 }, 'bench', {
      up: () => perform(applier.handle({ type: 'link-up' })),
      data: (chunk) => {
        perform(applier.receive(chunk));
        if (applier.room.records > 512 && applier.room.bytes > limits.applyQueueBytesMax / 2) feed();
        if (counters.get('appliedOffset') < records.length || startMs === 0) return;
        const seconds = (performance.now() - startMs) / 1000;
        const cpu = process.cpuUsage(startCpu);
        startMs = 0;
        link.close();
        resolve({ perSecond: commands / seconds, cpuUs: (cpu.user + cpu.system) / commands });
      },
      down: () => {},
      trouble: () => {},
      isOwed: () => applier.isOwed,
    });
    applier.handle({ type: 'joined' });
    applier.handle({ type: 'assigned' });
    link.start();
  });
}

/** redis-cli --pipe with the same commands. @returns commands per second */
function pipe(redis: EmbeddedRedis, file: string): Promise<number> {
  const start = performance.now();
  const child = spawn('sh', ['-c', `redis-cli -p ${redis.port} --pipe < ${file}`], { stdio: 'ignore' });
  return new Promise((resolve) => child.once('exit', () => resolve(commands / ((performance.now() - start) / 1000))));
}

async function main(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'pylon-bench-'));
  const redis = await startRedis({ dataDir: join(dir, 'redis'), args: ['--appendonly', 'no'] });
  const cli = promisify(execFile);
  try {
    const file = join(dir, 'commands');
    writeFileSync(file, Buffer.concat(Array.from({ length: commands }, (_, i) => frame(i))));
    console.log(`${commands} × SET of ${valueBytes} bytes`);
    for (let round = 0; round < 2; round++) {
      await cli('redis-cli', ['-p', String(redis.port), 'flushall']);
      console.log(`redis-cli --pipe: ${Math.round(await pipe(redis, file))}/s`);
      for (const perRecord of [2000, 20]) {
        const records = makeRecords(perRecord);
        for (const step of [64, 512, 1000, 2000]) {
          await cli('redis-cli', ['-p', String(redis.port), 'flushall']);
          const { perSecond, cpuUs } = await apply(redis, records, step);
          const what = `fenced, ${perRecord} per record, ${step} per step`;
          console.log(`${what}: ${Math.round(perSecond)}/s, ${cpuUs.toFixed(2)} µs CPU per command`);
        }
      }
    }
  } finally {
    await redis.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

await main();
