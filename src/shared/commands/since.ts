/** Which Redis has which command. */

/** The oldest Redis a rack may have. */
export const OLDEST_REDIS = '7.0.0';

/** Numbers of a version such as `7.4.2` or `8.0-rc1`; what is no number counts as 0. */
const numbers = (version: string): number[] => {
  const parts = version.split('.').map((part) => Number.parseInt(part, 10));
  return [0, 1, 2].map((index) => (Number.isFinite(parts[index]) ? parts[index] : 0));
};

/** Whether version `a` came after `b`. `Pylon`, the version of our own commands, came before all. */
export function isNewer(a: string, b: string): boolean {
  const [left, right] = [numbers(a), numbers(b)];
  const differs = left.findIndex((part, index) => part !== right[index]);
  return differs >= 0 && left[differs] > right[differs];
}
