/** The applier worker when the log is not as it should be: records gone, records that fill memory. */

import assert from 'node:assert/strict';
import { after, before, test, type TestContext } from 'node:test';
import type { ApplierFixture } from '../support/applier-fixture.js';
import { startRack, type Rack } from '../support/applier-rack.js';
import { kafkaFixture, type KafkaFixture } from '../support/log-fixture.js';
import { residentBytes } from '../support/processes.js';

const MIB = 1024 * 1024;

let kafka: KafkaFixture;
before(async () => {
  kafka = await kafkaFixture();
});
after(async () => {
  await kafka.close();
});

const rackOf = (t: TestContext, redisArgs: readonly string[] = []): Promise<Rack> => startRack(t, kafka, redisArgs);

async function haltOf(it: ApplierFixture): Promise<string> {
  await it.until('halted', () => it.messages.some((message) => message.type === 'halted'));
  const halted = it.messages.find((message) => message.type === 'halted');
  return halted?.type === 'halted' ? `${halted.error.code}: ${halted.error.message}` : '';
}

test('retention passes the rack while its Redis is away: it halts, and says where both are', async (t) => {
  const { log, redis, client, author, applier } = await rackOf(t);
  const it = applier();
  // More than may wait in memory, or the applier would have it already.
  await it.untilApplied(await log.append(author.commands(['SET', 'a', '1'])));
  await redis.kill('SIGKILL');
  await it.untilState('waiting');
  const value = Buffer.alloc(8 * MIB, 0x61);
  let last = -1;
  for (let i = 0; i < 30; i++) last = await log.append(author.commands(['SET', 'large', value]));
  await it.until('full', () => it.counters.get('queueBytes') > 24 * MIB);
  await log.removeBefore(last, kafka.bootstrapServers);
  await redis.restart();
  assert.match(await haltOf(it), /^PYLON_FENCE_RANGE: the fence is at \d+:0, but the log begins at 30/);
  assert.equal(await client.get('a'), '1');
});

test('large records while Redis is away: memory stays bounded, and all are applied after', async (t) => {
  const { log, redis, client, author, applier } = await rackOf(t);
  const it = applier();
  await it.untilApplied(await log.append(author.commands(['SET', 'a', '1'])));
  const before = await residentBytes(process.pid);
  await redis.kill('SIGSTOP');
  const value = Buffer.alloc(15 * MIB, 0x61);
  let last = -1;
  let highest = 0;
  for (let i = 0; i < 24; i++) {
    last = await log.append(author.commands(['SET', 'large', value], ['INCR', 'count']));
    highest = Math.max(highest, (await residentBytes(process.pid)) - before);
  }
  t.diagnostic(`360 MiB in the log, memory grew by ${Math.round(highest / MIB)} MiB`);
  assert.ok(highest < 250 * MIB, `memory grew by ${highest / MIB} MiB`);
  await redis.kill('SIGCONT');
  await it.untilApplied(last, 60_000);
  assert.deepEqual([await client.get('count'), await client.strlen('large')], ['24', value.length]);
});
