// One broker of an embedded Kafka: a JVM in KRaft combined mode (broker and controller in one process), its settings,
// its storage. kafka.ts makes a cluster of them.

import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { childError, executable, startChild, type Child } from './child.js';

/** Where set-up puts Apache Kafka (scripts/setup/paths.mjs), seen from dist/src/main/embedded. */
export const kafkaHome = fileURLToPath(new URL('../../../../.pylon/kafka/4.3.0/', import.meta.url));

const megabyte = 1024 * 1024;
/** Records of 64 MiB pass, with room for what surrounds them. */
const messageBytesMax = 68 * megabyte;
const formatTimeoutMs = 60_000;

export interface Endpoint {
  readonly brokerPort: number;
  readonly controllerPort: number;
}

export interface BrokerSettings {
  /** Node id, from 1. */
  readonly id: number;
  /** The broker's own folder: settings, log, data. */
  readonly dir: string;
  /** Endpoints of all brokers of the cluster; that of this broker at index id - 1. */
  readonly endpoints: readonly Endpoint[];
  readonly clusterId: string;
  readonly heapMiB: number;
  readonly properties: Readonly<Record<string, string>>;
  readonly jvmArgs: readonly string[];
}

/** Starts the process; formats its storage first when there is none. Does not wait until it serves. */
export async function startBroker(settings: BrokerSettings): Promise<Child> {
  mkdirSync(settings.dir, { recursive: true });
  const file = join(settings.dir, 'server.properties');
  writeFileSync(file, render(properties(settings)));
  if (!existsSync(join(settings.dir, 'data', 'meta.properties'))) await format(settings, file);
  const heap = [`-Xms${Math.min(128, settings.heapMiB)}m`, `-Xmx${settings.heapMiB}m`];
  return startChild({
    name: `Kafka broker ${settings.id}`,
    command: java(),
    args: [...jvmArgs(), ...heap, ...settings.jvmArgs, 'kafka.Kafka', file],
    logFile: join(settings.dir, 'kafka.log'),
  });
}

/** Writes the storage's identity (meta.properties) and its first metadata: the broker does not start without. */
async function format(settings: BrokerSettings, file: string): Promise<void> {
  const child = await startChild({
    name: `Formatting the storage of Kafka broker ${settings.id}`,
    command: java(),
    args: [...jvmArgs(), 'kafka.tools.StorageTool', 'format', '--cluster-id', settings.clusterId, '--config', file],
    logFile: join(settings.dir, 'format.log'),
  });
  const timeout = setTimeout(() => child.signal('SIGKILL'), formatTimeoutMs);
  const exit = await child.exited;
  clearTimeout(timeout);
  if (exit.code !== 0) throw childError(child, 'failed');
}

function properties(settings: BrokerSettings): Record<string, string> {
  const { brokerPort, controllerPort } = settings.endpoints[settings.id - 1] as Endpoint;
  const replicas = String(Math.min(3, settings.endpoints.length));
  const voters = settings.endpoints.map((endpoint, index) => `${index + 1}@127.0.0.1:${endpoint.controllerPort}`);
  return {
    'process.roles': 'broker,controller',
    'node.id': String(settings.id),
    'controller.quorum.voters': voters.join(','),
    'listeners': `PLAINTEXT://127.0.0.1:${brokerPort},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${brokerPort}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': join(settings.dir, 'data'),
    // Topics are made by who needs them, with settings of their own.
    'auto.create.topics.enable': 'false',
    'delete.topic.enable': 'true',
    'num.partitions': '1',
    'default.replication.factor': replicas,
    'message.max.bytes': String(messageBytesMax),
    'replica.fetch.max.bytes': String(messageBytesMax),
    'offsets.topic.num.partitions': '4',
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.num.partitions': '4',
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': '1',
    // A group of one consumer has nobody to wait for.
    'group.initial.rebalance.delay.ms': '0',
    // A broker that was killed may register again when its old session has ended: soon.
    'broker.heartbeat.interval.ms': '500',
    'broker.session.timeout.ms': '3000',
    // A small machine serves a few clients: few threads, and a cleaner that does not take 128 MiB of heap at start.
    'num.network.threads': '2',
    'num.io.threads': '4',
    'background.threads': '2',
    'log.cleaner.dedupe.buffer.size': String(4 * megabyte),
    ...settings.properties,
  };
}

const render = (entries: Record<string, string>): string =>
  Object.entries(entries)
    .map(([name, value]) => `${name}=${value.replaceAll('\\', '\\\\')}\n`)
    .join('');

// Quick to start rather than fastest in the long run: one collector thread, only the quick compiler, and the classes
// from an archive that set-up has made (without it the start takes a second longer).
function jvmArgs(): string[] {
  const libs = join(kafkaHome, 'libs');
  const archive = join(kafkaHome, 'classes.jsa');
  const jars = readdirSync(libs).filter((name) => name.endsWith('.jar')).sort();
  return [
    ...['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Djava.awt.headless=true'],
    ...['-Dorg.slf4j.simpleLogger.showDateTime=true', '-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS'],
    ...(existsSync(archive) ? ['-Xshare:auto', `-XX:SharedArchiveFile=${archive}`] : []),
    ...['-cp', jars.map((jar) => join(libs, jar)).join(':')],
  ];
}

function java(): string {
  const home = process.env['JAVA_HOME'];
  const own = home === undefined || home === '' ? undefined : join(home, 'bin', 'java');
  return own !== undefined && executable(own) ? own : 'java';
}
