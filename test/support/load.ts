/**
 * Load: several connections that send pipelines of writes and note in a ledger what became of each. When a connection
 * ends, its client goes on with the next Pylon of its list, under a new connection name, like an application would.
 *
 * A share of the writes is for the checker: elements that are unique in the world and counters. The rest are mixed
 * writes (mixed-writes.ts), which only have to leave the racks equal.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { Ledger, nameElement, type Fate } from './ledger.js';
import { mixedWrite, type Command } from './mixed-writes.js';
import { Random } from './random.js';
import { encodePipeline, RespClient, type Outcome } from './resp-client.js';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface LoadPlan {
  /** Unique in the test: begins the name of every connection. */
  readonly name: string;
  readonly seed: number;
  /** Where to connect, most wanted first; asked again for every connection. */
  readonly endpoints: () => readonly Endpoint[];
  readonly connections: number;
  /** Writes over all connections; the load ends when they are sent, or by `stop()`. */
  readonly writes: number;
  /** Writes in one pipeline. */
  readonly pipeline?: number;
  /** Of 100 writes, how many are mixed; the rest are for the checker. */
  readonly mixedPercent?: number;
  /** Above this many writes a second (over all connections) clients wait between pipelines. */
  readonly writesPerSecondMax?: number;
  /** How long a client waits for the replies to one pipeline before it gives its connection up. */
  readonly replyDeadlineMs?: number;
}

export interface LoadProgress {
  sent: number;
  acknowledged: number;
  refused: number;
  unknown: number;
  /** Connections that ended before their work was done. */
  connectionsLost: number;
  /** Connections that were refused, or not made in time. */
  connectsFailed: number;
  /** Error replies by their first word, with an example. */
  readonly errors: Map<string, { count: number; example: string }>;
}

/** Keys of the load that the checker looks at; the same for all loads, so that racks write to the same keys. */
const keysOfEachKind = 4;

/** A write for the checker, or a mixed one (`note` undefined). */
interface Planned {
  readonly command: Command;
  readonly note: ((fate: Fate) => void) | undefined;
}

export class Load {
  readonly ledger = new Ledger();
  readonly progress: LoadProgress = {
    sent: 0,
    acknowledged: 0,
    refused: 0,
    unknown: 0,
    connectionsLost: 0,
    connectsFailed: 0,
    errors: new Map(),
  };
  /** Settles when all clients have ended. */
  readonly done: Promise<void>;
  readonly #plan: LoadPlan;
  readonly #startedAt = performance.now();
  #planned = 0;
  #stopping = false;

  private constructor(plan: LoadPlan) {
    this.#plan = plan;
    const clients = Array.from({ length: plan.connections }, (_, client) => this.#runClient(client));
    this.done = Promise.all(clients).then(() => {});
  }

  static start(plan: LoadPlan): Load {
    return new Load(plan);
  }

  /** Ends the load when the pipelines under way are answered. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.done;
  }

  async #runClient(client: number): Promise<void> {
    const random = new Random(this.#plan.seed + client * 7919);
    for (let connection = 0; this.#wanted(); connection++) {
      const resp = await this.#connect(client + connection);
      if (resp === undefined) continue;
      const writer = new ConnectionWriter(`${this.#plan.name}.${client}.${connection}`, random, this.ledger);
      while (this.#wanted() && !resp.ended) await this.#sendPipeline(resp, writer);
      if (resp.ended) this.progress.connectionsLost++;
      resp.destroy();
    }
  }

  #wanted(): boolean {
    return !this.#stopping && this.#planned < this.#plan.writes;
  }

  async #connect(attempt: number): Promise<RespClient | undefined> {
    const endpoints = this.#plan.endpoints();
    try {
      return await RespClient.connect({ ...endpoints[attempt % endpoints.length], deadlineMs: 2000 });
    } catch {
      this.progress.connectsFailed++;
      await delay(20); // a client's back-off, not synchronisation
      return undefined;
    }
  }

  async #sendPipeline(resp: RespClient, writer: ConnectionWriter): Promise<void> {
    const count = Math.min(this.#plan.pipeline ?? 32, this.#plan.writes - this.#planned);
    this.#planned += count;
    await this.#keepRate();
    const planned = Array.from({ length: count }, () => writer.next(this.#plan.mixedPercent ?? 40));
    this.progress.sent += count;
    const bytes = encodePipeline(planned.map(({ command }) => command));
    const outcomes = await resp.exchange(bytes, count, this.#plan.replyDeadlineMs ?? 60_000);
    outcomes.forEach((outcome, index) => {
      const fate = this.#judge(outcome);
      this.progress[fate]++;
      planned[index].note?.(fate);
    });
  }

  async #keepRate(): Promise<void> {
    const { writesPerSecondMax } = this.#plan;
    if (writesPerSecondMax === undefined) return;
    const earlyMs = (this.#planned / writesPerSecondMax) * 1000 - (performance.now() - this.#startedAt);
    if (earlyMs > 0) await delay(earlyMs);
  }

  #judge(outcome: Outcome): Fate {
    if (outcome === 'lost') return 'unknown';
    if (outcome.type !== 'error') return 'acknowledged';
    const code = outcome.value.split(' ', 1)[0];
    const seen = this.progress.errors.get(code);
    if (seen === undefined) this.progress.errors.set(code, { count: 1, example: outcome.value });
    else seen.count++;
    if (code === 'PYLON_NO_REPLY') return 'acknowledged'; // in the log, only its reply is lost
    return code === 'PYLON_UNKNOWN' ? 'unknown' : 'refused';
  }
}

/** Makes the writes of one connection: its elements carry its name and rising numbers. */
class ConnectionWriter {
  readonly #connection: string;
  readonly #random: Random;
  readonly #ledger: Ledger;
  #number = 0;

  constructor(connection: string, random: Random, ledger: Ledger) {
    this.#connection = connection;
    this.#random = random;
    this.#ledger = ledger;
  }

  next(mixedPercent: number): Planned {
    const random = this.#random;
    if (random.below(100) < mixedPercent) return { command: mixedWrite(random), note: undefined };
    const kind = random.pick(['lists', 'sets', 'counters'] as const);
    const key = `checked:${kind}:${random.below(keysOfEachKind)}`;
    if (kind === 'counters') {
      return { command: ['INCR', key], note: (fate) => this.#ledger.noteIncrement(key, fate) };
    }
    const element = nameElement(this.#connection, this.#number++);
    return {
      command: [kind === 'lists' ? 'RPUSH' : 'SADD', key, element],
      note: (fate) => this.#ledger.noteElement(kind, key, element, fate),
    };
  }
}

/** The progress in one line, for messages and the test's diagnostics. */
export function describeProgress(progress: LoadProgress): string {
  const { sent, acknowledged, refused, unknown, connectionsLost, connectsFailed, errors } = progress;
  const kinds = [...errors].map(([code, { count, example }]) => `${count} × ${code} ('${example}')`).join(', ');
  return (
    `sent ${sent}, acknowledged ${acknowledged}, refused ${refused}, unknown ${unknown}, ` +
    `connections lost ${connectionsLost}, connects failed ${connectsFailed}; errors: ${kinds === '' ? 'none' : kinds}`
  );
}
