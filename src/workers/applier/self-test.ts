/**
 * Proves on a live connection that the backing Redis keeps the promises the fence is built on: EXEC is nil when another
 * connection wrote to a watched key, and DISCARD ends a MULTI. A proxy or a look-alike that takes WATCH for a no-op
 * would let two appliers write at once, so nothing is applied before this passed.
 *
 * One key under the reserved prefix is used, by every applier the same, and deleted in the end; if we die before, it
 * expires. Two self-tests at once do each other no harm: each expects EXEC to be nil.
 */

import { PylonError } from '../../shared/errors.js';
import { selfTestKey } from '../../shared/reserved-keys.js';
import type { RedisDialogue } from './redis-dialogue.js';
import { isOutOfMemory } from './reply-classes.js';

const keyLifeMs = 10_000;
/** SET that works when Redis is out of memory (Redis 7.0 and later): a rack that is full must still be led. */
const setWhenFull = `#!lua flags=allow-oom\nreturn redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])`;

/**
 * @param tested the connection that will carry the steps
 * @param other a second connection to the same database
 * @throws PylonError PYLON_SELF_TEST when a promise is broken; PYLON_REDIS when Redis does not take commands now
 */
export async function selfTest(tested: RedisDialogue, other: RedisDialogue): Promise<void> {
  await tested.expectText('WATCH', selfTestKey);
  await touch(other);
  await tested.expectText('MULTI');
  await tested.expectText('GET', selfTestKey);
  const executed = await tested.request('EXEC');
  if (executed.type === 'error') throw new PylonError('PYLON_REDIS', executed.text);
  if (executed.type !== 'nil') {
    throw new PylonError(
      'PYLON_SELF_TEST',
      'EXEC went through although another connection had written to a watched key: this backend (or a proxy before ' +
        'it) does not keep WATCH, so exactly-once is not possible on it',
    );
  }
  await tested.expectText('MULTI');
  await tested.expectText('GET', selfTestKey);
  await tested.expectText('DISCARD');
  await other.request('DEL', selfTestKey);
}

async function touch(other: RedisDialogue): Promise<void> {
  const reply = await other.request('SET', selfTestKey, '1', 'PX', String(keyLifeMs));
  if (reply.type === 'text') return;
  if (reply.type === 'error' && isOutOfMemory(reply.text)) {
    await other.expectText('EVAL', setWhenFull, '1', selfTestKey, String(keyLifeMs));
    return;
  }
  throw new PylonError('PYLON_REDIS', reply.type === 'error' ? reply.text : 'no answer to SET');
}
