/** The entry of a Pylon that is broken on purpose (blind-serve.ts); CommonJS for the reason that src/main/pylon.cts gives. */
process.env['UV_THREADPOOL_SIZE'] ??= '16';
void import('./blind-serve.js');
