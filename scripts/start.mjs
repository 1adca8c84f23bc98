// `npm start [-- <options of pylon world>]`: set-up, then the demo world in the foreground.

import { join } from 'node:path';
import { foreground } from './setup/foreground.mjs';
import { dist } from './setup/paths.mjs';
import { setupOrExit } from './setup.mjs';

await setupOrExit();
await foreground([join(dist, 'src', 'main', 'pylon.cjs'), 'world', ...process.argv.slice(2)]);
