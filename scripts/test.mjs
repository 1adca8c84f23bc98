// `npm test [-- <part of a path> …]`: set-up, then all tests against real parts, and one line with the sums at the end.
//
// Unit, golden and sim tests run side by side, files in processes of their own; integration and regress tests one file
// after the other, with one Kafka for all that do not start their own (PYLON_TEST_KAFKA names its brokers). `--world`
// runs test/world instead, whose tests start all they need. Arguments narrow to files whose path contains one of them.
//
// All that a run starts carries PYLON_RUN_ID in its environment. What is still there at the end is named and killed,
// and the run has failed.

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { dist, root } from './setup/paths.mjs';
import { say } from './setup/progress.mjs';
import { setupOrExit } from './setup.mjs';

const leftoverGraceMs = 5_000;
const reporter = fileURLToPath(new URL('test-reporter.mjs', import.meta.url));

/** Runs of node's test runner, in order. The time limit is that of one file, and of one test in it. */
const runs = {
  default: [
    { folders: ['unit', 'golden', 'sim'], concurrency: availableParallelism(), limitMs: 180_000, kafka: false },
    { folders: ['integration', 'regress'], concurrency: 1, limitMs: 600_000, kafka: true },
  ],
  world: [{ folders: ['world'], concurrency: 1, limitMs: 1_800_000, kafka: false }],
};

const args = process.argv.slice(2);
const world = args.includes('--world');
const parts = args.filter((arg) => arg !== '--world');

await setupOrExit({ kafka: true });
process.env.PYLON_RUN_ID = randomUUID();
const scratch = mkdtempSync(join(tmpdir(), 'pylon-test-'));
const running = new Set();
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => interrupt(signal));

const sums = { passed: 0, failed: 0 };
try {
  await runAll();
} catch (error) {
  say(error.stack);
  sums.failed++;
} finally {
  sums.failed += await endLeftovers();
  rmSync(scratch, { recursive: true, force: true });
}
if (interrupted) {
  say('interrupted');
  sums.failed++;
}
console.log(`${sums.passed} passed, ${sums.failed} failed`);
process.exit(sums.failed === 0 && sums.passed > 0 ? 0 : 1);

async function runAll() {
  const chosen = (world ? runs.world : runs.default)
    .map((run) => ({ ...run, files: run.folders.flatMap((folder) => testFiles(join(dist, 'test', folder))) }))
    .filter((run) => run.files.length > 0);
  if (chosen.length === 0) {
    say(`no test file matches${parts.length === 0 ? '' : `: ${parts.join(' ')}`}`);
    sums.failed++;
    return;
  }
  let kafka;
  try {
    for (const [index, run] of chosen.entries()) {
      if (interrupted) return;
      if (run.kafka && process.env.PYLON_TEST_KAFKA === undefined) {
        const { startKafka } = await import(join(dist, 'src', 'main', 'embedded', 'kafka.js'));
        kafka = await startKafka({ dataDir: join(scratch, 'kafka') });
        process.env.PYLON_TEST_KAFKA = kafka.bootstrapServers;
      }
      const counts = await runFiles(run, join(scratch, `counts-${index}.json`));
      sums.passed += counts.passed;
      sums.failed += counts.failed;
    }
  } finally {
    await kafka?.stop();
  }
}

function testFiles(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return testFiles(path);
      const wanted = parts.length === 0 || parts.some((part) => relative(root, path).includes(part));
      return entry.name.endsWith('.test.js') && wanted ? [path] : [];
    })
    .sort();
}

/** One run of node's test runner; its counts come from our reporter, beside the one a person reads. */
async function runFiles({ files, concurrency, limitMs }, countsFile) {
  const options = [
    '--test',
    '--enable-source-maps',
    `--test-concurrency=${concurrency}`,
    `--test-timeout=${limitMs}`,
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    `--test-reporter=${reporter}`,
    `--test-reporter-destination=${countsFile}`,
  ];
  const child = spawn(process.execPath, [...options, ...files], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  running.add(child);
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exitCode, signal) => resolve(signal ?? exitCode));
  });
  running.delete(child);
  const counts = existsSync(countsFile) ? readFileSync(countsFile, 'utf8').trim() : '';
  if (counts === '') throw new Error(`the test runner ended with ${code} and without a result`);
  const { passed, failed, notes } = JSON.parse(counts);
  for (const note of notes) say(note);
  // A runner that says it failed is believed, whatever was counted.
  return { passed, failed: failed === 0 && code !== 0 ? 1 : failed };
}

function interrupt(signal) {
  interrupted = true;
  for (const child of running) child.kill(signal);
}

/** Ends what this run started and left, after giving it a little time. Returns how many there were. */
async function endLeftovers() {
  const deadline = performance.now() + leftoverGraceMs;
  let left = leftovers();
  while (left.length > 0 && performance.now() < deadline) {
    await pause(50);
    left = leftovers();
  }
  for (const { pid, command } of left) {
    say(`left behind by the tests: process ${pid}: ${command}`);
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if (error.code !== 'ESRCH') throw error; // it has just ended
    }
  }
  return left.length;
}

function leftovers() {
  if (!existsSync('/proc/self/environ')) return []; // not Linux: nothing to look at
  const mark = `PYLON_RUN_ID=${process.env.PYLON_RUN_ID}`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        // The environment of a process that has ended and waits for its parent reads as empty.
        if (!readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(mark)) return [];
        const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').slice(0, 200);
        return [{ pid: Number(pid), command }];
      } catch {
        return []; // ended meanwhile, or not ours
      }
    });
}
