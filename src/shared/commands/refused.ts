/**
 * Commands that Pylon knows and refuses whole groups at a time: why, and what to do instead. Single refused commands
 * stand with their group. A name that is in no row of any table is refused too, as unknown.
 */
import { PAST_PYLON } from './notes.js';
import { NO_KEYS, container, inGroup, refused, refusedRow, type Row } from './row.js';
import type { CommandRow } from './types.js';

type Why = readonly [reason: string, instead: string];

/** A command all of whose subcommands are refused for one reason. */
const all = (name: string, arity: number, since: string, why: Why, subcommands: string): Row =>
  container(refusedRow(name, arity, since, ...why), refused(...why, subcommands));

const NO_CHANNELS: Why = ['messages do not go through the log', 'use a message broker, or connect to Redis itself'];
const NO_SCRIPTS: Why = [
  'a script may touch any key and do something else in each rack', 'send the commands themselves',
];
const READING_SCRIPTS: Why = [
  "a script holds up the rack's Redis, and the log with it", 'send the reads themselves, in one pipeline',
];
const NO_TRANSACTIONS: Why = ['transactions do not go through the log yet', 'send the commands one by one'];
const ONE_KEYSPACE: Why = ['Pylon has one keyspace', 'use key prefixes'];
const PAST_LOG: Why = ['it would change data past the log', 'use DUMP and RESTORE'];
const NO_REPLICATION: Why = [
  'replication is the business of Pylon and of the backing Redis', 'ask PYLON INFO for positions and lag',
];
const NO_CLUSTER: Why = ['Pylon is one endpoint, not a Redis Cluster', 'connect without cluster mode'];
const ADMINISTRATION: Why = [PAST_PYLON, 'connect to that Redis itself'];
const ARRAYS: Why = ['arrays are newer than any Redis that Pylon is tested with', 'use a hash'];
const VECTOR_SETS: Why = [
  'a vector set is built with random choices, which differ from rack to rack', 'connect to a Redis of its own',
];

const PUBSUB = inGroup('pubsub',
  refused(...NO_CHANNELS, `
    subscribe -2 2.0.0
    unsubscribe -1 2.0.0
    psubscribe -2 2.0.0
    punsubscribe -1 2.0.0
    ssubscribe -2 7.0.0
    sunsubscribe -1 7.0.0
    publish 3 2.0.0
    spublish 3 7.0.0
  `),
  all('pubsub', -2, '2.8.0', NO_CHANNELS, `
    channels -2 2.8.0
    help 2 6.2.0
    numpat 2 2.8.0
    numsub -2 2.8.0
    shardchannels -2 7.0.0
    shardnumsub -2 7.0.0
  `),
);

const SCRIPTING = inGroup('scripting',
  refused(...NO_SCRIPTS, `
    eval -3 2.6.0
    evalsha -3 2.6.0
    fcall -3 7.0.0
  `),
  refused(...READING_SCRIPTS, `
    eval_ro -3 7.0.0
    evalsha_ro -3 7.0.0
    fcall_ro -3 7.0.0
  `),
  all('function', -2, '7.0.0', NO_SCRIPTS, `
    delete 3 7.0.0
    dump 2 7.0.0
    flush -2 7.0.0
    help 2 7.0.0
    kill 2 7.0.0
    list -2 7.0.0
    load -3 7.0.0
    restore -3 7.0.0
    stats 2 7.0.0
  `),
  all('script', -2, '2.6.0', NO_SCRIPTS, `
    debug 3 3.2.0
    exists -3 2.6.0
    flush -2 2.6.0
    help 2 5.0.0
    kill 2 2.6.0
    load 3 2.6.0
  `),
);

const TRANSACTIONS = inGroup('transactions', refused(...NO_TRANSACTIONS, `
  multi 1 1.2.0
  exec 1 1.2.0
  discard 1 2.0.0
  watch -2 2.2.0
  unwatch 1 2.2.0
`));

const GENERIC = inGroup('generic',
  refused(...ONE_KEYSPACE, 'move 3 1.0.0'),
  refused(...PAST_LOG, 'migrate -6 2.6.0'),
  refused(...NO_REPLICATION, `
    wait 3 3.0.0
    waitaof 4 7.2.0
  `),
);

const SERVER = inGroup('server',
  refused(...ONE_KEYSPACE, 'swapdb 3 4.0.0'),
  refused(...PAST_LOG, `
    restore-asking -4 3.0.0
    trimslots -5 8.4.0
  `),
  refused(...NO_REPLICATION, `
    psync -3 2.8.0
    sync 1 1.0.0
    replconf -1 3.0.0
    replicaof 3 5.0.0
    slaveof 3 1.0.0
    failover -1 6.2.0
    role 1 2.8.12
  `),
  refused(...ADMINISTRATION, `
    bgrewriteaof 1 1.0.0
    bgsave -1 1.0.0
    lastsave 1 1.0.0
    lolwut -1 5.0.0
    monitor 1 1.0.0
    save 1 1.0.0
    shutdown -1 1.0.0
  `),
  all('acl', -2, '6.0.0', ADMINISTRATION, `
    cat -2 6.0.0
    deluser -3 6.0.0
    dryrun -4 7.0.0
    genpass -2 6.0.0
    getuser 3 6.0.0
    help 2 6.0.0
    list 2 6.0.0
    load 2 6.0.0
    log -2 6.0.0
    save 2 6.0.0
    setuser -3 6.0.0
    users 2 6.0.0
    whoami 2 6.0.0
  `),
  all('backup', -2, '8.10.0', ADMINISTRATION, `
    abort 2 8.10.0
    cleanup 2 8.10.0
    help 2 8.10.0
    list 2 8.10.0
    seal 2 8.10.0
    start 2 8.10.0
    status 2 8.10.0
  `),
  all('hotkeys', -2, '8.6.0', ADMINISTRATION, `
    get 2 8.6.0
    help 2 8.6.1
    reset 2 8.6.0
    start -2 8.6.0
    stop 2 8.6.0
  `),
  all('latency', -2, '2.8.13', ADMINISTRATION, `
    doctor 2 2.8.13
    graph 3 2.8.13
    help 2 2.8.13
    histogram -2 7.0.0
    history 3 2.8.13
    latest 2 2.8.13
    reset -2 2.8.13
  `),
  all('module', -2, '4.0.0', ADMINISTRATION, `
    help 2 5.0.0
    list 2 4.0.0
    load -3 4.0.0
    loadex -3 7.0.0
    unload 3 4.0.0
  `),
  all('slowlog', -2, '2.2.12', ADMINISTRATION, `
    get -2 2.2.12
    help 2 6.2.0
    len 2 2.2.12
    reset 2 2.2.12
  `),
);

const CLUSTER = inGroup('cluster',
  refused(...NO_CLUSTER, `
    asking 1 3.0.0
    readonly 1 3.0.0
    readwrite 1 3.0.0
  `),
  all('cluster', -2, '3.0.0', NO_CLUSTER, `
    addslots -3 3.0.0
    addslotsrange -4 7.0.0
    bumpepoch 2 3.0.0
    count-failure-reports 3 3.0.0
    countkeysinslot 3 3.0.0
    delslots -3 3.0.0
    delslotsrange -4 7.0.0
    failover -2 3.0.0
    flushslots 2 3.0.0
    forget 3 3.0.0
    getkeysinslot 4 3.0.0
    help 2 5.0.0
    info 2 3.0.0
    keyslot 3 3.0.0
    links 2 7.0.0
    meet -4 3.0.0
    migration -4 8.4.0
    myid 2 3.0.0
    myshardid 2 7.2.0
    nodes 2 3.0.0
    replicas 3 5.0.0
    replicate 3 3.0.0
    reset -2 3.0.0
    saveconfig 2 3.0.0
    set-config-epoch 3 3.0.0
    setslot -4 3.0.0
    shards 2 7.0.0
    slaves 3 3.0.0
    slot-stats -4 8.2.0
    slots 2 3.0.0
    syncslots -3 8.4.0
  `),
);

const NEWER_TYPES: readonly CommandRow[] = [
  ...inGroup('array', refused(...ARRAYS, `
    arcount 2 8.8.0
    ardel -3 8.8.0
    ardelrange -4 8.8.0
    arget 3 8.8.0
    argetrange 4 8.8.0
    argrep -6 8.8.0
    arinfo -2 8.8.0
    arinsert -3 8.8.0
    arlastitems -3 8.8.0
    arlen 2 8.8.0
    armget -3 8.8.0
    armset -4 8.8.0
    arnext 2 8.8.0
    arop -5 8.8.0
    arring -4 8.8.0
    arscan -4 8.8.0
    arseek 3 8.8.0
    arset -4 8.8.0
  `)),
  ...inGroup('vector-set', refused(...VECTOR_SETS, `
    vadd -5 8.0.0
    vcard 2 8.0.0
    vdim 2 8.0.0
    vemb -3 8.0.0
    vgetattr 3 8.0.0
    vinfo 2 8.0.0
    vismember 3 8.2.0
    vlinks -3 8.0.0
    vrandmember -2 8.0.0
    vrange -4 8.4.0
    vrem 3 8.0.0
    vsetattr 4 8.0.0
    vsim -4 8.0.0
  `)),
];

/** Begin of an HTTP request: a browser was led here. Redis closes such connections, and so do we. */
const HTTP = inGroup('http', ['post', 'host:'].map((name): Row => ({
  name, arity: -1, kind: 'refused', keys: NO_KEYS, reply: 'any', since: '3.2.7',
  reason: 'this looks like an HTTP request', instead: 'connect with a Redis client', closes: true,
})));

export const REFUSED_COMMANDS: readonly CommandRow[] = [
  ...PUBSUB, ...SCRIPTING, ...TRANSACTIONS, ...GENERIC, ...SERVER, ...CLUSTER, ...NEWER_TYPES, ...HTTP,
];
