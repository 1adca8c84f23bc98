// Every claim of binding-check as a test.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claims } from '../../binding-check/claims.js';
import { runClaim } from '../../binding-check/run-claim.js';

for (const claim of claims) {
  test(claim.says, { timeout: claim.deadlineMs + 5_000 }, async () => {
    const servers = process.env['PYLON_TEST_KAFKA'];
    assert.ok(servers, 'PYLON_TEST_KAFKA is not set: run by npm test');
    const outcome = await runClaim(claim, servers);
    assert.ok(outcome.ok, outcome.report);
  });
}

test('a claim whose program fails, or does not end, is not ok', async () => {
  const failing = await runClaim({ program: 'no-such-program.js', says: '', deadlineMs: 10_000 }, 'none');
  assert.equal(failing.ok, false);
  assert.match(failing.report, /Cannot find module/);
  const late = await runClaim({ program: 'load.js', says: '', deadlineMs: 1 }, 'none');
  assert.equal(late.ok, false);
  assert.match(late.report, /not done within 1 ms/);
});
