// The jars of Apache Kafka for the embedded broker, from Maven Central, as scripts/kafka/pom.xml pins them.

import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './command.mjs';
import { kafkaHome, kafkaVersion, root } from './paths.mjs';
import { SetupError, step } from './progress.mjs';
import { drop, hash, holds, put } from './stamp.mjs';

const pom = join(root, 'scripts', 'kafka', 'pom.xml');
const copyDependencies = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
const libs = join(kafkaHome, 'libs');
const stamp = join(kafkaHome, 'complete.json');

const key = () => hash({ files: [pom] });

/** Whether all jars are there: then Maven is not needed. */
export const kafkaHolds = () => holds(stamp, key(), libs);

export async function installKafka() {
  if (kafkaHolds()) return;
  if (!readFileSync(pom, 'utf8').includes(`<version>${kafkaVersion}</version>`)) {
    throw new SetupError(`${pom} does not name Kafka ${kafkaVersion}`);
  }
  await step(`Apache Kafka ${kafkaVersion} from Maven Central`, fetchJars);
}

async function fetchJars() {
  drop(stamp);
  const next = `${libs}.next`;
  rmSync(next, { recursive: true, force: true });
  mkdirSync(next, { recursive: true });
  const options = ['--batch-mode', '--quiet', '--strict-checksums', '--file', pom];
  await run('mvn', [...options, copyDependencies, '-DincludeScope=runtime', `-DoutputDirectory=${next}`]);
  rmSync(libs, { recursive: true, force: true });
  renameSync(next, libs);
  put(stamp, key(), libs);
}
