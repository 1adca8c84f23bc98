/**
 * `pylon serve` with appliers that are broken on purpose: their fence is written blind. For the test that proves the
 * checker; Pylon itself has no switch that leads here.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

process.env['UV_THREADPOOL_SIZE'] ??= '16';
const applierFile = pathToFileURL(join(__dirname, 'sabotaged-applier.js'));
void import('../../src/main/serve/serve.js').then(({ serve }) => serve(process.env, { applierFile }));
