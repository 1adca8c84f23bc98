// Where set-up keeps things. Everything it makes lies in the checkout: node_modules, dist and the cache .pylon.

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const modules = join(root, 'node_modules');
export const dist = join(root, 'dist');
export const cache = join(root, '.pylon');
export const stamps = join(cache, 'setup');
export const bindings = join(cache, 'bindings');
export const patches = join(root, 'patches');

/** Version of the embedded Kafka; the same as in scripts/kafka/pom.xml, which set-up checks. */
export const kafkaVersion = '4.3.0';
export const kafkaHome = join(cache, 'kafka', kafkaVersion);
