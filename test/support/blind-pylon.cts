/** The entry of a Pylon that is broken on purpose (blind-serve.ts); CommonJS for the reason in src/main/pylon.cts. */
process.env['UV_THREADPOOL_SIZE'] ??= '16';
void import('./blind-serve.js');
