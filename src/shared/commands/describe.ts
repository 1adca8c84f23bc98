/**
 * docs/COMMANDS.md, made from the command table by `pylon commands`. A test fails when the file is not what this makes.
 */
import { RACK_SETTINGS } from './rack-settings.js';
import { COMMANDS } from './table.js';
import type { ArgumentRule, CommandKind, CommandRow, Group, LogReply, RewriteRule } from './types.js';

const GROUPS: ReadonlyArray<readonly [Group, string]> = [
  ['generic', 'Keys'], ['string', 'Strings'], ['bitmap', 'Bitmaps'], ['hash', 'Hashes'], ['list', 'Lists'],
  ['set', 'Sets'], ['sorted-set', 'Sorted sets'], ['stream', 'Streams'], ['geo', 'Geo'],
  ['hyperloglog', 'HyperLogLog'], ['transactions', 'Transactions'], ['pubsub', 'Pub/sub'],
  ['scripting', 'Scripts and functions'], ['connection', 'Connection'], ['server', 'Server'], ['cluster', 'Cluster'],
  ['array', 'Arrays'], ['vector-set', 'Vector sets'], ['pylon', 'Pylon'], ['http', 'HTTP'],
];

const BY_ARGUMENTS: Readonly<Record<ArgumentRule, string>> = {
  bitfield: 'write; read when it only gets', copy: 'write', georadius: 'read; write with STORE or STOREDIST',
  getex: 'write; read without options', sort: 'read; write with STORE', xclaim: 'write', xread: 'read',
  xreadgroup: 'write',
};

/** The rules that are not here are told by the notes of their rows. */
const REWRITES: Readonly<Partial<Record<RewriteRule, string>>> = {
  set: 'EX and PX become PXAT by the log clock.',
  setex: 'Becomes SET with PXAT by the log clock.',
  getex: 'EX and PX become PXAT by the log clock.',
  expire: 'A relative time becomes PEXPIREAT by the log clock.',
  restore: 'A time to live becomes ABSTTL by the log clock.',
  flushall: 'Becomes FLUSHDB.',
  fieldExpire: 'A relative time becomes HPEXPIREAT by the log clock.',
};

const LOG_REPLIES: Readonly<Record<LogReply, string>> = {
  ok: '`OK`', zero: '`0`', nil: 'nil', nilArray: 'nil', emptyArray: 'empty array', zeroBulk: '`"0"`',
  zeroDouble: '`"0"`',
};

const named = (row: CommandRow): string => `\`${row.name.replace('|', ' ').toUpperCase()}\``;

const KINDS: Readonly<Record<CommandKind, string>> = {
  read: 'read', write: 'write', filtered: "read, without Pylon's own keys", local: 'answered by Pylon',
  refused: 'refused',
};
const kindOf = (row: CommandRow): string =>
  (row.byArguments === undefined ? KINDS[row.kind] : BY_ARGUMENTS[row.byArguments]);

function logReplyOf(row: CommandRow): string {
  if (row.logReply === undefined) return '';
  if (row.name === 'set') return '`OK`; with GET nil';
  if (row.check === 'zadd') return '`0`; with INCR `"0"`';
  return LOG_REPLIES[row.logReply];
}

function whenKnown(row: CommandRow): string {
  if (row.kind !== 'write') return '';
  if (row.name === 'set') return 'log; with NX, XX, GET applied';
  return row.answered === 'log' ? 'log' : 'applied';
}

/** Commands of a family whose times are relative, with an absolute one. */
const IS_ABSOLUTE = /expireat$/;

const sameEverywhere = (row: CommandRow): string =>
  [row.rewrite === undefined || IS_ABSOLUTE.test(row.name) ? '' : REWRITES[row.rewrite] ?? '', row.note ?? '']
    .filter((text) => text !== '').join(' ');

const cells = (...texts: readonly string[]): string => `| ${texts.join(' | ')} |`.replace(/ {2,}/g, ' ');

function supportedTable(rows: readonly CommandRow[]): string[] {
  if (rows.length === 0) return [];
  return [
    '', '| command | since | what it is | true reply | at the log | how it is the same everywhere |',
    '|---|---|---|---|---|---|',
    ...rows.map((row) => cells(named(row), row.since, kindOf(row), whenKnown(row), logReplyOf(row),
      sameEverywhere(row))),
  ];
}

/** Refused rows, those with one reason in one line. */
function refusedTable(rows: readonly CommandRow[]): string[] {
  const lines = new Map<string, string[]>();
  const add = (reason: string, instead: string, name: string): void => {
    const line = cells(reason, instead);
    lines.set(line, [...lines.get(line) ?? [], name]);
  };
  for (const row of rows) {
    if (row.kind === 'refused') add(row.reason!, row.instead!, `${named(row)}${isNew(row) ? ` (${row.since})` : ''}`);
    if (row.refusedForm !== undefined) {
      add(row.refusedForm.reason, row.refusedForm.instead, `\`${row.refusedForm.form.toUpperCase()}\``);
    }
  }
  if (lines.size === 0) return [];
  return [
    '', '| refused | why | what to do instead |', '|---|---|---|',
    ...[...lines].map(([line, names]) => `| ${names.join(', ')} ${line}`),
  ];
}

const isNew = (row: CommandRow): boolean => !/^[1-6]\.|^7\.0\.|^Pylon/.test(row.since);

function section(group: Group, title: string): string {
  const rows = COMMANDS.filter((row) => row.group === group).flatMap((row) => {
    if (row.subcommands === undefined) return [row];
    // Of a command all of whose subcommands are refused the one line is enough.
    const subcommands = row.kind === 'refused' ? [] : row.subcommands;
    return row.kind === 'refused' || (row.kind === 'local' && row.arity === -1) ? [row, ...subcommands] : subcommands;
  });
  const supported = rows.filter(({ kind }) => kind !== 'refused');
  return [`## ${title}`, ...supportedTable(supported), ...refusedTable(rows)].join('\n');
}

const INTRODUCTION = `# Commands

<!-- made by \`pylon commands\`: change src/shared/commands, not this file -->

Every command and subcommand of Redis 7.0 to 8.10, without modules, and what Pylon does with it.

- *read*: answered by the rack's own Redis. *write*: goes to the log, and every rack applies it. *answered by Pylon*:
  it is about this connection or this Pylon.
- *true reply*: when the reply of a write is known. *log*: it tells nothing but that it is taken, so it is \`OK\` once
  Kafka has it. *applied*: it is information, or depends on the data, and is known when a rack has applied it.
- *at the log*: what it gets under \`PYLON_REPLY=log\`, where nothing waits for a rack: a placeholder of the right type.
- *how it is the same everywhere*: what is done to a write before it is applied, by the clock of the log. Where nothing
  stands it is applied as it is.

A name that is not here is refused as Redis refuses a name that it does not know. What Pylon refuses is refused by

\`\`\`
-ERR PYLON refuses '<command>': <reason>; <what to do instead>
\`\`\`

and the connection stays. A write with a fault that needs no data to be seen gets the error that Redis 7.0 gives, and is
not logged. Options of a write that Redis 7.0 does not know are such a fault (\`SET ... IFEQ\`,
\`XREADGROUP ... CLAIM\`), and so are hexadecimal numbers for scores, and blanks before them: Redis 7.0 reads them,
Redis 8 does not.

What must be alike in all racks:`;

/** The whole page, a line break at its end. */
export function commandsPage(): string {
  const settings = RACK_SETTINGS.map(({ name, usual, why }) => `- \`${name}\` (usually ${usual}).\n  ${why}`);
  const floats = '- The processor architecture and the C library, where numbers are floating point: `INCRBYFLOAT`, '
    + '`HINCRBYFLOAT`,\n  sums and distances. Their last digits may differ otherwise.';
  return `${[
    `${INTRODUCTION}\n\n${[...settings, floats].join('\n')}`,
    ...GROUPS.map(([group, title]) => section(group, title)),
  ].join('\n\n')}\n`;
}
