/** The table of options as Markdown: printed by `pylon options` and kept in the README, which a test compares. */

import { options, type Option } from './options.js';

export function optionsTable(): string {
  const rows = Object.entries<Option>(options).map(([name, { fallback, about, fallbackAbout }]) => {
    const shown = fallbackAbout ?? (fallback === undefined ? '**required**' : `\`${fallback}\``);
    return `| \`${name}\` | ${shown} | ${about} |`;
  });
  return ['| variable | default | meaning |', '|---|---|---|', ...rows].join('\n');
}
