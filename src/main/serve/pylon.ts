/**
 * One Pylon: puts the parts together, starts them in order and stops them in order.
 *
 * Start: log topic (created, checked) → counters → producers → applier → gateway. Stop: gateway (takes no more commands,
 * answers what is owed) → applier and producers (drain, disconnect) → control and parse pool.
 */

import type { Logger } from 'pino';
import { CounterBlock, CounterTally, createCounterMemory, type CounterMemory } from '../../shared/counters.js';
import { PylonError, type ErrorReport } from '../../shared/errors.js';
import { limits, recordBytesMax } from '../../shared/limits.js';
import type {
  ApplierWorkerData, FromApplier, FromProducer, KafkaClientConfig, ProducerWorkerData, ToApplier, ToProducer,
} from '../../shared/messages.js';
import { DEFAULT_REQUEST_LIMITS } from '../../shared/resp/request-limits.js';
import { groupNames } from '../../shared/topics.js';
import type { Config } from '../config/load.js';
import { Gateway } from '../gateway/gateway.js';
import { ParsePool } from '../gateway/parse-pool.js';
import { version } from '../version.js';
import { Control } from './control.js';
import { awaitLogTopic, newAdmin, type LogTopic } from './log-topic.js';
import { LogTopicWatch } from './log-topic-watch.js';
import { RackReplies } from './rack-replies.js';
import { Report, type Identity } from './report.js';
import { Watchdog, type Watched } from './watchdog.js';
import { WorkerHandle } from './worker-handle.js';

const producerFile = new URL('../../workers/producer/producer-worker.js', import.meta.url);
const applierFile = new URL('../../workers/applier/applier-worker.js', import.meta.url);
const tallyIntervalMs = 200;
const watchIntervalMs = 1_000;
const upstreamWaitMs = 5_000;

export interface PylonEvents {
  /** It cannot go on: the process should end, so that another takes over. */
  fatal(error: PylonError): void;
}

export interface PylonParts {
  /** The applier worker's file. Tests run one that is broken on purpose. */
  readonly applierFile?: URL;
}

type Producer = WorkerHandle<ToProducer, FromProducer>;
type Applier = WorkerHandle<ToApplier, FromApplier>;

export class Pylon {
  readonly #config: Config;
  readonly #log: Logger;
  readonly #events: PylonEvents;
  readonly #parts: PylonParts;
  readonly #memory: CounterMemory;
  readonly #main: CounterBlock<'main'>;
  readonly #tally: CounterTally<'main'>;
  readonly #control: Control;
  readonly #parsePool: ParsePool | null;
  readonly #gateway: Gateway;
  readonly #producers: Producer[] = [];
  readonly #appliers: Applier[] = [];
  readonly #incarnations: string[] = [];
  /** Which producer worker lived as an incarnation: all of this process's life. */
  readonly #producerOf = new Map<string, number>();
  readonly #rackReplies: RackReplies;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #startedMs = Date.now();
  #topicWatch: LogTopicWatch | undefined;
  #applierDetail = '';
  #address = { host: '', port: 0 };
  #stopping = false;

  constructor(config: Config, log: Logger, events: PylonEvents, parts: PylonParts = {}) {
    this.#config = config;
    this.#log = log;
    this.#events = events;
    this.#parts = parts;
    this.#memory = createCounterMemory({ producers: config.PYLON_PRODUCERS, appliers: config.PYLON_APPLIERS });
    this.#main = new CounterBlock(this.#memory, 'main');
    this.#tally = new CounterTally(this.#main);
    this.#control = new Control(config.PYLON_REDIS, `pylon-control-${config.PYLON_ID}`);
    this.#parsePool = this.#newParsePool();
    this.#gateway = this.#newGateway();
    const { PYLON_WORLD: world, PYLON_RACK: rack, PYLON_ID: pylon, PYLON_REDIS: redis } = config;
    this.#rackReplies = new RackReplies({ world, rack, pylon }, redis, this.#control, {
      owns: (incarnation) => this.#producerOf.has(incarnation),
      replies: (replies) => this.#gateway.applied(this.#producerOf.get(replies.incarnation) as number, replies),
      lost: (before) => this.#gateway.repliesLost(before),
      trouble: (error) => this.#trouble('replies', error),
    });
  }

  /**
   * @returns where it listens for clients
   * @throws PylonError PYLON_KAFKA, PYLON_TOPIC, PYLON_CONFIG: it cannot start
   */
  async start(): Promise<{ host: string; port: number }> {
    const topic = await awaitLogTopic(this.#config, (error) => this.#trouble('main', error));
    this.#goOn();
    this.#topicWatch = new LogTopicWatch(newAdmin(this.#config), topic, (error) => this.#events.fatal(error));
    await this.#startProducers(topic);
    this.#goOn();
    for (let worker = 0; worker < this.#config.PYLON_APPLIERS; worker++) this.#appliers.push(this.#newApplier(topic, worker));
    await this.#awaitUpstream();
    this.#goOn();
    const { address, port } = await this.#gateway.listen();
    this.#address = { host: address, port };
    this.#timers.push(
      setInterval(() => this.#tally.flush(), tallyIntervalMs),
      setInterval(this.#watch(), watchIntervalMs),
    );
    return this.#address;
  }

  /** Finishes what is owed and ends all threads. @returns false when something had to be left behind */
  async stop(): Promise<boolean> {
    this.#stopping = true;
    for (const timer of this.#timers) clearInterval(timer);
    await this.#gateway.stop(limits.stopMsMax / 3);
    const workers = [...this.#appliers, ...this.#producers];
    const stopped = await Promise.all(workers.map(async (worker) => {
      const inTime = await worker.stop(limits.stopMsMax / 2);
      if (!inTime) this.#log.error({ worker: worker.name }, 'worker did not stop in time');
      return inTime;
    }));
    this.#rackReplies.close();
    this.#control.close();
    await Promise.all([this.#parsePool?.close(), this.#topicWatch?.close()]);
    return stopped.every(Boolean);
  }

  /** A start that was overtaken by a stop must not start anything more. */
  #goOn(): void {
    if (this.#stopping) throw new PylonError('PYLON_STOPPING', 'stopped while starting');
  }

  async #startProducers(topic: LogTopic): Promise<void> {
    const { PYLON_PRODUCERS: count } = this.#config;
    await Promise.all(Array.from({ length: count }, (_, worker) => new Promise<void>((resolve, reject) => {
      const handle: Producer = new WorkerHandle(`producer-${worker}`, producerFile, this.#producerData(topic, worker), {
        message: (message) => {
          if (message.type === 'ready') {
            this.#incarnations[worker] = message.incarnation;
            this.#producerOf.set(message.incarnation, worker);
            resolve();
          } else if (message.type === 'outcomes') {
            this.#gateway.settle(worker, message.outcomes);
          } else if (message.type === 'trouble') {
            this.#trouble(handle.name, message.error);
          }
        },
        died: (error) => {
          reject(error);
          this.#events.fatal(error);
        },
      });
      this.#producers[worker] = handle;
    })));
  }

  #newApplier(topic: LogTopic, worker: number): Applier {
    const name = `applier-${worker}`;
    return new WorkerHandle(name, this.#parts.applierFile ?? applierFile, this.#applierData(topic, worker), {
      message: (message: FromApplier) => {
        if (message.type === 'state') {
          this.#applierDetail = message.detail;
          this.#log.info({ worker: name, state: message.state }, message.detail === '' ? message.state : message.detail);
        } else if (message.type === 'trouble') {
          this.#trouble(name, message.error);
        } else if (message.type === 'replies') {
          this.#rackReplies.applied(message.replies);
        } else if (message.type === 'replies-lost') {
          this.#rackReplies.lost(message.before);
        } else if (message.type === 'halted') {
          this.#applierDetail = `${message.error.code}: ${message.error.message}`;
          this.#log.error({ worker: name, code: message.error.code }, `applying has halted: ${message.error.message}`);
        }
      },
      died: (error) => this.#events.fatal(error),
    });
  }

  #trouble(worker: string, { code, message }: ErrorReport): void {
    this.#log.warn({ worker, code }, message);
  }

  #newParsePool(): ParsePool | null {
    const { PYLON_PARSE_WORKERS: workers, PYLON_PARSE_OFFLOAD_BYTES: offloadBytes, PYLON_COMMAND_BYTES_MAX } = this.#config;
    if (workers === 0) return null;
    const requestLimits = { ...DEFAULT_REQUEST_LIMITS, commandBytesMax: PYLON_COMMAND_BYTES_MAX };
    return new ParsePool({ workers, offloadBytes, requestLimits });
  }

  #newGateway(): Gateway {
    const config = this.#config;
    const report = new Report({
      identity: () => this.#identity(),
      control: this.#control,
      main: this.#main,
      producers: this.#blocks('producer', config.PYLON_PRODUCERS),
      appliers: this.#blocks('applier', config.PYLON_APPLIERS),
      incarnations: () => this.#incarnations,
      applierDetail: () => this.#applierDetail,
      upstreamUp: () => this.#gateway.upstreamUp,
      refresh: () => this.#tally.flush(),
    });
    return new Gateway(
      {
        host: config.PYLON_HOST,
        port: config.PYLON_PORT,
        redis: config.PYLON_REDIS,
        readTimeoutMs: config.PYLON_READ_TIMEOUT_MS,
        writeTimeoutMs: config.PYLON_WRITE_TIMEOUT_MS,
        replyTimeoutMs: config.PYLON_REPLY_TIMEOUT_MS,
        replyMode: config.PYLON_REPLY,
        commandBytesMax: config.PYLON_COMMAND_BYTES_MAX,
        clientsMax: config.PYLON_CLIENTS_MAX,
        producers: config.PYLON_PRODUCERS,
      },
      {
        counters: this.#tally,
        parsePool: this.#parsePool,
        control: this.#control,
        pylonCommands: report,
        send: (producer, message, transfer) => this.#producers[producer].send(message, transfer),
        trouble: (error) => this.#log.error({ err: error }, 'a connection was lost to a fault of Pylon'),
        upstreamState: (up, detail) => {
          if (up) this.#log.info('reads: connected to Redis');
          else this.#log.warn({ code: 'PYLON_READ' }, `reads: Redis is away: ${detail}`);
        },
      },
    );
  }

  #blocks<O extends 'producer' | 'applier'>(owner: O, count: number): CounterBlock<O>[] {
    return Array.from({ length: count }, (_, worker) => new CounterBlock(this.#memory, owner, worker));
  }

  #identity(): Identity {
    const { PYLON_WORLD: world, PYLON_RACK: rack, PYLON_ID: pylon, PYLON_KAFKA: kafka, PYLON_REDIS: redis } = this.#config;
    return {
      version, world, rack, pylon, kafka,
      ...this.#address,
      startedMs: this.#startedMs,
      redis: `${redis.host}:${redis.port}/${redis.database}`,
      reply: this.#config.PYLON_REPLY,
    };
  }

  #kafka(part: string): KafkaClientConfig {
    return { 'bootstrap.servers': this.#config.PYLON_KAFKA, 'client.id': `${this.#config.PYLON_ID}-${part}` };
  }

  #producerData(topic: LogTopic, worker: number): ProducerWorkerData {
    return {
      counters: this.#memory,
      worker,
      kafka: this.#kafka(`producer-${worker}`),
      topic: topic.name,
      rack: this.#config.PYLON_RACK,
      pylon: this.#config.PYLON_ID,
      recordBytesMax: recordBytesMax(this.#config.PYLON_COMMAND_BYTES_MAX),
      writeTimeoutMs: this.#config.PYLON_WRITE_TIMEOUT_MS,
    };
  }

  #applierData(topic: LogTopic, worker: number): ApplierWorkerData {
    const config = this.#config;
    return {
      counters: this.#memory,
      worker,
      kafka: this.#kafka(`applier-${worker}`),
      topic: topic.name,
      topicId: topic.id,
      rack: config.PYLON_RACK,
      group: groupNames.rack(config.PYLON_WORLD, config.PYLON_RACK),
      redis: config.PYLON_REDIS,
      recordBytesMax: recordBytesMax(config.PYLON_COMMAND_BYTES_MAX),
      stepCommands: config.PYLON_STEP_COMMANDS,
      stepBytes: config.PYLON_STEP_BYTES,
      sessionTimeoutMs: config.PYLON_SESSION_TIMEOUT_MS,
    };
  }

  /** A Redis that is away does not keep a Pylon from starting: writes are taken, reads say so. */
  async #awaitUpstream(): Promise<void> {
    const deadline = Date.now() + upstreamWaitMs;
    while (!this.#gateway.upstreamUp && Date.now() < deadline && !this.#stopping) await new Promise((resolve) => setTimeout(resolve, 5));
    await this.#control.poll();
  }

  #watch(): () => void {
    const watched: Watched[] = [
      ...this.#blocks('producer', this.#producers.length).map((block, worker) => ({
        name: `producer-${worker}`, heartbeatMs: () => block.get('heartbeatMs'),
      })),
      ...this.#blocks('applier', this.#appliers.length).map((block, worker) => ({
        name: `applier-${worker}`, heartbeatMs: () => block.get('heartbeatMs'),
      })),
    ];
    const watchdog = new Watchdog(watched, Date.now());
    return () => {
      const silent = watchdog.check(Date.now());
      if (silent === undefined) return;
      this.#events.fatal(new PylonError('PYLON_STALLED', `worker ${silent} has shown no sign of life for ${limits.applierStallMsMax} ms`));
    };
  }
}
