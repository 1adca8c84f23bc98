import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logTopicConfig, logTopicFaults, type LogTopicState } from '../../../src/shared/topics.js';

const plan = { replication: 3, recordBytesMax: 1_000_000, retentionMs: 86_400_000 };
const good: LogTopicState = { partitions: 1, replication: 3, config: new Map(Object.entries(logTopicConfig(plan))) };

function changed(setting: string, value: string): LogTopicState {
  return { ...good, config: new Map([...good.config, [setting, value]]) };
}

test('a topic made by our own settings has no faults', () => {
  assert.deepEqual(logTopicFaults('t', good, plan.recordBytesMax, false), []);
  const single = { partitions: 1, replication: 1, config: new Map(Object.entries(logTopicConfig({ ...plan, replication: 1 }))) };
  assert.deepEqual(logTopicFaults('t', single, plan.recordBytesMax, true), []);
});

test('each fault is named, with the command that mends it', () => {
  const cases: [LogTopicState, RegExp][] = [
    [{ ...good, partitions: 2 }, /2 partitions, must have 1/],
    [{ ...good, replication: 1 }, /1 replica\(s\).*PYLON_DEV=1/],
    [changed('cleanup.policy', 'compact'), /cleanup.policy is 'compact', must be 'delete'.*kafka-configs/],
    [changed('message.timestamp.type', 'CreateTime'), /LogAppendTime/],
    [changed('unclean.leader.election.enable', 'true'), /unclean/],
    [changed('max.message.bytes', '1000'), /max.message.bytes is 1000, must be at least 1000000/],
    [changed('retention.bytes', '1000'), /retention.bytes is 1000/],
    [changed('min.insync.replicas', '1'), /min.insync.replicas is 1 of 3/],
    [changed('min.insync.replicas', '3'), /leave one to spare/],
  ];
  for (const [state, text] of cases) {
    const faults = logTopicFaults('t', state, plan.recordBytesMax, false);
    assert.equal(faults.length, 1, String(text));
    assert.match(faults[0], text);
  }
});

test('all faults come at once', () => {
  const state = { partitions: 3, replication: 1, config: new Map([['message.timestamp.type', 'CreateTime']]) };
  assert.ok(logTopicFaults('t', state, 1, false).length >= 5);
});
