/**
 * The rack's Redis refuses for a while, for each of the reasons that it may have. Writes are accepted, the other rack
 * gets them, INFO says that this one waits and why; nothing is skipped, and applying goes on by itself.
 */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { limits } from '../../src/shared/limits.js';
import { eventually } from '../support/eventually.js';
import { freePort, type RackRedis } from '../support/rack-redis.js';
import { startWorld } from '../support/test-world.js';

interface Refusal {
  readonly name: string;
  /** What INFO must say. */
  readonly says: RegExp;
  start(redis: RackRedis): Promise<void>;
  end(redis: RackRedis): Promise<void>;
}

function byCommand(name: string, says: RegExp, start: readonly string[], end: readonly string[]): Refusal {
  const run = async (redis: RackRedis, command: readonly string[]): Promise<void> => {
    await redis.use((client) => client.text(...command));
  };
  return { name, says, start: (redis) => run(redis, start), end: (redis) => run(redis, end) };
}

/** So full that not even Pylon's headroom is left, in which it looks for writes that free memory. */
const outOfMemory: Refusal = {
  name: 'out of memory',
  says: /OOM/,
  start: async (redis) => {
    await redis.use(async (client) => {
      await client.text('SET', '__pylon__:ballast', Buffer.alloc(limits.outOfMemoryHeadroomBytes));
      await client.text('CONFIG', 'SET', 'maxmemory', '1');
    });
  },
  end: async (redis) => {
    await redis.use(async (client) => {
      await client.text('DEL', '__pylon__:ballast');
      await client.text('CONFIG', 'SET', 'maxmemory', '0');
    });
  },
};

/** A script that does not end, until it is killed. */
const busy: Refusal = {
  name: 'busy',
  says: /BUSY/,
  start: async (redis) => {
    await redis.use((client) => client.text('CONFIG', 'SET', 'busy-reply-threshold', '20'));
    const client = await redis.connect();
    client.command('EVAL', 'while true do end', '0').catch(() => {});
    await eventually(
      'Redis to be busy',
      () => redis.use((other) => other.command('GET', 'x')),
      (reply) => reply.type === 'error',
    );
  },
  end: async (redis) => {
    await redis.use((client) => client.command('SCRIPT', 'KILL'));
  },
};

/** Settles when the Redis below has loaded its data. */
let loaded: Promise<void> | undefined;

/** Restarted, with its data loaded at one key in 2 ms. */
const loading: Refusal = {
  name: 'loading',
  says: /LOADING/,
  start: async (redis) => {
    await redis.use(async (client) => {
      await client.text('DEBUG', 'POPULATE', '2000', 'ballast');
      await client.text('BGREWRITEAOF'); // into the form that can be loaded slowly
      const info = (): Promise<string> => client.text('INFO', 'persistence');
      await eventually(
        'the rewrite',
        info,
        (text) => text.includes('aof_rewrite_in_progress:0') && text.includes('aof_rewrite_scheduled:0'),
      );
    });
    await redis.kill();
    loaded = redis.restart({ 'key-load-delay': '2000', 'loading-process-events-interval-bytes': '1024' });
    loaded.catch(() => {}); // seen at the end
  },
  end: async (redis) => {
    await loaded;
    await redis.use(async (client) => {
      const keys = Array.from({ length: 2000 }, (_, index) => `ballast:${index}`);
      await client.text('DEL', ...keys);
    });
  },
};

const refusals: readonly Refusal[] = [
  outOfMemory,
  byCommand(
    'without enough replicas',
    /NOREPLICAS/,
    ['CONFIG', 'SET', 'min-replicas-to-write', '1'],
    ['CONFIG', 'SET', 'min-replicas-to-write', '0'],
  ),
  byCommand('not permitted', /NOPERM/, ['ACL', 'SETUSER', 'default', '-incr'], ['ACL', 'SETUSER', 'default', '+@all']),
  {
    name: 'read only',
    says: /READONLY/,
    start: async (redis) => {
      await redis.use(async (client) => client.text('REPLICAOF', '127.0.0.1', String(await freePort())));
    },
    end: async (redis) => {
      await redis.use((client) => client.text('REPLICAOF', 'NO', 'ONE'));
    },
  },
  busy,
  loading,
];

describe('a Redis that refuses for a while', { timeout: 120_000 }, () => {
  it('loses nothing, whatever its reason', async (t) => {
    const world = await startWorld(t, { racks: [{ name: 'east' }, { name: 'west' }] });
    const [east, west] = world.racks;
    const writer = await east.connect();
    const write = async (): Promise<void> => {
      const commands = Array.from({ length: 500 }, (_, index) =>
        index % 2 === 0 ? ['INCR', 'count'] : ['RPUSH', 'list', index],
      );
      const replies = await writer.pipeline(commands);
      assert.deepEqual(
        replies.filter(({ type }) => type === 'error'),
        [],
      );
    };
    let rounds = 0;
    for (const refusal of refusals) {
      await t.test(refusal.name, async () => {
        await write();
        rounds++;
        await world.converge();
        await refusal.start(east.redis);
        await write();
        rounds++;
        const there = (): Promise<string> => west.redis.use((redis) => redis.text('GET', 'count'));
        await eventually('the other rack to have the writes', there, (count) => count === String(rounds * 250));
        const state = (): Promise<string> => east.running[0].applier();
        const says = (text: string): boolean => text.startsWith('waiting: ') && refusal.says.test(text);
        await eventually(`INFO to say that the rack waits because of ${refusal.says}`, state, says);
        await refusal.end(east.redis);
        await world.converge();
        const counted = await east.redis.use((redis) => redis.text('GET', 'count'));
        assert.equal(counted, String(rounds * 250));
        await eventually('the rack to apply again', state, (text) => text.startsWith('applying: '));
      });
    }
    writer.destroy();
  });
});
