/**
 * The load and the checker against a bare Redis: without Pylon between, every acknowledged write is there once. And a
 * Redis that is made to lose, double and gain elements behind the load's back is found out.
 */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { checkExactlyOnce, describeViolations } from '../../support/checker.js';
import { describeProgress, Load } from '../../support/load.js';
import { runSeed } from '../../support/random.js';
import { readContents, readDigest, readKeys } from '../../support/rack-data.js';
import { RackRedis } from '../../support/rack-redis.js';

describe('load and checker against a bare Redis', () => {
  const seed = runSeed();
  let redis: RackRedis;
  let load: Load;

  before(async () => {
    redis = await RackRedis.start();
    const endpoints = [{ host: '127.0.0.1', port: redis.port }];
    load = Load.start({ name: 'load', seed, endpoints: () => endpoints, connections: 4, writes: 20_000 });
    await load.done;
  });
  after(() => redis.remove());

  async function violations(): Promise<string[]> {
    const contents = await redis.use((client) => readContents('east', client, load.ledger));
    return checkExactlyOnce(load.ledger, [contents]).map(({ kind }) => kind);
  }

  it('sends what was asked for, and nothing is unknown', () => {
    const { sent, acknowledged, refused, unknown } = load.progress;
    assert.equal(sent, 20_000, `seed ${seed}: ${describeProgress(load.progress)}`);
    assert.equal(unknown, 0);
    assert.equal(acknowledged + refused, sent);
  });

  it('is refused only where a key is of another type, missing or out of range', () => {
    const codes = [...load.progress.errors.keys()].filter((code) => code !== 'WRONGTYPE' && code !== '-WRONGTYPE');
    const examples = codes.map((code) => load.progress.errors.get(code)?.example);
    for (const example of examples) {
      assert.match(
        example ?? '',
        /^ERR (no such key|index out of range|value is not|hash value is not|source and dest|increment)/,
      );
    }
  });

  it('finds every acknowledged write once', async () => {
    const contents = await redis.use((client) => readContents('east', client, load.ledger));
    const found = checkExactlyOnce(load.ledger, [contents]);
    assert.equal(found.length, 0, describeViolations(found));
  });

  it('finds out a Redis that lost, doubled or gained something', async () => {
    await redis.use((client) => client.text('RPUSH', 'checked:lists:0', 'stranger'));
    assert.deepEqual(await violations(), ['foreign']);
    await redis.use((client) => client.text('RPOP', 'checked:lists:0'));
    await redis.use((client) => client.text('LMOVE', 'checked:lists:0', 'elsewhere', 'LEFT', 'LEFT'));
    assert.deepEqual(await violations(), ['lost']);
    await redis.use((client) => client.text('LMOVE', 'elsewhere', 'checked:lists:0', 'LEFT', 'LEFT'));
    await redis.use(async (client) =>
      client.text('RPUSH', 'checked:lists:1', await client.text('LINDEX', 'checked:lists:1', -1)),
    );
    assert.deepEqual(await violations(), ['doubled']);
    await redis.use((client) => client.text('RPOP', 'checked:lists:1'));
    await redis.use((client) => client.text('INCR', 'checked:counters:2'));
    assert.deepEqual(await violations(), ['counter']);
    await redis.use((client) => client.text('DECR', 'checked:counters:2'));
    assert.deepEqual(await violations(), []);
  });

  it('makes data of every type, and the digest sees a change', async () => {
    const keys = await redis.use(readKeys);
    for (const type of ['string', 'hash', 'list', 'set', 'zset', 'number', 'bits']) {
      assert.ok(
        keys.some((key) => key.startsWith(`mixed:${type}:`)),
        `no key of type ${type}`,
      );
    }
    const digest = await redis.use(readDigest);
    assert.equal(digest.position, 'none');
    await redis.use((client) => client.text('SET', 'change', '1'));
    assert.notEqual((await redis.use(readDigest)).digest, digest.digest);
  });

  it('survives kill -9 of Redis with its data', async () => {
    const digest = await redis.use(readDigest);
    await redis.kill();
    await redis.restart();
    assert.deepEqual(await redis.use(readDigest), digest);
  });
});
