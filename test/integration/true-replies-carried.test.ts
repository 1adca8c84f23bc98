/** How replies travel between the Pylons of a rack, over a real Redis: who gets what, and what is told when it cannot be. */

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Control } from '../../src/main/serve/control.js';
import { RackReplies, type Member } from '../../src/main/serve/rack-replies.js';
import { limits } from '../../src/shared/limits.js';
import type { OwedReplies } from '../../src/shared/messages.js';
import { eventually } from '../support/eventually.js';
import { RackRedis } from '../support/rack-redis.js';

const east = (pylon: string): Member => ({ world: 'w', rack: 'east', pylon });

/** One Pylon's part in it, with all that it heard. */
class Listener {
  readonly heard: string[] = [];
  readonly troubles: string[] = [];
  readonly control: Control;
  readonly replies: RackReplies;

  constructor(t: TestContext, port: number, member: Member, incarnation: string, user: { username?: string; password?: string } = {}) {
    const endpoint = { host: '127.0.0.1', port, database: 0, ...user };
    this.control = new Control(endpoint, 'test-control');
    this.replies = new RackReplies(member, endpoint, this.control, {
      owns: (one) => one === incarnation,
      replies: ({ frames, bytes }) => this.heard.push(`${[...frames].join()} ${bytes.length}`),
      lost: ({ offset, index }) => this.heard.push(`lost ${offset}:${index}`),
      trouble: ({ message }) => this.troubles.push(message),
    });
    t.after(() => {
      this.replies.close();
      this.control.close();
    });
  }

  hears(what: string): Promise<unknown> {
    return eventually(what, () => Promise.resolve(this.heard.join(';')), (heard) => heard.includes(what));
  }
}

function owed(pylon: string, incarnation: string, lengths: readonly number[]): OwedReplies {
  let end = 0;
  return {
    pylon, incarnation,
    batches: Float64Array.from(lengths, () => 1),
    frames: Uint32Array.from(lengths, (_, index) => index),
    ends: Uint32Array.from(lengths, (length) => (end += length)),
    bytes: new Uint8Array(end),
  };
}

async function startRedis(t: TestContext): Promise<RackRedis> {
  const redis = await RackRedis.start();
  t.after(() => redis.remove());
  return redis;
}

const subscribed = (redis: RackRedis, clients: number): Promise<unknown> => eventually(
  'subscriptions', () => redis.use((client) => client.text('CLIENT', 'LIST', 'TYPE', 'pubsub')),
  (list) => (list ?? '').split('sub=2').length - 1 === clients,
);

test('replies reach the process that wrote, whatever names the others bear and wherever they stand', async (t) => {
  const redis = await startRedis(t);
  const leader = new Listener(t, redis.port, east('same'), 'A');
  const namesake = new Listener(t, redis.port, east('same'), 'B');
  const elsewhere = new Listener(t, redis.port, { ...east('same'), rack: 'west' }, 'C');
  await subscribed(redis, 3);
  leader.replies.applied(owed('same', 'A', [4]));
  leader.replies.applied(owed('same', 'B', [5]));
  leader.replies.applied(owed('same', 'C', [6]));
  leader.replies.lost({ offset: 7, index: 1 });
  await namesake.hears('lost 7:1');
  elsewhere.replies.lost({ offset: 9, index: 0 });
  await redis.use((client) => client.text('PUBLISH', 'end', 'x'));
  assert.deepEqual(namesake.heard, ['0 5', 'lost 7:1']);
  assert.deepEqual(leader.heard.slice(0, 2), ['0 4', 'lost 7:1']);
  assert.deepEqual([...new Set(elsewhere.heard)], ['lost 9:0']);
});

test('what would cut the receiver off is not sent: it is told that it was too large', async (t) => {
  const redis = await startRedis(t);
  const leader = new Listener(t, redis.port, east('a'), 'A');
  const other = new Listener(t, redis.port, east('b'), 'B');
  await subscribed(redis, 2);
  leader.replies.applied(owed('b', 'B', [limits.carriedReplyBytesMax * 3 / 4]));
  leader.replies.applied(owed('b', 'B', [limits.carriedReplyBytesMax * 3 / 4, 4]));
  leader.replies.lost({ offset: 1, index: 0 });
  await other.hears('lost 1:0');
  assert.deepEqual(other.heard, [`0 ${limits.carriedReplyBytesMax * 3 / 4}`, '0 0', '1 4', 'lost 1:0']);
});

test('what is lost is told when Redis is back', async (t) => {
  const redis = await startRedis(t);
  const leader = new Listener(t, redis.port, east('a'), 'A');
  const other = new Listener(t, redis.port, east('b'), 'B');
  await subscribed(redis, 2);
  await redis.kill();
  await eventually('a Redis that is away', () => leader.control.call('PING').then(() => '', String), (error) => error !== '');
  leader.replies.lost({ offset: 3, index: 0 });
  await redis.restart();
  await subscribed(redis, 2);
  leader.replies.lost({ offset: 4, index: 0 });
  await other.hears('lost 4:0');
});

test('a user without rights to the channels is told of, and served once he has them', async (t) => {
  const redis = await startRedis(t);
  await redis.use((client) => client.text('ACL', 'SETUSER', 'pylon', 'on', '>secret', '~*', '+@all', 'resetchannels'));
  const listener = new Listener(t, redis.port, east('a'), 'A', { username: 'pylon', password: 'secret' });
  const isRefused = (told: string): boolean => /SUBSCRIBE is refused: NOPERM/.test(told);
  await eventually('a refusal', () => Promise.resolve(listener.troubles.join('\n')), isRefused);
  await redis.use((client) => client.text('ACL', 'SETUSER', 'pylon', '&__pylon__:*'));
  await subscribed(redis, 1);
});
