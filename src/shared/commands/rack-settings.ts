/** Settings of Redis on which the result of a write depends: they must be alike in all racks of a world. */

export interface RackSetting {
  readonly name: string;
  /** As CONFIG GET answers where nobody set it. */
  readonly usual: string;
  readonly why: string;
}

export const RACK_SETTINGS: readonly RackSetting[] = [
  {
    name: 'hll-sparse-max-bytes', usual: '3000',
    why: 'PFADD and PFMERGE: the size at which a HyperLogLog changes its form, which GET, STRLEN and DUMP show.',
  },
  {
    name: 'proto-max-bulk-len', usual: '536870912',
    why: 'APPEND, SETRANGE, SETBIT, BITFIELD, BITOP: the longest string there may be.',
  },
  {
    name: 'sanitize-dump-payload', usual: 'no',
    why: 'RESTORE: whether a damaged payload is refused.',
  },
];
