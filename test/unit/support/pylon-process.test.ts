/** What drives real processes, against fakes: started, not started, late, dead, stopped in a wrong way. */

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { eventually, within } from '../../support/eventually.js';
import { PylonInfo, PylonProcess } from '../../support/pylon-process.js';

/** Answers whatever is sent with the same PYLON INFO. */
const fake = `
import { createServer } from 'node:net';
const info = '# Pylon\\r\\nrack:east\\r\\nleader:1\\r\\nlag_records:7\\r\\n';
const server = createServer((socket) => {
  socket.on('error', () => {});
  socket.on('data', () => socket.write('$' + info.length + '\\r\\n' + info + '\\r\\n'));
});
server.listen(0, '127.0.0.1', () => {
  if (process.env.PYLON_FAKE === 'mute') return;
  if (process.env.PYLON_FAKE === 'dies') { console.error('the reason'); process.exit(3); }
  console.log('a line before');
  console.log('ready rack=east id=fake host=127.0.0.1 port=' + server.address().port + ' pid=' + process.pid);
});
process.on('SIGTERM', () => {
  if (process.env.PYLON_FAKE === 'stubborn') return;
  process.exit(process.env.PYLON_FAKE === 'unclean' ? 1 : 0);
});
`;

describe('PylonProcess', () => {
  let folder: string;
  let entry: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pylon-test-fake-'));
    entry = join(folder, 'fake.mjs');
    await writeFile(entry, fake);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  function start(kind: string, readyMs = 10_000): Promise<PylonProcess> {
    return PylonProcess.start({ PYLON_FAKE: kind }, { entry, readyMs });
  }

  it('is started at the ready line, tells its INFO and stops cleanly', async () => {
    const pylon = await start('good');
    assert.deepEqual({ ...pylon.ready, port: 0 }, { rack: 'east', id: 'fake', host: '127.0.0.1', port: 0 });
    const info = await pylon.info();
    assert.deepEqual([info.text('rack'), info.leads, info.number('lag_records')], ['east', true, 7]);
    await pylon.stop();
    assert.equal(pylon.running, false);
  });

  it('says why when the process ends before it is ready', async () => {
    await assert.rejects(start('dies'), /ended with exit code 3 before stdout matched[^]*the reason/);
  });

  it('says so when it does not become ready in time', async () => {
    await assert.rejects(start('mute', 300), /waited \d+ ms for stdout/);
  });

  it('does not take another exit code than 0 for a clean stop, nor a stop that does not come', async () => {
    await assert.rejects((await start('unclean')).stop(), /ended with exit code 1/);
    const stubborn = await start('stubborn');
    await assert.rejects(stubborn.stop(300), /no end of .* within 300 ms/);
    await stubborn.kill();
    assert.deepEqual(stubborn.child.exit, { code: null, signal: 'SIGKILL' });
  });

  it('is paused and goes on', async () => {
    const pylon = await start('good');
    pylon.pause();
    await assert.rejects(pylon.info(200), /within 200 ms/);
    pylon.resume();
    assert.equal((await pylon.info()).leads, true);
    pylon.pause();
    await pylon.kill(); // also when it is paused
  });

  it('names a field that INFO does not have, and one that is no number', () => {
    const info = new PylonInfo('rack:east\r\n');
    assert.throws(() => info.text('leader'), /no 'leader'/);
    assert.throws(() => info.number('rack'), /'east', not a number/);
  });
});

describe('eventually', () => {
  it('gives the value once it is as wanted', async () => {
    let looks = 0;
    assert.equal(
      await eventually(
        'three',
        () => ++looks,
        (value) => value === 3,
        { everyMs: 1 },
      ),
      3,
    );
  });

  it('says what it waited for and what it saw last', async () => {
    await assert.rejects(
      eventually(
        'luck',
        () => ({ luck: 0 }),
        () => false,
        { deadlineMs: 30 },
      ),
      /for luck; last seen: { luck: 0 }/,
    );
    const fail = (): Promise<number> => Promise.reject(new Error('no connection'));
    await assert.rejects(
      eventually('luck', fail, () => true, { deadlineMs: 30 }),
      /last error: no connection/,
    );
  });

  it('does not wait for a look that hangs', async () => {
    await assert.rejects(
      eventually(
        'luck',
        () => new Promise(() => {}),
        () => true,
        { deadlineMs: 50 },
      ),
      /waited \d+ ms/,
    );
    await assert.rejects(within(20, new Promise(() => {})), /no answer within 20 ms/);
  });
});
