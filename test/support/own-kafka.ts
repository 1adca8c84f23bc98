/** A Kafka that one test has for itself, because it breaks it: the embedded one, in a folder removed at the end. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKafka, type EmbeddedKafka, type KafkaOptions } from '../../src/main/embedded/kafka.js';
import { cleanUp, type Scope } from './clean-up.js';

/** Starts it and waits until it serves. It is ended and removed when the test is over. */
export async function startOwnKafka(scope: Scope, options: Omit<KafkaOptions, 'dataDir'> = {}): Promise<EmbeddedKafka> {
  const dataDir = await mkdtemp(join(tmpdir(), 'pylon-test-kafka-'));
  let kafka: EmbeddedKafka | undefined;
  cleanUp(scope, async () => {
    await kafka?.kill('SIGKILL');
    await rm(dataDir, { recursive: true, force: true });
  });
  kafka = await startKafka({ ...options, dataDir });
  return kafka;
}
