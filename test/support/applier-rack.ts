/** A rack for tests of the applier worker: a Redis, a log, and as many appliers as wanted; all gone when the test ends. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Redis } from 'ioredis';
import { startRedis, type EmbeddedRedis } from '../../src/main/embedded/redis.js';
import { ApplierFixture, type ApplierFixtureOptions } from './applier-fixture.js';
import { TestAuthor, TestLog, type KafkaFixture } from './log-fixture.js';

export interface Rack {
  readonly log: TestLog;
  readonly redis: EmbeddedRedis;
  readonly client: Redis;
  readonly author: TestAuthor;
  applier(options?: Partial<ApplierFixtureOptions>): ApplierFixture;
}

/** A Redis, a log and their appliers, all gone when the test ends. */
export async function startRack(t: TestContext, kafka: KafkaFixture, redisArgs: readonly string[] = []): Promise<Rack> {
  const dataDir = mkdtempSync(join(tmpdir(), 'pylon-applier-'));
  const redis = await startRedis({ dataDir, args: ['--enable-debug-command', 'local', ...redisArgs] });
  const log = await TestLog.create(kafka.bootstrapServers);
  const client = new Redis(redis.port);
  client.on('error', () => {}); // Redis is killed in some tests
  const appliers: ApplierFixture[] = [];
  t.after(async () => {
    for (const applier of appliers) assert.equal(await applier.stop(), 0, 'the worker ends by itself');
    client.disconnect();
    await log.close();
    await redis.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });
  return {
    log,
    redis,
    client,
    author: new TestAuthor(),
    applier(options = {}) {
      const { bootstrapServers } = kafka;
      const applier = new ApplierFixture({ bootstrapServers, log, redisPort: redis.port, ...options });
      appliers.push(applier);
      return applier;
    },
  };
}
