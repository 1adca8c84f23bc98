// A reporter of node:test that counts: writes { passed, failed, notes } as JSON when the run is over. Suites are not
// counted, only tests. A test that is skipped or put off, and a file without any test, count as failed: a check that
// does not run is none.

/** @param {AsyncIterable<import('node:test').TestEvent>} source */
export default async function* count(source) {
  const counts = { passed: 0, failed: 0, notes: [] };
  for await (const { type, data } of source) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    if (data.details?.type === 'suite' && type === 'test:pass') continue;
    const reason = type === 'test:fail' ? undefined : notATest(data);
    // A suite fails with its tests; it is counted only where it fails by itself (a hook, its body).
    if (data.details?.type === 'suite' && data.details.error?.failureType === 'subtestsFailed') continue;
    if (reason !== undefined) counts.notes.push(`${data.name}: ${reason}`);
    if (type === 'test:fail' || reason !== undefined) counts.failed++;
    else counts.passed++;
  }
  yield JSON.stringify(counts);
}

function notATest(data) {
  if (data.skip !== undefined && data.skip !== false) return 'was skipped';
  if (data.todo !== undefined && data.todo !== false) return 'is marked as to be done';
  return data.nesting === 0 && data.name === data.file ? 'this file has no tests' : undefined;
}
