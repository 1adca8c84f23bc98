/** How the corpora of commands are put together. */

/** Every combination of one value of each place. */
export function product(...places: ReadonlyArray<readonly string[]>): string[][] {
  return places.reduce<string[][]>(
    (rows, values) => rows.flatMap((row) => values.map((value) => [...row, value])), [[]]);
}

export const options = (words: string): string[][] =>
  words.split('|').map((line) => line.trim().split(/\s+/).filter((word) => word !== ''));

/** A small generator with a fixed seed: the corpus is the same every time. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Random sequences of options for commands whose options may come in any order. */
export function shuffled(prefix: string[], words: readonly string[], rounds: number, lengthMax: number,
  seed: number): string[][] {
  const next = random(seed);
  return Array.from({ length: rounds }, () => {
    const length = Math.floor(next() * (lengthMax + 1));
    return [...prefix, ...Array.from({ length }, () => words[Math.floor(next() * words.length)])];
  });
}
