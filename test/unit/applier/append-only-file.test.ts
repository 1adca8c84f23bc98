/** When a Redis that was restarted may be written to: what its INFO says of the append-only file, and what is asked. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PylonError } from '../../../src/shared/errors.js';
import { encodeArray, encodeBulk, encodeError, encodeSimple } from '../../../src/shared/resp/encode.js';
import { judgeFile, settleFile } from '../../../src/workers/applier/append-only-file.js';
import { RedisDialogue } from '../../../src/workers/applier/redis-dialogue.js';

interface Fields {
  readonly loading?: number;
  readonly enabled?: number;
  readonly running?: number;
  readonly scheduled?: number;
  readonly lastSeconds?: number;
  readonly status?: string;
  /** Undefined: a Redis before 7.0. */
  readonly begun?: number | undefined;
}

function info({ loading = 0, enabled = 1, running = 0, scheduled = 0, lastSeconds = -1, status = 'ok', begun }: Fields): string {
  return [
    '# Persistence',
    `loading:${loading}`,
    `aof_enabled:${enabled}`,
    `aof_rewrite_in_progress:${running}`,
    `aof_rewrite_scheduled:${scheduled}`,
    `aof_last_rewrite_time_sec:${lastSeconds}`,
    `aof_last_bgrewrite_status:${status}`,
    ...(begun === undefined ? [] : [`aof_rewrites:${begun}`]),
    '',
  ].join('\r\n');
}

test('the file is judged by what INFO says', () => {
  const cases: [Fields, string][] = [
    [{ enabled: 0 }, 'off'],
    [{ loading: 1, enabled: 0, begun: 0 }, 'loading'], // as 7.0.15 says it while it loads the file
    [{ begun: 0 }, 'unknown'],
    [{ begun: 0, scheduled: 1 }, 'under way'],
    [{ begun: 1, running: 1 }, 'sound'], // a new file is open
    [{ begun: 1, lastSeconds: 3, status: 'err' }, 'sound'],
    [{ begun: 0, lastSeconds: 3 }, 'sound'], // CONFIG RESETSTAT
    // before 7.0: one file
    [{}, 'unknown'],
    [{ running: 1 }, 'under way'],
    [{ lastSeconds: 0 }, 'sound'],
    [{ lastSeconds: 0, status: 'err' }, 'unknown'],
    [{ lastSeconds: 0, status: 'err', running: 1 }, 'under way'],
  ];
  for (const [fields, state] of cases) assert.equal(judgeFile(info(fields)), state, JSON.stringify(fields));
  assert.equal(judgeFile('redis_version:1.0\r\n'), 'off');
});

type Answers = Readonly<Record<string, Buffer>>;

/** Asks of a Redis that answers so. @returns what it was asked, and what came of it */
async function settle(before: Fields, answers: Answers): Promise<{ asked: string[]; result: string | undefined }> {
  const asked: string[] = [];
  const dialogue: RedisDialogue = new RedisDialogue((bytes) => {
    const name = /\r\n([A-Z]+)\r\n/.exec(Buffer.from(bytes).toString('latin1'))?.[1] as string;
    asked.push(name);
    queueMicrotask(() => dialogue.receive(answers[name] as Buffer));
  });
  try {
    return { asked, result: await settleFile(dialogue, info(before)) };
  } catch (error) {
    assert.ok(error instanceof PylonError && error.code === 'PYLON_REDIS', String(error));
    return { asked, result: `not yet: ${error.message}` };
  }
}

const setting = (value: string): Buffer => encodeArray(['aof-load-truncated', value].map(encodeBulk));
const started = encodeSimple('Background append only file rewriting started');

test('a rewrite is asked for once, and its beginning is enough', async () => {
  const answers = { CONFIG: setting('yes'), BGREWRITEAOF: started, INFO: encodeBulk(info({ begun: 1, running: 1 })) };
  const { asked, result } = await settle({ begun: 0 }, answers);
  assert.deepEqual(asked, ['CONFIG', 'BGREWRITEAOF', 'INFO']);
  assert.match(result ?? '', /^this Redis has aof-load-truncated yes/);
  const again = await settle({ begun: 1 }, answers);
  assert.deepEqual(again.asked, ['CONFIG']);
  assert.match(again.result ?? '', /aof-load-truncated no/);
});

test('as long as it has not begun, or before 7.0 not ended, nothing is applied', async () => {
  const scheduled = encodeSimple('Background append only file rewriting scheduled');
  const later = info({ begun: 0, scheduled: 1 });
  const first = await settle({ begun: 0 }, { CONFIG: setting('yes'), BGREWRITEAOF: scheduled, INFO: encodeBulk(later) });
  assert.match(first.result ?? '', /^not yet: Redis rewrites its append-only file/);
  const second = await settle({ begun: 0, scheduled: 1 }, { CONFIG: setting('yes') });
  assert.deepEqual(second.asked, ['CONFIG']);
  assert.match(second.result ?? '', /^not yet/);
  assert.match((await settle({ running: 1 }, { CONFIG: setting('yes') })).result ?? '', /^not yet/);
  const broken = encodeError("ERR Can't execute an AOF background rewriting. Please check the server logs.");
  const third = await settle({ begun: 0 }, { CONFIG: setting('yes'), BGREWRITEAOF: broken, INFO: encodeBulk(info({ begun: 0 })) });
  assert.match(third.result ?? '', /^not yet: .*refuses to: ERR Can't execute/);
});

test('a Redis that is loading is not believed to have no file', async () => {
  const { asked, result } = await settle({ loading: 1, enabled: 0, begun: 0 }, {});
  assert.deepEqual(asked, []);
  assert.match(result ?? '', /^not yet: LOADING/);
});

test('nothing is asked of a Redis without the file, or that refuses a torn one', async () => {
  assert.deepEqual(await settle({ enabled: 0 }, {}), { asked: [], result: undefined });
  assert.deepEqual(await settle({ begun: 0 }, { CONFIG: setting('no') }), { asked: ['CONFIG'], result: undefined });
});

test('where CONFIG or BGREWRITEAOF is not allowed, what can be done is done', async () => {
  const noConfig = encodeError('NOPERM this user has no permissions to run the \'config|get\' command');
  const rewritten = { CONFIG: noConfig, BGREWRITEAOF: started, INFO: encodeBulk(info({ begun: 1 })) };
  assert.deepEqual(await settle({ begun: 0 }, rewritten), { asked: ['CONFIG', 'BGREWRITEAOF', 'INFO'], result: undefined });
  const neither = await settle({ begun: 0 }, { CONFIG: noConfig, BGREWRITEAOF: encodeError("ERR unknown command 'BGREWRITEAOF'") });
  assert.match(neither.result ?? '', /may not ask for a rewrite .*unknown command/);
});
