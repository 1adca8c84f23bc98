#!/usr/bin/env node
/**
 * The entry of every Pylon process. librdkafka's calls block threads of libuv's pool, of which there are four unless the
 * environment says otherwise before the first is used; an ES module is itself loaded through that pool, so this file is
 * CommonJS.
 */
process.env['UV_THREADPOOL_SIZE'] ??= '16';
void import('./cli.js');
