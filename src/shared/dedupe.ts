/**
 * Which batches are duplicates. An idempotent producer writes each batch once, but a batch may still come twice through
 * a producer that was re-created, or a late request that a broker took after all; and after a produce error the gateway
 * logs a barrier with a higher number, which makes older batches of it void. Both are one rule: a batch not above the
 * last one seen of its incarnation is passed over.
 *
 * The memory is a pure function of the log up to here, the same in every rack: an incarnation is forgotten when the log
 * clock is `incarnationMemoryMs` past its last batch, or when there are more than `incarnationsMax`, the longest silent
 * first. Entries are kept in the order of their last batch, so both are a look at the front.
 */

import type { IncarnationMark } from './fence-value.js';
import { limits } from './limits.js';

export type Incarnations = Map<string, IncarnationMark>;

/** True when the batch was seen before, or declared void. */
export function isDuplicate(seen: ReadonlyMap<string, IncarnationMark>, incarnation: string, batch: number): boolean {
  const mark = seen.get(incarnation);
  return mark !== undefined && batch <= mark.batch;
}

/** Notes a batch as applied at `clockMs` (log clock) and forgets who has been silent too long. Changes `seen`. */
export function noteBatch(seen: Incarnations, incarnation: string, batch: number, clockMs: number): void {
  seen.delete(incarnation); // back to the end of the order
  seen.set(incarnation, { batch, clockMs });
  for (const [id, mark] of seen) {
    const silent = clockMs - mark.clockMs > limits.incarnationMemoryMs;
    if (!silent && seen.size <= limits.incarnationsMax) break;
    seen.delete(id);
  }
}
