// A Kafka of our own: one broker, or a small cluster, of Apache Kafka as child processes on the loopback interface, for
// the demo world and for tests. Production has its own Kafka.
//
// Life: start formats the storage where there is none, starts the JVMs, and waits until every broker is seen in the
// answer to a metadata request. Data outlives stop; ports may change between runs. stop ends the brokers together.
// What this leaves to others: topics, and everything about clients.

import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Admin } from '@platformatic/kafka';
import { childError, killChild, type Child } from './child.js';
import { startBroker, type BrokerSettings, type Endpoint } from './kafka-broker.js';
import { freePorts } from './ports.js';

const stopGraceMs = 15_000;
const portTries = 5;

export interface KafkaOptions {
  /** Where data, settings and logs are kept; made when it does not exist. */
  readonly dataDir: string;
  /** How many brokers; replicas of topics by default are as many, but no more than 3. Default 1. */
  readonly brokers?: number;
  /** Port of the only, or of the first broker; all others are chosen by the operating system. */
  readonly port?: number;
  /** Largest heap of each broker's JVM. */
  readonly heapMiB?: number;
  /** Broker properties over ours. */
  readonly properties?: Readonly<Record<string, string>>;
  /** JVM arguments behind ours, e.g. ['-XX:TieredStopAtLevel=4'] for long measurements. */
  readonly jvmArgs?: readonly string[];
  /** How long it may take until all brokers serve. */
  readonly startTimeoutMs?: number;
}

/** One broker of a running cluster. */
export interface KafkaBroker {
  readonly id: number;
  readonly port: number;
  readonly pid: number;
  readonly logFile: string;
  stop(): Promise<void>;
  /** Sends a signal, and waits for the end if the signal is one that ends it. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Starts it again, on the same ports and data, and waits until it serves; stops it before when it runs. */
  restart(): Promise<void>;
}

export interface EmbeddedKafka {
  /** host:port of every broker, joined by commas. */
  readonly bootstrapServers: string;
  readonly brokers: readonly KafkaBroker[];
  /** Ends all brokers cleanly; with SIGKILL after a grace. */
  stop(): Promise<void>;
  /** Sends a signal to all brokers, and waits for their end if the signal is one that ends them. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Starts all brokers again, on the same ports and data, and waits until they serve; stops them before. */
  restart(): Promise<void>;
}

/**
 * Starts a Kafka and waits until all its brokers serve.
 * @throws Error with the end of a broker's log when it does not come up
 */
export async function startKafka(options: KafkaOptions): Promise<EmbeddedKafka> {
  const count = options.brokers ?? 1;
  for (let attempt = 1; ; attempt++) {
    const ports = await freePorts(2 * count);
    if (options.port !== undefined) ports[0] = options.port;
    const endpoints = Array.from({ length: count }, (_, index): Endpoint => {
      return { brokerPort: ports[2 * index] as number, controllerPort: ports[2 * index + 1] as number };
    });
    const cluster = new Cluster(options, endpoints);
    try {
      await cluster.start();
      return cluster;
    } catch (error) {
      // The first port may be the caller's choice, and then taken for good: the error says so after a few tries.
      const taken = error instanceof Error && /BindException|Address already in use|Address in use/.test(error.message);
      if (!taken || attempt === portTries) throw error;
    }
  }
}

class Cluster implements EmbeddedKafka {
  readonly bootstrapServers: string;
  readonly brokers: readonly Broker[];
  readonly #timeoutMs: number;

  constructor(options: KafkaOptions, endpoints: readonly Endpoint[]) {
    this.bootstrapServers = endpoints.map((endpoint) => `127.0.0.1:${endpoint.brokerPort}`).join(',');
    this.#timeoutMs = options.startTimeoutMs ?? 60_000;
    const clusterId = existingClusterId(options.dataDir) ?? randomBytes(16).toString('base64url');
    this.brokers = endpoints.map((_, index) => {
      const settings: BrokerSettings = {
        id: index + 1,
        dir: brokerDir(options.dataDir, index + 1),
        endpoints,
        clusterId,
        heapMiB: options.heapMiB ?? 384,
        properties: options.properties ?? {},
        jvmArgs: options.jvmArgs ?? [],
      };
      return new Broker(settings, this.#timeoutMs);
    });
  }

  async start(): Promise<void> {
    const deadline = performance.now() + this.#timeoutMs;
    try {
      // Together: in a cluster none gets anywhere before a majority of the controllers is there.
      await Promise.all(this.brokers.map((broker) => broker.start()));
      await Promise.all(this.brokers.map((broker) => broker.serving(this.brokers.length, deadline)));
    } catch (error) {
      await this.kill('SIGKILL');
      throw error;
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.brokers.map((broker) => broker.stop()));
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    await Promise.all(this.brokers.map((broker) => broker.kill(signal)));
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }
}

class Broker implements KafkaBroker {
  readonly id: number;
  readonly port: number;
  readonly #settings: BrokerSettings;
  readonly #timeoutMs: number;
  #child: Child | undefined;

  constructor(settings: BrokerSettings, timeoutMs: number) {
    this.id = settings.id;
    this.port = (settings.endpoints[settings.id - 1] as Endpoint).brokerPort;
    this.#settings = settings;
    this.#timeoutMs = timeoutMs;
  }

  get pid(): number {
    return this.#running().pid;
  }

  get logFile(): string {
    return this.#running().logFile;
  }

  #running(): Child {
    if (this.#child === undefined) throw new Error(`Kafka broker ${this.id} was not started`);
    return this.#child;
  }

  async start(): Promise<void> {
    this.#child = await startBroker(this.#settings);
  }

  async stop(): Promise<void> {
    await this.#child?.stop(stopGraceMs);
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    if (this.#child !== undefined) await killChild(this.#child, signal);
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
    await this.serving(1, performance.now() + this.#timeoutMs);
  }

  /**
   * Waits until this broker answers a metadata request that names at least so many brokers, itself among them: a broker
   * is named once the controller has let it in.
   */
  async serving(brokerCount: number, deadline: number): Promise<void> {
    const child = this.#running();
    for (;;) {
      const named = await Promise.race([brokersSeenAt(this.port), child.exited.then((): number[] => [])]);
      if (child.exit !== undefined) throw childError(child, 'did not start');
      if (named.includes(this.id) && named.length >= brokerCount) return;
      if (performance.now() > deadline) throw childError(child, 'did not serve within its time');
      await pause(25);
    }
  }
}

/** Ids of the brokers that the broker on this port knows; none when it does not answer. */
async function brokersSeenAt(port: number): Promise<number[]> {
  const admin = new Admin({
    clientId: 'pylon-embedded',
    bootstrapBrokers: [`127.0.0.1:${port}`],
    connectTimeout: 1_000,
    timeout: 2_000,
    retries: 0,
  });
  try {
    const { brokers } = await admin.metadata({ topics: [] });
    return [...brokers.keys()];
  } catch {
    return []; // not listening, or not answering yet: the caller asks again until its deadline
  } finally {
    await admin.close();
  }
}

const brokerDir = (dataDir: string, id: number): string => join(dataDir, `broker-${id}`);

/** All brokers of a cluster carry its id in their storage: one that is added to existing data must get the same. */
function existingClusterId(dataDir: string): string | undefined {
  const file = join(brokerDir(dataDir, 1), 'data', 'meta.properties');
  return existsSync(file) ? /^cluster\.id=(.+)$/m.exec(readFileSync(file, 'utf8'))?.[1] : undefined;
}
