// What a person sees while set-up works: one line when a step begins, the time it took when it ends, nothing for a step
// that has nothing to do. Goes to stderr, so that stdout belongs to the program that set-up was started for.

/** A fault that a person can do something about: shown as its message, without a stack. */
export class SetupError extends Error {
  name = 'SetupError';
}

export const say = (line) => process.stderr.write(`${line}\n`);

/**
 * Runs one step that has something to do, and says so.
 * @template T
 * @param {string} what what is being done, e.g. 'npm packages'
 * @param {() => T | Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(what, work) {
  const begin = performance.now();
  say(`set-up: ${what} …`);
  try {
    const result = await work();
    say(`set-up: ${what}: done in ${seconds(performance.now() - begin)}`);
    return result;
  } catch (error) {
    say(`set-up: ${what}: failed after ${seconds(performance.now() - begin)}`);
    throw error;
  }
}

export const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
