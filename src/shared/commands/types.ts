/**
 * The forms of the command table's rows. Data only: what the words mean is said here, what is done with them in the
 * modules of this folder.
 */

/**
 * What Pylon does with a command:
 *  - read: answered by the rack's own Redis
 *  - write: goes to the log
 *  - filtered: a read over the whole keyspace, whose answer must hide Pylon's own keys
 *  - local: answered by the gateway itself
 *  - refused: not supported; `reason` and `instead` say why and what to do
 */
export type CommandKind = 'read' | 'write' | 'filtered' | 'local' | 'refused';

/** Where the keys are among the arguments (the name is argument 0). */
export type KeySpec =
  /** Every `step`th argument from `first` to `last`; a negative `last` counts from the end (-1: the last one). */
  | { readonly first: number; readonly last: number; readonly step: number }
  /** Argument `numkeys` says how many keys follow it; `destination` is a key as well. */
  | { readonly numkeys: number; readonly destination?: number }
  /** SORT: argument 1 and what follows STORE. */
  | 'sort'
  /** GEORADIUS and GEORADIUSBYMEMBER: argument 1 and what follows STORE or STOREDIST. */
  | 'georadius'
  /** XREAD and XREADGROUP: the first half of what follows STREAMS. */
  | 'streams'
  | 'none';

/** As Redis groups them (COMMAND DOCS); `pylon` and `http` are ours. */
export type Group =
  | 'string' | 'bitmap' | 'hash' | 'list' | 'set' | 'sorted-set' | 'stream' | 'geo' | 'hyperloglog' | 'generic'
  | 'transactions' | 'pubsub' | 'scripting' | 'connection' | 'server' | 'cluster' | 'array' | 'vector-set' | 'pylon'
  | 'http';

/** The type of the true reply (RESP2 words; null is possible wherever Redis has it). */
export type ReplyType = 'ok' | 'simple' | 'integer' | 'bulk' | 'double' | 'array' | 'any';

/** What a write gets when it is answered at the log, before Redis has seen it (PYLON_REPLY=log). */
export type LogReply = 'ok' | 'zero' | 'nil' | 'nilArray' | 'emptyArray' | 'zeroBulk' | 'zeroDouble';

/**
 * When a write's reply is known:
 *  - log: a status write, `+OK` once the log has it (unless its arguments ask for more: SET … NX)
 *  - apply: the reply is information, or depends on the data
 */
export type AnsweredAt = 'log' | 'apply';

/** Commands whose kind depends on their arguments (classify.ts). */
export type ArgumentRule =
  | 'bitfield' | 'copy' | 'georadius' | 'getex' | 'sort' | 'xclaim' | 'xread' | 'xreadgroup';

/** How a write is made the same for every rack before it is applied (rewrite.ts). */
export type RewriteRule =
  | 'set' | 'setex' | 'getex' | 'expire' | 'restore' | 'flushall' | 'fieldExpire' | 'spop' | 'xadd' | 'xtrim'
  | 'xclaim' | 'zremrangebylex' | 'zrangestore';

/** How a read is made harmless before it goes to the rack's Redis (rewrite-read.ts). */
export type ReadRewriteRule = 'pfcount';

/**
 * What a row needs of the gateway before it may be used (needs.ts):
 *  - since: it is newer than the oldest Redis that Pylon takes, so the gateway must ask `sinceRefusal`
 *  - rewriteRead: the gateway must send what `rewriteRead` makes of it
 *  - candidates: the gateway must draw the random choice before the log (spop.ts)
 */
export type Need = 'since' | 'rewriteRead' | 'candidates';

/** Which static check a write goes through before the log (validate.ts), beside its arity. */
export type CheckRule =
  | 'set' | 'setex' | 'getex' | 'pairs' | 'increment' | 'decrement' | 'incrementFloat' | 'setrange' | 'setbit'
  | 'bitop' | 'bitfield' | 'hashPairs' | 'hashIncrement' | 'hashIncrementFloat' | 'pop' | 'twoIntegers' | 'count'
  | 'linsert' | 'lmove' | 'lmpop' | 'zadd' | 'zincrby' | 'zpop' | 'zmpop' | 'scoreRange' | 'lexRange' | 'zrangestore'
  | 'zstore' | 'zdiffstore' | 'expire' | 'copy' | 'restore' | 'sort' | 'flush' | 'fieldExpire' | 'fieldPersist'
  | 'geoadd' | 'georadius' | 'georadiusbymember' | 'geosearchstore' | 'spop' | 'xadd' | 'xtrim' | 'xsetid'
  | 'xgroupCreate' | 'xgroupSetid' | 'xreadgroup' | 'xclaim' | 'xautoclaim';

export interface RefusedForm {
  /** As a refusal names it: `copy ... db`. */
  readonly form: string;
  readonly reason: string;
  readonly instead: string;
}

export interface CommandRow {
  /** Lower case; that of a subcommand is `container|subcommand`, as Redis has it. */
  readonly name: string;
  readonly group: Group;
  /** As Redis has it: the exact number of arguments with the name, or the least number, negative. */
  readonly arity: number;
  readonly kind: CommandKind;
  readonly keys: KeySpec;
  readonly reply: ReplyType;
  /** First Redis version that has it. */
  readonly since: string;
  /** The rows of its subcommands: they, not this row, say what is done with a frame. */
  readonly subcommands?: readonly CommandRow[];
  readonly byArguments?: ArgumentRule;
  /** Writes only, like the three below. */
  readonly answered?: AnsweredAt;
  readonly logReply?: LogReply;
  readonly check?: CheckRule;
  readonly rewrite?: RewriteRule;
  /** Reads only. */
  readonly readRewrite?: ReadRewriteRule;
  /** Without it the row counts as refused; `since` goes without saying where the version says so. */
  readonly needs?: Need;
  /** One sentence for the documentation. */
  readonly note?: string;
  /** The form of a supported command that is refused for its arguments, and why. */
  readonly refusedForm?: RefusedForm;
  /** Refused only: why, and what to do instead. */
  readonly reason?: string;
  readonly instead?: string;
  /** Refused, and the connection is closed: the name shows that this is not a Redis client (an HTTP request). */
  readonly closes?: boolean;
}
