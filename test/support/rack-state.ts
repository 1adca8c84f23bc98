/** All that racks at one position must agree on: DEBUG DIGEST, and of streams what it leaves out. */
import type { RespValue } from '../../src/shared/resp/decode.js';
import type { RedisConnection } from './redis-on-socket.js';

/** Facts of XINFO STREAM … FULL that are no data: inner form and the rack's own clock. */
const OWN = new Set(['radix-tree-keys', 'radix-tree-nodes', 'seen-time', 'active-time']);
/** Where XINFO names an entry that was delivered: consumer's [id, time, count], group's [id, consumer, time, count]. */
const isDelivery = (value: readonly unknown[]): boolean =>
  (value.length === 3 || value.length === 4) && /^\d+-\d+$/.test(String(value[0])) && typeof value.at(-1) === 'number';

function plain(value: RespValue): unknown {
  if (Buffer.isBuffer(value)) return value.toString('latin1');
  if (!Array.isArray(value)) return typeof value === 'bigint' ? Number(value) : value;
  const items = value.map(plain);
  if (isDelivery(items)) return items.toSpliced ? items.toSpliced(-2, 1) : [...items.slice(0, -2), items.at(-1)];
  const kept: unknown[] = [];
  for (let i = 0; i < items.length; i++) {
    if (typeof items[i] === 'string' && OWN.has(items[i] as string)) i++;
    else kept.push(items[i]);
  }
  return kept;
}

/** @param keys all that there may be; looked at first, so that what has expired is gone, and not only invisible */
export async function rackState(redis: RedisConnection, keys: readonly string[]): Promise<string> {
  if (keys.length > 0) await redis.call('EXISTS', ...keys);
  const facts: unknown[] = [String(await redis.call('DEBUG', 'DIGEST')), Number(await redis.call('DBSIZE'))];
  for (const key of keys) {
    if (String(await redis.call('TYPE', key)) !== 'stream') continue;
    facts.push(key, plain(await redis.call('XINFO', 'STREAM', key, 'FULL', 'COUNT', '0')));
  }
  return JSON.stringify(facts, null, 1);
}
