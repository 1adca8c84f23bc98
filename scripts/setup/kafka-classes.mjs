// An archive of the classes a broker loads (Java's class data sharing): with it the JVM reads them in one piece and a
// broker is up in about half the time. Made once by running a broker from start to end. Only a convenience: without it,
// or with one of another Java, the broker starts all the same.

import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dist, kafkaHome, stamps } from './paths.mjs';
import { say, step } from './progress.mjs';
import { hash, writeWhole } from './stamp.mjs';

const archive = join(kafkaHome, 'classes.jsa');
const stamp = join(kafkaHome, 'classes.key');

export async function archiveClasses() {
  // An archive fits one Java and one class path.
  const key = hash({ files: [join(stamps, 'java'), join(kafkaHome, 'complete.json')] });
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === key) return;
  await step('Kafka start-up archive', async () => {
    rmSync(archive, { force: true });
    const dataDir = mkdtempSync(join(tmpdir(), 'pylon-kafka-classes-'));
    const next = join(kafkaHome, 'classes.next');
    try {
      const { startKafka } = await import(join(dist, 'src', 'main', 'embedded', 'kafka.js'));
      const kafka = await startKafka({ dataDir, jvmArgs: [`-XX:ArchiveClassesAtExit=${next}`] });
      await kafka.stop();
      renameSync(next, archive);
    } catch (error) {
      rmSync(next, { force: true });
      say(`set-up: going on without it: ${error.message}`);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
  writeWhole(stamp, key); // after a failure too: it would fail again
}
