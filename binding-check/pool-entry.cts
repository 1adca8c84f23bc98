// An entry point that sets the size of libuv's thread pool, starts the pool, and writes how many threads that made.

process.env['UV_THREADPOOL_SIZE'] = '16';

const fs = require('node:fs') as typeof import('node:fs');

const threads = (): number => fs.readdirSync('/proc/self/task').length;
const before = threads();
fs.stat('.', () => {
  console.log(threads() - before);
});
