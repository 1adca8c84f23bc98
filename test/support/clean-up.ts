/**
 * Cleaning up after a test, in reverse order of what was started: a Pylon must still have its Kafka when it stops. All
 * of it is done, whatever fails on the way; the first failure is then the test's.
 */

/** What a test offers for cleaning up: node:test's context, or the like. It runs its work in no order of ours. */
export interface Scope {
  after(work: () => Promise<void>): void;
}

const stacks = new WeakMap<Scope, (() => void | Promise<void>)[]>();

/** Does `work` when the test is over, before what was registered earlier. */
export function cleanUp(scope: Scope, work: () => void | Promise<void>): void {
  let stack = stacks.get(scope);
  if (stack === undefined) {
    stacks.set(scope, (stack = []));
    scope.after(() => unwind(stacks.get(scope) ?? []));
  }
  stack.push(work);
}

async function unwind(stack: (() => void | Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (let work = stack.pop(); work !== undefined; work = stack.pop()) {
    try {
      await work();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
