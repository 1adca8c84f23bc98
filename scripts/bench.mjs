// `npm run bench [-- <options>]`: set-up, then the benches (bench/main.ts).

import { join } from 'node:path';
import { foreground } from './setup/foreground.mjs';
import { dist } from './setup/paths.mjs';
import { setupOrExit } from './setup.mjs';

await setupOrExit();
await foreground(['--enable-source-maps', join(dist, 'bench', 'main.js'), ...process.argv.slice(2)]);
