/**
 * A position in the world's log: a command's record (Kafka offset) and its index in that record. A rack is *at* a
 * position when everything before it is applied, so a position read as a state is the next one to apply.
 * Text form: `offset:index`.
 */

export interface Position {
  /** Kafka offset of the record. */
  readonly offset: number;
  /** Index of the command within its record, from 0. */
  readonly index: number;
}

export const logStart: Position = { offset: 0, index: 0 };

/** Negative, zero or positive as `a` lies before, at or behind `b`. */
export function comparePositions(a: Position, b: Position): number {
  return a.offset === b.offset ? a.index - b.index : a.offset - b.offset;
}

export function formatPosition(position: Position): string {
  return `${position.offset}:${position.index}`;
}

/** @returns the position, or undefined when the text is not one */
export function parsePosition(text: string): Position | undefined {
  const match = /^(0|[1-9]\d{0,15}):(0|[1-9]\d{0,9})$/.exec(text);
  if (match === null) return undefined;
  const position = { offset: Number(match[1]), index: Number(match[2]) };
  return Number.isSafeInteger(position.offset) ? position : undefined;
}
