import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  classifyError,
  isOutOfMemory,
  unwrapAbort,
  type ErrorClass,
} from '../../../src/workers/applier/reply-classes.js';

const cases: readonly [string, ErrorClass][] = [
  ["OOM command not allowed when used memory > 'maxmemory'.", 'environment'],
  ['LOADING Redis is loading the dataset in memory', 'environment'],
  ["READONLY You can't write against a read only replica.", 'environment'],
  ['MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist to disk.', 'environment'],
  ['NOREPLICAS Not enough good replicas to write.', 'environment'],
  ['BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.', 'environment'],
  ["NOPERM User default has no permissions to run the 'set' command", 'environment'],
  ['NOAUTH Authentication required.', 'environment'],
  ["ERR unknown command 'hsetex', with args beginning with: 'h' ", 'environment'],
  ['EXECABORT Transaction discarded because of: OOM command not allowed when used memory is high', 'environment'],
  ['EXECABORT Transaction discarded because of: LOADING Redis is loading the dataset in memory', 'environment'],
  ["EXECABORT Transaction discarded because of: ERR unknown command 'x'", 'environment'],
  ['EXECABORT Transaction discarded because of previous errors.', 'unknown'],
  ['WRONGTYPE Operation against a key holding the wrong kind of value', 'data'],
  ['ERR value is not an integer or out of range', 'data'],
  ['ERR value is not a valid float', 'data'],
  ['ERR no such key', 'data'],
  ['ERR index out of range', 'data'],
  ['ERR increment or decrement would overflow', 'data'],
  ['ERR increment would produce NaN or Infinity', 'data'],
  ['ERR hash value is not an integer', 'data'],
  ['ERR hash value is not a float', 'data'],
  ['ERR resulting score is not a number (NaN)', 'data'],
  ['ERR string exceeds maximum allowed size (proto-max-bulk-len)', 'data'],
  ['ERR offset is out of range', 'data'],
  ['ERR bit offset is not an integer or out of range', 'data'],
  ['ERR min or max is not a float', 'data'],
  ["ERR invalid expire time in 'set' command", 'data'],
  ["ERR wrong number of arguments for 'get' command", 'data'],
  ['ERR syntax error', 'data'],
  ['BUSYKEY Target key name already exists.', 'data'],
  ['ERR DUMP payload version or checksum are wrong', 'unknown'], // another version of Redis may take it
  ['ERR something that no Redis of today says', 'unknown'],
  ['STRANGE', 'unknown'],
  ['', 'unknown'],
];

for (const [line, wanted] of cases) {
  test(`${wanted}: ${line.slice(0, 70)}`, () => assert.equal(classifyError(line), wanted));
}

test('an EXECABORT is told by what it was because of', () => {
  assert.equal(unwrapAbort('EXECABORT Transaction discarded because of: -OOM x'), 'OOM x');
  assert.equal(unwrapAbort('ERR because of: x'), 'ERR because of: x');
  assert.ok(isOutOfMemory('EXECABORT Transaction discarded because of: OOM x'));
  assert.ok(!isOutOfMemory('LOADING x'));
});
