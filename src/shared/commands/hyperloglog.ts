/** HyperLogLog commands: strings that count distinct elements. */
import { ALL_KEYS, ONE_KEY, inGroup, read, refused, write } from './row.js';
import type { CommandRow } from './types.js';

const SPARSE = "The racks' Redis must agree on hll-sparse-max-bytes, which decides when the value changes its form.";

export const HYPERLOGLOG_COMMANDS: readonly CommandRow[] = inGroup('hyperloglog',
  read('pfcount', -2, '2.8.9', ALL_KEYS, 'integer', {
    readRewrite: 'pfcount', needs: 'rewriteRead',
    note: 'Of one key it would write the count into the value: the rack is asked for the count of the key twice.',
  }),
  write('pfadd', -2, '2.8.9', ONE_KEY, 'integer', 'zero', { note: SPARSE }),
  // A key that is no HyperLogLog is an error, which the log cannot know.
  write('pfmerge', -2, '2.8.9', ALL_KEYS, 'ok', 'ok', { note: SPARSE }),
  refused('it is for testing Redis itself', 'use PFADD and PFCOUNT', `
    pfdebug 3 2.8.9
    pfselftest 1 2.8.9
  `),
);
