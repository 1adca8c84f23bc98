// What Pylon relies on in its native bindings, one program per claim (claims/<program>). The runner and the tests take
// their list from here.

export interface Claim {
  readonly program: string;
  readonly says: string;
  /** How long the program may take, all in all, on a slow machine. */
  readonly deadlineMs: number;
}

export const claims: readonly Claim[] = [
  { program: 'load.js', says: 'both bindings load in eight workers at once', deadlineMs: 20_000 },
  { program: 'own-thread.js', says: 'callbacks arrive on their own thread', deadlineMs: 40_000 },
  { program: 'side-by-side.js', says: 'workers side by side: each message arrives once', deadlineMs: 60_000 },
  { program: 'delivery-report.js', says: 'delivery reports come promptly without a poll timer', deadlineMs: 40_000 },
  { program: 'consume-ready.js', says: 'consume(n) returns what is ready without waiting for n', deadlineMs: 40_000 },
  { program: 'late-error.js', says: 'an error that comes behind messages is told', deadlineMs: 40_000 },
  { program: 'clean-stop.js', says: 'drain and disconnect end a worker, and leave nothing', deadlineMs: 120_000 },
  { program: 'terminate.js', says: 'terminate() of live clients neither aborts nor hangs', deadlineMs: 150_000 },
  { program: 'process-exit.js', says: 'process.exit() of live clients neither aborts nor hangs', deadlineMs: 150_000 },
  { program: 'hiredis.js', says: 'hiredis parses in three threads at once', deadlineMs: 20_000 },
  { program: 'dead-broker.js', says: 'a dead broker holds connect no longer than its timeout', deadlineMs: 30_000 },
  { program: 'rebalance.js', says: 'a subscribed consumer gets rebalances on its own thread', deadlineMs: 60_000 },
  { program: 'thread-pool.js', says: 'UV_THREADPOOL_SIZE set by an entry point is in effect', deadlineMs: 20_000 },
];
