/**
 * Decodes complete replies into JavaScript values, for tests and control traffic. Not for the data path.
 *
 * RESP2 and RESP3: bulk → Buffer, simple string → string, integer → number (bigint beyond 2^53), double → number,
 * boolean → boolean, big number → bigint, null (all forms) → null, error → RespError, array, set and push → array,
 * map → array of keys and values in turn. Attributes are dropped.
 */
import { replyEnd } from './scan-reply.js';

/** An error reply as a value. `message` is the whole text, its code first. */
export class RespError extends Error {
  override readonly name = 'RespError';
}

export type RespValue = Buffer | string | number | bigint | boolean | null | RespError | RespValue[];

class Decoder {
  readonly #buffer: Buffer;
  position: number;

  constructor(buffer: Buffer, position: number) {
    this.#buffer = buffer;
    this.position = position;
  }

  value(): RespValue {
    const type = String.fromCharCode(this.#buffer[this.position++]);
    const line = this.#line();
    switch (type) {
      case '+': return line;
      case '-': return new RespError(line);
      case ':': return Number.isSafeInteger(Number(line)) ? Number(line) : BigInt(line);
      case '(': return BigInt(line);
      case ',': return line === 'inf' ? Infinity : line === '-inf' ? -Infinity : Number(line);
      case '#': return line === 't';
      case '_': return null;
      case '$': return line === '-1' ? null : this.#body(Number(line));
      case '!': return new RespError(this.#body(Number(line)).toString('latin1'));
      case '=': return this.#body(Number(line)).subarray(4); // `txt:` or `mkd:` before the text
      case '*': return line === '-1' ? null : this.#list(Number(line));
      case '~': case '>': return this.#list(Number(line));
      case '%': return this.#list(2 * Number(line));
      case '|':
        this.#list(2 * Number(line));
        return this.value();
      default: throw new TypeError(`not RESP: ${JSON.stringify(type)}`);
    }
  }

  #line(): string {
    const end = this.#buffer.indexOf('\r\n', this.position, 'latin1');
    const text = this.#buffer.toString('latin1', this.position, end);
    this.position = end + 2;
    return text;
  }

  #body(length: number): Buffer {
    const body = this.#buffer.subarray(this.position, this.position + length);
    this.position += length + 2;
    return body;
  }

  #list(length: number): RespValue[] {
    return Array.from({ length }, () => this.value());
  }
}

/** The one reply that begins at `start`; null when it is not complete. Returns the value and the offset behind it. */
export function decodeReply(
  buffer: Buffer, start = 0, end = buffer.length,
): { readonly value: RespValue; readonly end: number } | null {
  const behind = replyEnd(buffer, start, end);
  return behind < 0 ? null : { value: new Decoder(buffer, start).value(), end: behind };
}

/** All complete replies of a buffer, in order. */
export function decodeReplies(buffer: Buffer): RespValue[] {
  const values: RespValue[] = [];
  for (let at = 0, next = decodeReply(buffer); next !== null; next = decodeReply(buffer, at)) {
    values.push(next.value);
    at = next.end;
  }
  return values;
}
