// Embedded processes end with their parent, however that ends; ports; the log's end in errors.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { childError, startChild } from '../../src/main/embedded/child.js';
import { freePorts } from '../../src/main/embedded/ports.js';

const dir = mkdtempSync(join(tmpdir(), 'pylon-child-'));
after(() => rmSync(dir, { recursive: true, force: true }));

const alive = (pid: number): boolean => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

async function gone(pid: number): Promise<void> {
  for (const deadline = performance.now() + 5_000; alive(pid); await pause(10)) {
    assert.ok(performance.now() < deadline, `process ${pid} is still there`);
  }
}

test('kill -9 of the parent leaves no child', async () => {
  const childModule = new URL('../../src/main/embedded/child.js', import.meta.url).href;
  const options = { name: 'sleep', command: 'sleep', args: ['600'], logFile: join(dir, 'sleep.log') };
  const program = `
    const { startChild } = await import(${JSON.stringify(childModule)});
    const child = await startChild(${JSON.stringify(options)});
    console.log(child.pid);
    setInterval(() => {}, 1000);`;
  const args = ['--input-type=module', '-e', program];
  const parent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const pid = Number(String((await once(parent.stdout, 'data'))[0]));
  assert.ok(alive(pid));
  parent.kill('SIGKILL');
  await gone(pid);
});

test('stop kills what does not end by itself', async () => {
  const logFile = join(dir, 'stubborn.log');
  const args = ['-c', "trap '' TERM; echo ready; while :; do sleep 0.05; done"];
  const child = await startChild({ name: 'stubborn', command: 'bash', args, logFile });
  while (!child.tail().includes('ready')) await pause(5);
  assert.deepEqual(await child.stop(100), { code: null, signal: 'SIGKILL' });
  assert.deepEqual(child.exit, { code: null, signal: 'SIGKILL' });
  await child.stop(100); // again: nothing to do
});

test('an error carries the end of the log, of this run only', async () => {
  const logFile = join(dir, 'log', 'failing.log');
  for (const word of ['first', 'second']) {
    const args = ['-c', `echo ${word} >&2; exit 3`];
    const child = await startChild({ name: 'failing', command: 'bash', args, logFile });
    assert.deepEqual(await child.exited, { code: 3, signal: null });
    const { message } = childError(child, 'did not start');
    assert.match(message, new RegExp(`^failing did not start \\(it ended with code 3\\); the end of .*:\\n${word}$`));
  }
  assert.equal(readFileSync(logFile, 'utf8'), 'first\nsecond\n');
});

test('a program that does not exist is an error', async () => {
  const logFile = join(dir, 'none.log');
  const failing = startChild({ name: 'none', command: '/no/such/program', args: [], logFile });
  await assert.rejects(
    failing.then(async (child) => {
      // Through setpriv the failure is that of the process.
      await child.exited;
      throw childError(child, 'did not start');
    }),
    /no\/such\/program/,
  );
  assert.ok(existsSync(logFile));
});

test('free ports are all different', async () => {
  const ports = await freePorts(50);
  assert.equal(new Set(ports).size, 50);
});
