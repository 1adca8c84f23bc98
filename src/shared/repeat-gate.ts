/**
 * Lets a text through, and the same text again only after a while: for troubles that repeat as long as their cause lasts
 * (a broker that is down) and would drown everything else in a log. Pure: the time is a parameter.
 */

const repeatMs = 10_000;
/** Texts remembered at once. Beyond it all are forgotten, so that texts with numbers in them do not pile up. */
const textsMax = 100;

export class RepeatGate {
  readonly #passedAtMs = new Map<string, number>();

  /** Whether the text is to be told now. */
  passes(text: string, nowMs: number): boolean {
    const passedAtMs = this.#passedAtMs.get(text);
    if (passedAtMs !== undefined && nowMs - passedAtMs < repeatMs) return false;
    if (this.#passedAtMs.size > textsMax) this.#passedAtMs.clear();
    this.#passedAtMs.set(text, nowMs);
    return true;
  }
}
