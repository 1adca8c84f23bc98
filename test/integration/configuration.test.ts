/**
 * What an operator can get wrong: variables, the log topic, services that are away. `pylon serve` names every fault at
 * once and ends; nothing is served on a foundation that would lose writes.
 */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { topicNames } from '../../src/shared/topics.js';
import type { Environment } from '../support/child.js';
import { cleanUp, type Scope } from '../support/clean-up.js';
import { eventually } from '../support/eventually.js';
import { createTopic, sharedKafka } from '../support/kafka.js';
import { PylonProcess, pylonCommand } from '../support/pylon-process.js';
import { freePort, RackRedis } from '../support/rack-redis.js';
import { showReply } from '../support/resp-client.js';
import { startWorld } from '../support/test-world.js';

/** Exit code for a configuration that cannot be used (EX_CONFIG of sysexits.h). */
const exitConfig = 78;

/** Runs `pylon serve` until it ends by itself. @returns its stderr */
async function endsWith(code: number, env: Environment, deadlineMs = 20_000): Promise<string> {
  const command = pylonCommand(['serve'], env);
  try {
    const exit = await command.ends(deadlineMs);
    assert.equal(exit.code, code, command.output());
    assert.equal(command.stdout, '', 'stdout is for the ready line');
    return command.stderr;
  } finally {
    await command.kill();
  }
}

async function startRedis(scope: Scope): Promise<RackRedis> {
  const redis = await RackRedis.start();
  cleanUp(scope, () => redis.remove());
  return redis;
}

function newWorld(): string {
  return `t${randomBytes(6).toString('hex')}`;
}

/** A working configuration but for what the test spoils. */
function development(env: Environment): Environment {
  return {
    PYLON_WORLD: newWorld(),
    PYLON_RACK: 'east',
    PYLON_PORT: '0',
    PYLON_KAFKA: sharedKafka(),
    PYLON_KAFKA_REPLICATION: '1',
    PYLON_DEV: '1',
    PYLON_REDIS: 'redis://127.0.0.1:1',
    ...env,
  };
}

describe('configuration', { timeout: 120_000 }, () => {
  it('names every wrong variable at once, and ends with 78', async () => {
    const stderr = await endsWith(exitConfig, {
      PYLON_RACK: 'not a name!',
      PYLON_PORT: '70000',
      PYLON_REDIS: 'http://somewhere',
      PYLON_APPLIERS: 'two',
      PYLON_WRITE_TIMEOUT_MS: '1',
      PYLON_RAKC: 'east',
    });
    for (const name of [
      'PYLON_RACK',
      'PYLON_PORT',
      'PYLON_REDIS',
      'PYLON_APPLIERS',
      'PYLON_WRITE_TIMEOUT_MS',
      'PYLON_RAKC',
    ]) {
      assert.ok(stderr.includes(name), `${name} is not named in: ${stderr}`);
    }
    assert.match(stderr, /PYLON_KAFKA is required/);
    assert.match(stderr, /did you mean PYLON_RACK/);
  });

  it('wants three replicas unless told that this is development', async () => {
    const stderr = await endsWith(exitConfig, development({ PYLON_DEV: '0' }));
    assert.match(stderr, /PYLON_KAFKA_REPLICATION/);
  });

  it('says so when its port is taken', async (t) => {
    const redis = await startRedis(t);
    const stderr = await endsWith(
      exitConfig,
      development({ PYLON_REDIS: redis.url, PYLON_PORT: String(redis.port) }),
      30_000,
    );
    assert.match(stderr, new RegExp(`127\\.0\\.0\\.1:${redis.port}.*EADDRINUSE`));
  });

  it('refuses a topic that would lose data or order, naming every fault', async (t) => {
    const redis = await startRedis(t);
    const env = development({ PYLON_REDIS: redis.url });
    await createTopic(sharedKafka(), {
      name: topicNames.log(env['PYLON_WORLD']),
      partitions: 2,
      settings: {
        'message.timestamp.type': 'CreateTime',
        'cleanup.policy': 'compact',
        'max.message.bytes': '1000000',
        'retention.bytes': '1000000',
      },
    });
    const stderr = await endsWith(exitConfig, env);
    assert.match(stderr, /PYLON_TOPIC/);
    for (const fault of [
      '2 partitions',
      'message.timestamp.type',
      'cleanup.policy',
      'max.message.bytes',
      'retention.bytes',
    ]) {
      assert.ok(stderr.includes(fault), `${fault} is not named in: ${stderr}`);
    }
  });

  it('takes a topic that is as it must be', async (t) => {
    const redis = await startRedis(t);
    const env = development({ PYLON_REDIS: redis.url });
    await createTopic(sharedKafka(), {
      name: topicNames.log(env['PYLON_WORLD']),
      partitions: 1,
      settings: { 'message.timestamp.type': 'LogAppendTime', 'max.message.bytes': '30000000' },
    });
    const pylon = await PylonProcess.start(env);
    cleanUp(t, () => pylon.kill());
    await pylon.stop();
  });

  it('ends and names Kafka when there is none at start', async (t) => {
    const redis = await startRedis(t);
    const address = `127.0.0.1:${await freePort()}`;
    const command = pylonCommand(['serve'], development({ PYLON_KAFKA: address, PYLON_REDIS: redis.url }));
    cleanUp(t, () => command.kill());
    const exit = await command.ends(40_000);
    assert.ok(exit.code !== 0 && exit.code !== null, command.output());
    assert.match(command.stderr, new RegExp(`PYLON_KAFKA.*${address}`));
  });

  it('serves without its Redis, says so, and gets to work when Redis comes', async (t) => {
    const redis = await startRedis(t);
    await redis.kill();
    const pylon = await PylonProcess.start(development({ PYLON_REDIS: redis.url }));
    cleanUp(t, () => pylon.kill());
    const client = await pylon.connect();
    cleanUp(t, () => client.destroy());
    assert.equal(await client.text('SET', 'early', '1'), 'OK');
    const read = await client.command('GET', 'early');
    assert.ok(read.type === 'error' && read.value.startsWith('PYLON_READ'), showReply(read));
    await redis.restart();
    const look = async (): Promise<string> => showReply(await client.command('GET', 'early'));
    await eventually('the write to be there', look, (value) => value === '1');
    await pylon.stop();
  });

  it('refuses a Redis whose data has no place in the log', async (t) => {
    const redis = await startRedis(t);
    await redis.use((client) => client.text('SET', 'mine', 'since long ago'));
    const pylon = await PylonProcess.start(development({ PYLON_REDIS: redis.url }));
    cleanUp(t, () => pylon.kill());
    await eventually(
      'the applier to halt',
      () => pylon.applier(),
      (state) => /^halted: .*PYLON_FENCE_MISSING/.test(state),
    );
    assert.equal(await redis.use((client) => client.text('KEYS', '*')), '[mine]');
  });

  it('refuses a Redis that belongs to another log', async (t) => {
    const world = await startWorld(t, { racks: [{ name: 'east' }] });
    const [east] = world.racks;
    const writer = await east.connect();
    await writer.text('SET', 'a', '1');
    writer.destroy();
    await world.converge();
    await east.running[0].stop();
    const pylon = await PylonProcess.start(development({ PYLON_REDIS: east.redis.url }));
    cleanUp(t, () => pylon.kill());
    await eventually(
      'the applier to halt',
      () => pylon.applier(),
      (state) => /^halted: .*PYLON_FENCE_FOREIGN/.test(state),
    );
  });
});
