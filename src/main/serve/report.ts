/**
 * What a Pylon says of itself: `PYLON INFO` and its part of `INFO`. Lines are `name:value` as in Redis's INFO; counters
 * carry their slot's name, so a new slot shows up by itself.
 */

import type { CounterBlock } from '../../shared/counters.js';
import { applierStates } from '../../shared/counters.js';
import { formatPosition, type Position } from '../../shared/position.js';
import type { Control } from './control.js';

export interface Identity {
  readonly version: string;
  readonly world: string;
  readonly rack: string;
  readonly pylon: string;
  readonly host: string;
  readonly port: number;
  readonly startedMs: number;
  readonly kafka: string;
  readonly redis: string;
  readonly reply: string;
}

export interface ReportSources {
  readonly identity: () => Identity;
  readonly control: Control;
  readonly main: CounterBlock<'main'>;
  readonly producers: readonly CounterBlock<'producer'>[];
  readonly appliers: readonly CounterBlock<'applier'>[];
  readonly incarnations: () => readonly string[];
  /** What the applier said last of its state, in words. */
  readonly applierDetail: () => string;
  readonly upstreamUp: () => boolean;
  /** Brings the counters up to date. */
  readonly refresh: () => void;
}

type Lines = [name: string, value: string | number][];

export class Report {
  readonly #sources: ReportSources;

  constructor(sources: ReportSources) {
    this.#sources = sources;
  }

  pylonInfo(): string {
    this.#sources.refresh();
    return render([['Pylon', this.#pylon()], ['Positions', this.#positions()], ['Counters', this.#counters()]]);
  }

  /**
   * INFO as a client library or an operator expects it: Redis's own sections where they are true of this rack's Redis,
   * Pylon's where Pylon stands in front of it.
   * @param wanted sections in lower case; empty: the usual ones
   */
  async info(wanted: string[]): Promise<string> {
    const { control, refresh } = this.#sources;
    refresh();
    if (control.infoText === '') await control.poll();
    const all = wanted.some((name) => name === 'all' || name === 'everything' || name === 'default');
    const sections: [string, Lines][] = [
      ['Server', this.#server()],
      ['Clients', this.#clients()],
      ['Memory', fromBacking(control.infoText, 'Memory')],
      ['Persistence', fromBacking(control.infoText, 'Persistence')],
      ['Stats', this.#stats()],
      ['Replication', [['role', 'master'], ['connected_slaves', 0], ['master_repl_offset', 0]]],
      ['Cluster', [['cluster_enabled', 0]]],
      ['Pylon', [...this.#pylon(), ...this.#positions()]],
      ['Keyspace', this.#keyspace()],
    ];
    return render(sections.filter(([name]) => wanted.length === 0 || all || wanted.includes(name.toLowerCase())));
  }

  redisVersion(): string {
    return this.#sources.control.info('redis_version') ?? '0.0.0';
  }

  #server(): Lines {
    const { identity, control } = this.#sources;
    const { port, startedMs, version } = identity();
    return [
      ['redis_version', this.redisVersion()],
      ['redis_mode', 'standalone'],
      ['os', control.info('os') ?? ''],
      ['arch_bits', control.info('arch_bits') ?? '64'],
      ['pylon_version', version],
      ['process_id', process.pid],
      ['tcp_port', port],
      ['uptime_in_seconds', Math.floor((Date.now() - startedMs) / 1000)],
    ];
  }

  #clients(): Lines {
    return [['connected_clients', this.#sources.main.get('clientsConnected')], ['blocked_clients', 0]];
  }

  #stats(): Lines {
    const { main } = this.#sources;
    const commands = (['commandsRead', 'commandsWritten', 'commandsLocal', 'commandsRefused'] as const)
      .reduce((sum, slot) => sum + main.get(slot), 0);
    return [
      ['total_connections_received', main.get('clientsAccepted')],
      ['total_commands_processed', commands],
      ['total_net_input_bytes', main.get('bytesIn')],
    ];
  }

  /** The one database that is replicated, which clients know as 0, without Pylon's own keys. */
  #keyspace(): Lines {
    const { control } = this.#sources;
    const database = `db${control.database}`;
    const [, text = ''] = fromBacking(control.infoText, 'Keyspace').find(([name]) => name === database) ?? [];
    const keys = Number(/keys=(\d+)/.exec(String(text))?.[1] ?? 0) - control.reservedCount;
    return keys <= 0 ? [] : [['db0', String(text).replace(/keys=\d+/, `keys=${keys}`)]];
  }

  #pylon(): Lines {
    const { identity, incarnations, applierDetail, upstreamUp } = this.#sources;
    const { version, world, rack, pylon, host, port, startedMs, kafka, redis, reply } = identity();
    return [
      ['pylon_version', version],
      ['redis_version', this.redisVersion()],
      ['world', world],
      ['rack', rack],
      ['pylon_id', pylon],
      ['listen', `${host}:${port}`],
      ['process_id', process.pid],
      ['uptime_in_seconds', Math.floor((Date.now() - startedMs) / 1000)],
      ['kafka', kafka],
      ['redis', redis],
      ['redis_up', upstreamUp() ? 1 : 0],
      ['reply', reply],
      ['incarnations', incarnations().join(',')],
      ['leader', this.#leader() === undefined ? 0 : 1],
      ['applier_state', this.#applierState()],
      ['applier_detail', applierDetail()],
    ];
  }

  #applierState(): string {
    const { appliers } = this.#sources;
    return appliers.length === 0 ? 'none' : applierStates[appliers[0].get('state')];
  }

  #leader(): CounterBlock<'applier'> | undefined {
    return this.#sources.appliers.find((block) => block.get('leader') === 1);
  }

  /** Where this rack stands: the leader knows, the others read the fence once a second. */
  #applied(): Position | undefined {
    const leader = this.#leader();
    if (leader !== undefined && leader.get('appliedOffset') >= 0) {
      return { offset: leader.get('appliedOffset'), index: leader.get('appliedIndex') };
    }
    return this.#sources.control.fence?.next;
  }

  #positions(): Lines {
    const { producers } = this.#sources;
    const blocks = [...producers, ...this.#sources.appliers];
    const logged = Math.max(...producers.map((block) => block.get('loggedOffset')));
    const logEnd = Math.max(logged + 1, ...blocks.map((block) => block.get('logEndOffset')));
    const logStart = Math.max(...blocks.map((block) => block.get('logStartOffset')));
    const applied = this.#applied();
    return [
      ['log_start', logStart],
      ['log_end', logEnd],
      ['logged_position', logged < 0 ? '-' : formatPosition({ offset: logged, index: 0 })],
      ['applied_position', applied === undefined ? '-' : formatPosition(applied)],
      ['lag_records', applied === undefined ? '-' : Math.max(0, logEnd - applied.offset)],
    ];
  }

  #counters(): Lines {
    const { main, producers, appliers } = this.#sources;
    const lines: Lines = Object.entries(main.snapshot());
    producers.forEach((block, worker) => lines.push(...prefixed(`producer${worker}`, block.snapshot())));
    appliers.forEach((block, worker) => lines.push(...prefixed(`applier${worker}`, block.snapshot())));
    return lines;
  }
}

function prefixed(prefix: string, snapshot: Record<string, number>): Lines {
  return Object.entries(snapshot).map(([name, value]) => [`${prefix}_${name}`, value]);
}

/** The lines of one section of the backing Redis's INFO. */
function fromBacking(text: string, section: string): Lines {
  const from = text.indexOf(`# ${section}\r\n`);
  if (from < 0) return [];
  const to = text.indexOf('\r\n#', from + 2);
  return text.slice(from, to < 0 ? text.length : to).split('\r\n').slice(1).filter((line) => line.includes(':')).map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1)];
  });
}

function render(sections: [string, Lines][]): string {
  return sections
    .map(([name, lines]) => `# ${name}\r\n${lines.map(([field, value]) => `${field}:${value}\r\n`).join('')}`)
    .join('\r\n');
}
