/**
 * `pylon serve` with appliers that are broken on purpose: their fence is written blind. For the test that proves the
 * checker; Pylon itself has no switch that leads here.
 */

import { serve } from '../../src/main/serve/serve.js';

await serve(process.env, { applierFile: new URL('./sabotaged-applier.js', import.meta.url) });
