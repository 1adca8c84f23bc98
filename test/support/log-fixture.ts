/**
 * A Kafka and topics for tests: the one that PYLON_TEST_KAFKA names, or an embedded one started by whoever asks first.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { Admin, Connection, deleteRecordsV2, Producer } from '@platformatic/kafka';
import { startKafka, type EmbeddedKafka } from '../../src/main/embedded/kafka.js';
import { makeIncarnation } from '../../src/shared/incarnation.js';
import { appendVarint, encodeBarrier, encodeCommands } from '../../src/shared/record.js';
import { encodeCommand } from '../../src/shared/resp/encode.js';
import { logTopicConfig } from '../../src/shared/topics.js';

export interface KafkaFixture {
  readonly bootstrapServers: string;
  /** The embedded one, when it is. */
  readonly embedded: EmbeddedKafka | undefined;
  close(): Promise<void>;
}

export async function kafkaFixture(): Promise<KafkaFixture> {
  const given = process.env['PYLON_TEST_KAFKA'];
  if (given !== undefined && given !== '') {
    return { bootstrapServers: given, embedded: undefined, close: async () => {} };
  }
  const dataDir = mkdtempSync(join(tmpdir(), 'pylon-kafka-'));
  const embedded = await startKafka({ dataDir });
  return {
    bootstrapServers: embedded.bootstrapServers,
    embedded,
    async close() {
      await embedded.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

type RawProducer = Producer<Buffer, Buffer, Buffer, Buffer>;

/** A log topic of its own, and a writer that puts raw records into it. */
export class TestLog {
  readonly topic: string;
  readonly topicId: string;
  readonly #admin: Admin;
  readonly #producer: RawProducer;

  private constructor(topic: string, topicId: string, admin: Admin, producer: RawProducer) {
    this.topic = topic;
    this.topicId = topicId;
    this.#admin = admin;
    this.#producer = producer;
  }

  static async create(bootstrapServers: string, retentionMs = -1): Promise<TestLog> {
    const topic = `pylon.test-${randomBytes(4).toString('hex')}.log`;
    const bootstrapBrokers = bootstrapServers.split(',');
    const admin = new Admin({ clientId: 'pylon-test', bootstrapBrokers });
    const plan = { replication: 1, recordBytesMax: 32 * 1024 * 1024, retentionMs };
    const configs = Object.entries(logTopicConfig(plan)).map(([name, value]) => ({ name, value }));
    await admin.createTopics({ topics: [topic], partitions: 1, replicas: 1, configs });
    const producer = new Producer<Buffer, Buffer, Buffer, Buffer>({
      clientId: 'pylon-test',
      bootstrapBrokers,
      maxInflights: 1,
    });
    const metadata = await admin.metadata({ topics: [topic], forceUpdate: true });
    const topicId = metadata.topics.get(topic)?.id ?? '';
    return new TestLog(topic, topicId, admin, producer);
  }

  /** Appends values, in order. @returns the offset of the last one */
  async append(...values: Buffer[]): Promise<number> {
    const messages = values.map((value) => ({ topic: this.topic, partition: 0, value }));
    const result = await this.#producer.send({ messages, acks: -1 });
    const offset = result.offsets?.[0]?.offset ?? -1n;
    return Number(offset) + values.length - 1;
  }

  /** Removes all records before an offset, as retention does. @param brokers of a Kafka with one broker */
  async removeBefore(offset: number, brokers: string): Promise<void> {
    const connection = new Connection('pylon-test');
    const [host, port] = brokers.split(':');
    await connection.connect(host ?? '', Number(port));
    try {
      const topics = [{ name: this.topic, partitions: [{ partitionIndex: 0, offset: BigInt(offset) }] }];
      await deleteRecordsV2.api.async(connection, topics, 10_000);
    } finally {
      await connection.close();
    }
  }

  async close(): Promise<void> {
    await this.#producer.close();
    await this.#admin.close();
  }
}

/** An author of records: numbers its batches. */
export class TestAuthor {
  readonly incarnation = makeIncarnation(Date.now(), randomBytes(6));
  batch = 0;

  /** A record of kind `commands`. */
  commands(...commands: (readonly (string | Buffer)[])[]): Buffer {
    return this.frames(...commands.map((args) => encodeCommand(...args)));
  }

  /** A record of frames that need not be commands. */
  frames(...frames: Buffer[]): Buffer {
    const lengths = Buffer.alloc(frames.length * 5);
    let end = 0;
    for (const frame of frames) end = appendVarint(lengths, end, frame.length);
    const author = { rack: 'test', pylon: 'test', incarnation: this.incarnation, batch: ++this.batch };
    return encodeCommands(author, Buffer.concat(frames), lengths.subarray(0, end), new Uint8Array(0));
  }

  barrier(): Buffer {
    return encodeBarrier({ rack: 'test', pylon: 'test', incarnation: this.incarnation, batch: ++this.batch });
  }
}
