// Preloaded into a program: writes at its end how many threads there were when it set UV_THREADPOOL_SIZE, and before.

const { readdirSync } = require('node:fs') as typeof import('node:fs');

const threads = (): number => readdirSync('/proc/self/task').length;
const seen = { sizes: [] as string[], threadsBefore: threads(), threadsThen: 0 };
process.env = new Proxy(process.env, {
  set(target, name, value: string) {
    if (name === 'UV_THREADPOOL_SIZE') {
      seen.sizes.push(value);
      seen.threadsThen = threads();
    }
    target[name as string] = value;
    return true;
  },
});
process.on('exit', () => {
  console.log(`pool: ${JSON.stringify(seen)}`);
});
