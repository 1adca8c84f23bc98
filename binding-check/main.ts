// `npm run binding-check`: shows on this machine that the native bindings do what Pylon relies on. One line per claim;
// exit code 1 when one does not hold. Arguments narrow to claims whose program's name contains one of them.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKafka } from '../src/main/embedded/kafka.js';
import { claims } from './claims.js';
import { runClaim } from './run-claim.js';

const wanted = process.argv.slice(2);
const chosen = claims.filter(({ program }) => wanted.length === 0 || wanted.some((part) => program.includes(part)));
if (chosen.length === 0) {
  console.error(`no claim matches: ${wanted.join(' ')}`);
  process.exit(1);
}

const external = process.env['PYLON_TEST_KAFKA'];
const dataDir = mkdtempSync(join(tmpdir(), 'pylon-binding-check-'));
const kafka = external === undefined ? await startKafka({ dataDir }) : undefined;
let failed = 0;
try {
  for (const claim of chosen) {
    const outcome = await runClaim(claim, external ?? (kafka as NonNullable<typeof kafka>).bootstrapServers);
    const duration = `${outcome.durationMs.toFixed(0)} ms`.padStart(9);
    console.log(`${outcome.ok ? 'ok    ' : 'FAILED'} ${duration}  ${claim.says}`);
    if (outcome.ok) continue;
    failed++;
    console.log(outcome.report.replace(/^/gm, '         | '));
  }
} finally {
  await kafka?.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
console.log(failed === 0 ? `all ${chosen.length} claims hold` : `${failed} of ${chosen.length} claims failed`);
process.exitCode = failed === 0 ? 0 : 1;
