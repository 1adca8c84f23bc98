/**
 * A gateway without its neighbours: a Redis that answers reads from their keys, a log that confirms in its own time, a
 * control connection. Each can be slow, cut its answers to pieces, or fail, as a test wants.
 */

import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Gateway, type GatewayOptions, type GatewayParts } from '../../src/main/gateway/gateway.js';
import { ParsePool } from '../../src/main/gateway/parse-pool.js';
import { CounterBlock, CounterTally, createCounterMemory } from '../../src/shared/counters.js';
import type { ErrorReport } from '../../src/shared/errors.js';
import type { BatchMessage, BatchOutcome } from '../../src/shared/messages.js';
import { FrameArguments } from '../../src/shared/resp/frame-arguments.js';
import { FrameTable } from '../../src/shared/resp/frame-table.js';
import { encodeBulk } from '../../src/shared/resp/encode.js';
import { RequestInput } from '../../src/shared/resp/request-input.js';
import { DEFAULT_REQUEST_LIMITS } from '../../src/shared/resp/request-limits.js';
import { cleanUp, type Scope } from './clean-up.js';

/** What a key holds: itself and as many dots as the number behind its last colon says. */
export function valueOf(key: string): Buffer {
  return Buffer.from(key.padEnd(Number(/:(\d+)$/.exec(key)?.[1] ?? 0), '.'));
}

/** A Redis that answers GET by `valueOf`, ECHO as Redis does, and anything else with OK. */
export class FakeRedis {
  readonly #server: Server;
  readonly sockets = new Set<Socket>();
  requests = 0;
  /** Sends the answers to what one read brought. */
  answer = (socket: Socket, bytes: Buffer): void => void socket.write(bytes);

  private constructor() {
    this.#server = createServer({ noDelay: true }, (socket) => this.#serve(socket));
  }

  static async start(scope: Scope): Promise<FakeRedis> {
    const redis = new FakeRedis();
    await new Promise<void>((resolve) => redis.#server.listen(0, '127.0.0.1', resolve));
    cleanUp(scope, () => {
      redis.#server.close();
      redis.dropAll();
    });
    return redis;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  dropAll(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  #serve(socket: Socket): void {
    const input = new RequestInput(DEFAULT_REQUEST_LIMITS);
    const table = FrameTable.withCapacity(4096);
    const args = new FrameArguments();
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      const replies: Buffer[] = [];
      for (let at = 0; at < bytes.length; at = input.position) {
        input.feed(bytes, at, bytes.length, table);
        for (let row = 0; row < table.count; row++) {
          args.read(table.buffer, table.start[row], table.end[row]);
          this.requests++;
          if (args.is(0, 'get')) replies.push(encodeBulk(valueOf(args.text(1))));
          else if (args.is(0, 'echo')) replies.push(encodeBulk(Buffer.from(args.bytes(1))));
          else replies.push(Buffer.from('+OK\r\n'));
        }
      }
      this.answer(socket, Buffer.concat(replies));
    });
  }
}

export interface FixtureOptions {
  readonly parseWorkers?: number;
  readonly gateway?: Partial<GatewayOptions>;
  /** Delay of what the control connection answers. */
  control?(args: (string | Buffer)[]): Promise<unknown>;
}

export class GatewayFixture {
  readonly redis: FakeRedis;
  readonly gateway: Gateway;
  readonly port: number;
  /** What went wrong by Pylon's own fault. */
  readonly faults: unknown[];
  /** Batches sent and not settled. */
  readonly batches: BatchMessage[];
  /** Called with each batch; settles it at once unless a test says otherwise. */
  onBatch: (batch: BatchMessage) => void = (batch) => this.settle(batch);

  private constructor(redis: FakeRedis, gateway: Gateway, port: number, faults: unknown[], batches: BatchMessage[]) {
    this.redis = redis;
    this.gateway = gateway;
    this.port = port;
    this.faults = faults;
    this.batches = batches;
  }

  static async start(scope: Scope, options: FixtureOptions = {}): Promise<GatewayFixture> {
    const redis = await FakeRedis.start(scope);
    const faults: unknown[] = [];
    const batches: BatchMessage[] = [];
    let fixture: GatewayFixture | undefined;
    const requestLimits = { ...DEFAULT_REQUEST_LIMITS, commandBytesMax: options.gateway?.commandBytesMax ?? 16 * 1024 * 1024 };
    const parsePool = options.parseWorkers === undefined
      ? null
      : new ParsePool({ workers: options.parseWorkers, offloadBytes: 4096, requestLimits });
    const parts: GatewayParts = {
      counters: new CounterTally(new CounterBlock(createCounterMemory({ producers: 1, appliers: 0 }), 'main')),
      parsePool,
      control: { call: (...args) => (options.control ?? (async ([, first]) => [first]))(args) },
      pylonCommands: { info: async () => 'info', pylonInfo: () => 'p'.repeat(4096), redisVersion: () => '7.0.15' },
      send: (_, batch, transfer) => {
        // Moved as to a real worker: nobody may touch the bytes any more.
        const moved = structuredClone(batch, { transfer });
        batches.push(moved);
        fixture?.onBatch(moved);
      },
      upstreamState: () => {},
      trouble: (error) => faults.push(error),
    };
    const gateway = new Gateway(
      {
        host: '127.0.0.1', port: 0, readTimeoutMs: 5_000, writeTimeoutMs: 30_000, commandBytesMax: 16 * 1024 * 1024,
        replyMode: 'log', replyTimeoutMs: 5_000,
        clientsMax: 1000, producers: 1, redis: { host: '127.0.0.1', port: redis.port, database: 0 }, ...options.gateway,
      },
      parts,
    );
    const { port } = await gateway.listen();
    cleanUp(scope, async () => {
      await gateway.stop(0);
      await parsePool?.close();
    });
    fixture = new GatewayFixture(redis, gateway, port, faults, batches);
    while (!gateway.upstreamUp) await new Promise((resolve) => setImmediate(resolve));
    return fixture;
  }

  /** Confirms a batch, or fails it. */
  settle(batch: BatchMessage, error?: ErrorReport): void {
    const at = this.batches.indexOf(batch);
    if (at >= 0) this.batches.splice(at, 1);
    const outcome: BatchOutcome = {
      batch: batch.batch, offset: error === undefined ? batch.batch : undefined, error, body: batch.body, lengths: batch.lengths,
    };
    setImmediate(() => this.gateway.settle(0, [outcome]));
  }
}
