/**
 * The topics of a world: names, and the settings that the log must have so that nothing acknowledged is lost and order
 * holds. Pure; the admin client that reads and creates topics is main's.
 */

/** The log has one partition: one total order for the world. */
export const logPartition = 0;

export const topicNames = {
  log: (world: string): string => `pylon.${world}.log`,
  members: (world: string): string => `pylon.${world}.members`,
  world: (world: string): string => `pylon.${world}.world`,
} as const;

export const groupNames = {
  /** Its owner of the log partition leads the rack. */
  rack: (world: string, rack: string): string => `pylon.${world}.${rack}`,
  world: (world: string): string => `pylon.${world}.world`,
} as const;

/** What a world wants of its log topic. Units: bytes, milliseconds. */
export interface LogTopicPlan {
  readonly replication: number;
  readonly recordBytesMax: number;
  /** -1: never deleted. */
  readonly retentionMs: number;
}

/** The settings to create the log topic with. */
export function logTopicConfig(plan: LogTopicPlan): Record<string, string> {
  return {
    'cleanup.policy': 'delete',
    'message.timestamp.type': 'LogAppendTime',
    'max.message.bytes': String(plan.recordBytesMax),
    'min.insync.replicas': String(plan.replication >= 3 ? 2 : 1),
    'unclean.leader.election.enable': 'false',
    'retention.ms': String(plan.retentionMs),
    'retention.bytes': '-1',
  };
}

/** What Kafka says of an existing log topic. */
export interface LogTopicState {
  readonly partitions: number;
  /** Replicas of the log partition. */
  readonly replication: number;
  readonly config: ReadonlyMap<string, string>;
}

/**
 * Compares a log topic with what it must be.
 * @param allowSingleReplica development only: one broker, so an acknowledged write lives on one disk
 * @returns one sentence per fault, with the command that mends it; empty when all is well
 */
export function logTopicFaults(
  name: string,
  state: LogTopicState,
  recordBytesMax: number,
  allowSingleReplica: boolean,
): string[] {
  const faults: string[] = [];
  const setting = (key: string): string => state.config.get(key) ?? '';
  const mend = (key: string, value: string): string =>
    `kafka-configs.sh --alter --entity-type topics --entity-name ${name} --add-config ${key}=${value}`;
  const demand = (key: string, value: string, why: string): void => {
    if (setting(key) !== value) faults.push(`${key} is '${setting(key)}', must be '${value}': ${why} (${mend(key, value)})`);
  };
  if (state.partitions !== 1) {
    faults.push(`it has ${state.partitions} partitions, must have 1: the log is one total order (recreate the topic)`);
  }
  demand('cleanup.policy', 'delete', 'compaction would drop writes');
  demand('message.timestamp.type', 'LogAppendTime', 'log time decides expiry, so the broker must set it');
  demand('unclean.leader.election.enable', 'false', 'an unclean election loses acknowledged writes');
  if (Number(setting('max.message.bytes')) < recordBytesMax) {
    faults.push(
      `max.message.bytes is ${setting('max.message.bytes')}, must be at least ${recordBytesMax} for ` +
        `PYLON_COMMAND_BYTES_MAX (${mend('max.message.bytes', String(recordBytesMax))})`,
    );
  }
  if (setting('retention.bytes') !== '-1') {
    faults.push(
      `retention.bytes is ${setting('retention.bytes')}: a burst of writes could push unapplied ones out of the log ` +
        `(${mend('retention.bytes', '-1')})`,
    );
  }
  faults.push(...replicationFaults(state.replication, Number(setting('min.insync.replicas')), allowSingleReplica, mend));
  return faults;
}

function replicationFaults(
  replication: number,
  inSync: number,
  allowSingleReplica: boolean,
  mend: (key: string, value: string) => string,
): string[] {
  if (replication >= 3) {
    if (inSync >= 2 && inSync < replication) return [];
    return [
      `min.insync.replicas is ${inSync} of ${replication} replicas, must be at least 2 and leave one to spare ` +
        `(${mend('min.insync.replicas', '2')})`,
    ];
  }
  if (allowSingleReplica) return [];
  return [
    `it has ${replication} replica(s): an acknowledged write must outlive a broker, which takes 3 replicas and ` +
      'min.insync.replicas=2 (for development, PYLON_DEV=1 allows fewer)',
  ];
}
