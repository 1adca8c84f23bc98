/**
 * Kafka as seen by tests: the broker that all tests share, the end of a world's log, raw records, and topics made by
 * hand. By a pure JavaScript client, so that what Pylon's own binding does is judged from outside.
 */

import { Admin, Consumer, ListOffsetTimestamps, metadataV12, Producer } from '@platformatic/kafka';
import { topicNames } from '../../src/shared/topics.js';

/** Bootstrap servers of the Kafka that the test command has started, or was given. @throws Error when there is none */
export function sharedKafka(): string {
  const servers = process.env['PYLON_TEST_KAFKA'];
  if (servers === undefined || servers === '') {
    throw new Error('PYLON_TEST_KAFKA is not set: run the tests by `npm test`, or name a Kafka (host:port)');
  }
  return servers;
}

function clientOptions(kafka: string): { clientId: string; bootstrapBrokers: string[]; connectTimeout: number } {
  return { clientId: 'pylon-test', bootstrapBrokers: kafka.split(','), connectTimeout: 5_000 };
}

/** Offset behind the last record of a world's log. */
export async function logEnd(kafka: string, world: string): Promise<number> {
  const topic = topicNames.log(world);
  const consumer = new Consumer({ ...clientOptions(kafka), groupId: `pylon-test-${process.pid}` });
  try {
    const offsets = await consumer.listOffsets({ topics: [topic], timestamp: ListOffsetTimestamps.LATEST });
    return Number(offsets.get(topic)?.[0]);
  } finally {
    await consumer.close(true);
  }
}

/** Writes values into a world's log as they are, one record each, in order. */
export async function produceRaw(kafka: string, world: string, values: readonly Buffer[]): Promise<void> {
  const producer = new Producer(clientOptions(kafka));
  try {
    const topic = topicNames.log(world);
    await producer.send({ messages: values.map((value) => ({ topic, partition: 0, value })), acks: -1 });
  } finally {
    await producer.close();
  }
}

/** How many members a consumer group has once it has shared out its partitions; 0 while it does so. */
export async function groupMembers(kafka: string, group: string): Promise<number> {
  const admin = new Admin(clientOptions(kafka));
  try {
    const found = (await admin.describeGroups({ groups: [group] })).get(group);
    return found?.state === 'STABLE' ? found.members.size : 0;
  } finally {
    await admin.close();
  }
}

/** How many replicas of a world's log are in sync. */
export async function inSyncReplicas(kafka: string, world: string): Promise<number> {
  const admin = new Admin(clientOptions(kafka));
  try {
    const [connection] = (await admin.connectToBrokers()).values();
    const { topics } = await metadataV12.api.async(connection, [topicNames.log(world)], false, false);
    return topics[0].partitions[0].isrNodes.length;
  } finally {
    await admin.close();
  }
}

export interface TopicSpecification {
  readonly name: string;
  readonly partitions: number;
  readonly settings: Readonly<Record<string, string>>;
}

/** Creates a topic with one replica. */
export async function createTopic(kafka: string, topic: TopicSpecification): Promise<void> {
  const admin = new Admin(clientOptions(kafka));
  try {
    const configs = Object.entries(topic.settings).map(([name, value]) => ({ name, value }));
    await admin.createTopics({ topics: [topic.name], partitions: topic.partitions, replicas: 1, configs });
  } finally {
    await admin.close();
  }
}
