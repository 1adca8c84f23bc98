/**
 * The log topic at start: created with the right settings when it is not there, then checked; what must hold is
 * src/shared/topics.ts. A consumer that subscribes before the topic exists waits minutes for it, so this comes first.
 *
 * Uses the admin client of @platformatic/kafka: librdkafka's binding has no way to read topic settings or topic ids.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { Admin, describeConfigsV4 } from '@platformatic/kafka';
import { PylonError } from '../../shared/errors.js';
import { recordBytesMax } from '../../shared/limits.js';
import { logTopicConfig, logTopicFaults, topicNames, type LogTopicState } from '../../shared/topics.js';
import type { Config } from '../config/load.js';

export interface LogTopic {
  readonly name: string;
  /** Kafka's id of the topic: another one when a topic of the same name is created anew. */
  readonly id: string;
  readonly replication: number;
}

export interface KafkaPatience {
  /** Kafka may be starting just now: so long it is waited for. */
  readonly waitMs: number;
  /** The admin client waits for ever for a broker that took the connection and does not answer. */
  readonly attemptMsMax: number;
}

const usualPatience: KafkaPatience = { waitMs: 15_000, attemptMsMax: 10_000 };
const retryMs = 500;

/**
 * Opens the log topic; waits a while for a Kafka that cannot be reached.
 * @param waiting called once, when it begins to wait
 * @throws PylonError PYLON_KAFKA when Kafka cannot be reached; PYLON_TOPIC with every fault of the topic
 */
export async function awaitLogTopic(
  config: Config,
  waiting: (error: PylonError) => void,
  patience = usualPatience,
): Promise<LogTopic> {
  const deadlineMs = performance.now() + patience.waitMs;
  for (let attempt = 1; ; attempt++) {
    try {
      return await openLogTopic(config, patience.attemptMsMax);
    } catch (error) {
      const unreachable = error instanceof PylonError && error.code === 'PYLON_KAFKA';
      if (!unreachable || performance.now() > deadlineMs) throw error;
      if (attempt === 1) waiting(error);
      await pause(retryMs);
    }
  }
}

async function openLogTopic(config: Config, attemptMsMax: number): Promise<LogTopic> {
  const name = topicNames.log(config.PYLON_WORLD);
  const admin = newAdmin(config);
  try {
    const { id, state } = await Promise.race([
      createIfMissing(admin, name, config).then(() => describe(admin, name)),
      pause(attemptMsMax, undefined, { ref: false }).then(() => {
        throw new Error(`no answer within ${attemptMsMax} ms`);
      }),
    ]);
    const faults = logTopicFaults(name, state, recordBytesMax(config.PYLON_COMMAND_BYTES_MAX), config.PYLON_DEV);
    if (faults.length > 0) {
      throw new PylonError('PYLON_TOPIC', `topic ${name} cannot carry a world:\n  ${faults.join('\n  ')}`);
    }
    return { name, id, replication: state.replication };
  } catch (cause) {
    if (cause instanceof PylonError) throw cause;
    throw new PylonError('PYLON_KAFKA', `Kafka at ${config.PYLON_KAFKA}: ${innermost(cause)}`, { cause });
  } finally {
    void admin.close().catch(() => {}); // already closed, or never connected
  }
}

export function newAdmin(config: Config): Admin {
  return new Admin({
    clientId: `${config.PYLON_ID}-admin`,
    bootstrapBrokers: config.PYLON_KAFKA.split(','),
    connectTimeout: 5_000,
    retries: 2,
    retryDelay: 500,
  });
}

async function createIfMissing(admin: Admin, name: string, config: Config): Promise<void> {
  if ((await admin.listTopics({})).includes(name)) return;
  const wanted = logTopicConfig({
    replication: config.PYLON_KAFKA_REPLICATION,
    recordBytesMax: recordBytesMax(config.PYLON_COMMAND_BYTES_MAX),
    retentionMs: config.PYLON_RETENTION_MS,
  });
  try {
    await admin.createTopics({
      topics: [name],
      partitions: 1,
      replicas: config.PYLON_KAFKA_REPLICATION,
      configs: Object.entries(wanted).map(([key, value]) => ({ name: key, value })),
    });
  } catch (error) {
    // Two Pylons that start together both try; the loser finds the topic there.
    if (!(await admin.listTopics({})).includes(name)) throw error;
  }
}

async function describe(admin: Admin, name: string): Promise<{ id: string; state: LogTopicState }> {
  const metadata = await admin.metadata({ topics: [name], forceUpdate: true });
  const topic = metadata.topics.get(name);
  if (topic === undefined) throw new PylonError('PYLON_KAFKA', `topic ${name} was created but is not in the metadata`);
  const config = await settings(admin, name);
  const replication = topic.partitions[0]?.replicas.length ?? 0;
  return { id: topic.id, state: { partitions: topic.partitionsCount, replication, config } };
}

/** Kafka's number for topics among the resources of DescribeConfigs (org.apache.kafka.common.config.ConfigResource). */
const topicResource = 2;

async function settings(admin: Admin, name: string): Promise<Map<string, string>> {
  const keys = Object.keys(logTopicConfig({ replication: 0, recordBytesMax: 0, retentionMs: 0 }));
  const [connection] = (await admin.connectToBrokers()).values();
  const resource = { resourceType: topicResource, resourceName: name, configurationKeys: keys };
  const { results } = await describeConfigsV4.api.async(connection, [resource], false, false);
  if (results[0].errorCode !== 0) {
    throw new PylonError('PYLON_KAFKA', `settings of ${name} cannot be read: ${results[0].errorMessage}`);
  }
  return new Map(results[0].configs.map((entry) => [entry.name, entry.value ?? '']));
}

/** Admin errors wrap others; the innermost says what happened. */
function innermost(error: unknown): string {
  let current = error;
  for (;;) {
    const inner = current instanceof AggregateError ? current.errors[0] : (current as { cause?: unknown } | null)?.cause;
    if (inner === undefined || inner === null) break;
    current = inner;
  }
  return current instanceof Error ? current.message : String(current);
}
