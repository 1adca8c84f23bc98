/** The Pylons of one rack: a clean stop hands over at once, a gateway without applier, one that joins later. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '../support/eventually.js';
import { describeProgress } from '../support/load.js';
import { startWorld } from '../support/test-world.js';

/** Well below the session of 6 s, after which a leader that said nothing is given up. */
const handoverMsMax = 3000;

describe('the Pylons of a rack', { timeout: 120_000 }, () => {
  it('hand over at once when the leader is stopped under load', async (t) => {
    const world = await startWorld(t, { racks: [{ name: 'east', pylons: 2 }, { name: 'west' }] });
    const [east] = world.racks;
    const load = world.startLoad(east, { writes: 1e9, writesPerSecondMax: 4000 });
    await eventually(
      'the load to be under way',
      () => load.progress.acknowledged,
      (count) => count > 3000,
    );
    const leader = await east.leader();
    const stoppedAt = performance.now();
    await leader.stop();
    const exitMs = performance.now() - stoppedAt;
    await east.leader({ deadlineMs: handoverMsMax });
    t.diagnostic(
      `ended after ${Math.round(exitMs)} ms, took over ${Math.round(performance.now() - stoppedAt)} ms after the signal`,
    );

    // One that joins later does not disturb for long, and one without applier serves like the others.
    await east.startPylon();
    const gateway = await east.startPylon({ PYLON_APPLIERS: '0' });
    assert.equal((await gateway.info()).text('applier_state'), 'none');
    const client = await gateway.connect();
    assert.equal(await client.text('SET', 'by:gateway', '1'), 'OK');
    await eventually(
      'the write to be read there',
      () => client.text('GET', 'by:gateway'),
      (value) => value === '1',
    );
    const info = await gateway.info();
    assert.ok(info.number('log_end') > 0 && !info.leads, info.text('log_end'));
    assert.match(info.text('applied_position'), /^\d+:\d+$/);
    client.destroy();

    await load.stop();
    t.diagnostic(`seed ${world.seed}: ${describeProgress(load.progress)}`);
    assert.equal(load.progress.errors.size, 0, describeProgress(load.progress));
    await world.check();
    await gateway.stop();
    await east.settled();
  });
});
