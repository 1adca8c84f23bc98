// Makes a fresh clone ready to run, and does nothing where nothing is to be done: npm packages with our patches, native
// bindings, Kafka's jars, the TypeScript build, and the system packages these need. Called by every command of
// package.json; `npm run build` is this alone. Only modules that come with Node are used here, since it runs first.
//
// Every step has a stamp (scripts/setup/stamp.mjs) that is written last: an interrupted or damaged set-up repairs
// itself at the next run. Options by environment: PYLON_SETUP_VERBOSE=1 shows the output of all commands; with
// PYLON_KAFKA set (brokers of one's own) neither Java nor the embedded Kafka is asked for.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bindingsKept, installBindings } from './setup/bindings.mjs';
import { build } from './setup/build.mjs';
import { dependenciesHold, installDependencies, sealDependencies } from './setup/dependencies.mjs';
import { installKafka, kafkaHolds } from './setup/kafka.mjs';
import { archiveClasses } from './setup/kafka-classes.mjs';
import { locked } from './setup/lock.mjs';
import { stamps } from './setup/paths.mjs';
import { SetupError, say, seconds } from './setup/progress.mjs';
import { forBindings, forKafka, forKafkaJars, forRedis, need } from './setup/system-packages.mjs';

const nodeMin = [20, 19, 4];

/**
 * Does what is missing.
 * @param {{ kafka?: boolean }} [options] kafka: whether the embedded Kafka is wanted (default: PYLON_KAFKA is not set)
 */
export async function setup({ kafka = !process.env.PYLON_KAFKA } = {}) {
  const begin = performance.now();
  checkNode();
  await locked(join(stamps, 'lock'), async () => {
    const packagesHold = dependenciesHold();
    await need([
      ...forRedis,
      ...(packagesHold || bindingsKept() ? [] : forBindings),
      ...(kafka ? forKafka : []),
      ...(kafka && !kafkaHolds() ? forKafkaJars : []),
    ]);
    if (!packagesHold) {
      await installDependencies();
      await installBindings();
      sealDependencies();
    }
    if (kafka) await installKafka();
    await build();
    if (kafka) await archiveClasses();
  });
  say(`set-up: ready in ${seconds(performance.now() - begin)}`);
}

/** Set-up as the first part of a command: a fault that a person can mend is shown as such and ends the process. */
export async function setupOrExit(options) {
  try {
    await setup(options);
  } catch (error) {
    say(error instanceof SetupError ? `\n${error.message}` : error.stack);
    process.exit(1);
  }
}

function checkNode() {
  const have = process.versions.node.split('.').map(Number);
  const differ = nodeMin.findIndex((part, index) => part !== have[index]);
  if (differ >= 0 && have[differ] < nodeMin[differ]) {
    throw new SetupError(`Pylon needs Node ${nodeMin.join('.')} or newer; this is ${process.version}.`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await setupOrExit();
