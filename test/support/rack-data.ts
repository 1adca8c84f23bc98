/**
 * What a rack's Redis holds, asked of Redis itself and not through Pylon: its position (the fence), its digest, its
 * deadlines, and the keys that the checker looks at. Needs a Redis started with `enable-debug-command yes`.
 */

import { decodeFence, fenceKey, type FenceValue } from '../../src/shared/fence-value.js';
import { formatPosition } from '../../src/shared/position.js';
import type { RackContents } from './checker.js';
import type { Ledger } from './ledger.js';
import { showReply, type Reply, type RespClient } from './resp-client.js';

/** @returns undefined where there is no fence yet */
export async function readFence(redis: RespClient): Promise<FenceValue | undefined> {
  const text = await redis.text('GET', fenceKey);
  return text === '(nil)' ? undefined : decodeFence(text);
}

export interface DigestAtPosition {
  /** `offset:index`, or 'none'. */
  readonly position: string;
  /** DEBUG DIGEST: all keys of all databases, the fence among them. It knows that a key has a deadline, not which. */
  readonly digest: string;
}

/** The digest and the position that it belongs to: one transaction, so that nothing comes between. */
export async function readDigest(redis: RespClient): Promise<DigestAtPosition> {
  const replies = await redis.pipeline([['MULTI'], ['GET', fenceKey], ['DEBUG', 'DIGEST'], ['EXEC']]);
  const results = replies[3];
  if (results.type !== 'array' || results.value === null || results.value.length !== 2) {
    throw new Error(`no digest: ${replies.map(showReply).join(', ')}`);
  }
  const [fence, digest] = results.value.map(showReply);
  return { position: fence === '(nil)' ? 'none' : formatPosition(decodeFence(fence).next), digest };
}

/** Every key with a deadline, and the deadline (ms since 1970). */
export async function readDeadlines(redis: RespClient): Promise<Map<string, number>> {
  const deadlines = new Map<string, number>();
  const keys = await readKeys(redis);
  const replies = await redis.pipeline(keys.map((key) => ['PEXPIRETIME', key]));
  replies.forEach((reply, index) => {
    if (reply.type === 'integer' && reply.value > 0) deadlines.set(keys[index], reply.value);
  });
  return deadlines;
}

/** All keys, sorted. */
export async function readKeys(redis: RespClient): Promise<string[]> {
  return texts(await redis.command('KEYS', '*')).sort();
}

/** Digest of each key's value (DEBUG DIGEST-VALUE): says which keys differ when digests do. */
export async function readKeyDigests(redis: RespClient): Promise<Map<string, string>> {
  const keys = await readKeys(redis);
  const digests = texts(await redis.command('DEBUG', 'DIGEST-VALUE', ...keys));
  return new Map(keys.map((key, index) => [key, digests[index]]));
}

/** What the checker needs of one rack: the keys of the ledger, and whatever else has their prefix. */
export async function readContents(rack: string, redis: RespClient, ledger: Ledger): Promise<RackContents> {
  const found = texts(await redis.command('KEYS', 'checked:*'));
  const ofKind = (kind: 'lists' | 'sets' | 'counters'): string[] => [
    ...new Set([...ledger[kind].keys(), ...found.filter((key) => key.startsWith(`checked:${kind}:`))]),
  ];
  const lists = new Map<string, string[]>();
  for (const key of ofKind('lists')) lists.set(key, texts(await redis.command('LRANGE', key, 0, -1)));
  const sets = new Map<string, string[]>();
  for (const key of ofKind('sets')) sets.set(key, texts(await redis.command('SMEMBERS', key)));
  const counters = new Map<string, number>();
  for (const key of ofKind('counters'))
    counters.set(key, Number(showReply(await redis.command('GET', key)).replace('(nil)', '0')));
  return { rack, lists, sets, counters };
}

/** The texts of an array reply. @throws Error when it is none */
export function texts(reply: Reply): string[] {
  if (reply.type !== 'array' || reply.value === null) throw new Error(`not an array: ${showReply(reply)}`);
  return reply.value.map(showReply);
}
