// `npm run binding-check`: set-up, then binding-check/main.ts.

import { join } from 'node:path';
import { foreground } from './setup/foreground.mjs';
import { dist } from './setup/paths.mjs';
import { setupOrExit } from './setup.mjs';

await setupOrExit({ kafka: process.env.PYLON_TEST_KAFKA === undefined });
await foreground([join(dist, 'binding-check', 'main.js'), ...process.argv.slice(2)]);
