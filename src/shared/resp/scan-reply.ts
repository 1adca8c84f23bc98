/**
 * Finds the ends of replies in a stream, without keeping a byte. All types of RESP2 and RESP3; nesting is counted, not
 * followed, so depth costs nothing. Streamed RESP3 types (`$?`, `*?`, `;`) are refused: Redis does not send them.
 *
 * - An attribute (`|`) belongs to the reply behind it: both are one.
 * - A push (`>`, only at the top) belongs to no request. It is never mixed with replies: a scan that meets one after
 *   other replies stops before it, and a scan that begins with one stops behind it with `push` set and `done` 0. So the
 *   bytes of one scan are all replies, or all (part of) one push.
 */

const LF = 10;
const CR = 13;
const ZERO = 48;
const MINUS = 45;

/** What a first byte begins. */
const LINE = 1; // + - : , # _ ( : up to the line end
const BODY = 2; // $ = ! : a length and that many bytes
const LIST = 3; // * ~ : a count of elements
const PAIRS = 4; // % : a count of pairs
const ATTRIBUTE = 5; // | : pairs that come on top of the element behind them
const PUSH = 6; // >

const TYPE = new Uint8Array(256);
for (const byte of Buffer.from('+-:,#_(')) TYPE[byte] = LINE;
for (const byte of Buffer.from('$=!')) TYPE[byte] = BODY;
for (const byte of Buffer.from('*~')) TYPE[byte] = LIST;
TYPE[0x25] = PAIRS;
TYPE[0x7c] = ATTRIBUTE;
TYPE[0x3e] = PUSH;

const AT_ELEMENT = 0;
const IN_LINE = 1;
const IN_LENGTH = 2;
const IN_BODY = 3;
type Place = typeof AT_ELEMENT | typeof IN_LINE | typeof IN_LENGTH | typeof IN_BODY;

/** Ten digits: longer numbers are no lengths. */
const DIGITS_MAX = 10;
/** More elements than this outstanding are nonsense, and would not count exactly much further up. */
const ELEMENTS_MAX = 2 ** 48;

export class ReplyScanner {
  /** Replies that the last scan completed. */
  done = 0;
  /** The bytes of the last scan belong to a push. */
  push = false;
  /** Not RESP: the connection cannot be used any more. */
  bad = false;
  #place: Place = AT_ELEMENT;
  /** Elements still to come in the current top-level reply; 0 between replies. */
  #need = 0;
  #type = 0;
  #value = 0;
  #digits = 0;
  #negative = false;
  /** Last byte was CR: the line end is half read. */
  #cr = false;
  /** Bytes of a body still to come, its CR LF included. */
  #skip = 0;

  /** Between two replies. */
  get idle(): boolean {
    return this.#need === 0;
  }

  reset(): void {
    this.#place = AT_ELEMENT;
    this.#need = this.#digits = this.#skip = this.done = 0;
    this.#cr = this.push = this.bad = false;
  }

  /**
   * Scans buffer[at, end) until `max` replies are complete. Returns the offset behind what it consumed; look at `done`,
   * `push` and `bad`.
   */
  scan(buffer: Buffer, at: number, end: number, max: number): number {
    let p = at;
    this.done = 0;
    if (this.#need === 0) this.push = false;
    while (p < end && this.done < max && !this.bad) {
      if (this.#place === AT_ELEMENT) {
        if (this.#need === 0) {
          if (TYPE[buffer[p]] === PUSH) {
            if (this.done > 0) return p;
            this.push = true;
          }
          this.#need = 1;
        } else if (TYPE[buffer[p]] === PUSH) {
          this.bad = true; // inside another reply
          break;
        }
        p = this.#element(buffer, p, end);
      } else if (this.#place === IN_BODY) {
        p = this.#body(buffer, p, end);
      } else if (this.#place === IN_LINE) {
        p = this.#line(buffer, p, end);
      } else {
        p = this.#length(buffer, p, end);
      }
      if (this.#need === 0) {
        if (this.push) return p;
        this.done++;
      }
    }
    return p;
  }

  /** The first byte of an element, and all of it where that is cheap: a bulk whose header lies in this chunk. */
  #element(buffer: Buffer, at: number, end: number): number {
    const type = TYPE[buffer[at]];
    if (type === BODY) {
      let p = at + 1;
      let value = 0;
      for (let digit = buffer[p] - ZERO; p < end && digit >= 0 && digit <= 9; digit = buffer[++p] - ZERO) {
        value = value * 10 + digit;
      }
      const digits = p - at - 1;
      if (digits > 0 && digits <= DIGITS_MAX && p + 1 < end && buffer[p] === CR && buffer[p + 1] === LF) {
        this.#skip = value + 2;
        return this.#body(buffer, p + 2, end);
      }
    } else if (type === 0) {
      this.bad = true;
      return at;
    }
    this.#type = type;
    this.#value = this.#digits = 0;
    this.#negative = this.#cr = false;
    this.#place = type === LINE ? IN_LINE : IN_LENGTH;
    return at + 1;
  }

  #line(buffer: Buffer, at: number, end: number): number {
    let p = at;
    if (this.#cr) {
      if (buffer[p] === LF) {
        this.#ended();
        return p + 1;
      }
      this.#cr = false;
    }
    for (; p < end; p++) {
      if (buffer[p] !== CR) continue;
      if (p + 1 === end) this.#cr = true;
      else if (buffer[p + 1] === LF) {
        this.#ended();
        return p + 2;
      }
    }
    return end;
  }

  #length(buffer: Buffer, at: number, end: number): number {
    for (let p = at; p < end; p++) {
      const byte = buffer[p];
      const digit = byte - ZERO;
      if (this.#cr) {
        if (byte !== LF || this.#digits === 0) break;
        this.#counted();
        return this.bad ? at : p + 1;
      }
      if (digit >= 0 && digit <= 9 && this.#digits < DIGITS_MAX) {
        this.#value = this.#value * 10 + digit;
        this.#digits++;
      } else if (byte === CR) {
        this.#cr = true;
      } else if (byte === MINUS && this.#digits === 0 && !this.#negative) {
        this.#negative = true;
      } else {
        break;
      }
      if (p + 1 === end) return end;
    }
    this.bad = true;
    return at;
  }

  /** A length or count line is complete. */
  #counted(): void {
    const value = this.#value;
    if (this.#negative) {
      // Only -1, the null of RESP2, and only where RESP2 has it.
      if (value !== 1 || (this.#type !== BODY && this.#type !== LIST)) this.bad = true;
      else this.#ended();
    } else if (this.#type === BODY) {
      this.#skip = value + 2;
      this.#place = IN_BODY;
    } else {
      this.#place = AT_ELEMENT;
      const elements = this.#type === PAIRS || this.#type === ATTRIBUTE ? value * 2 : value;
      this.#need += this.#type === ATTRIBUTE ? elements : elements - 1;
      if (this.#need > ELEMENTS_MAX) this.bad = true;
    }
  }

  #body(buffer: Buffer, at: number, end: number): number {
    const left = end - at;
    const skip = this.#skip;
    const taken = left < skip ? left : skip;
    const next = at + taken;
    // Its last two bytes must be CR LF, wherever the chunks part them.
    if (skip - taken < 2) {
      const lf = at + skip - 1;
      if (lf < next && buffer[lf] !== LF) this.bad = true;
      if (lf - 1 >= at && lf - 1 < next && buffer[lf - 1] !== CR) this.bad = true;
      if (this.bad) return at;
    }
    this.#skip = skip - taken;
    if (taken === skip) this.#ended();
    else this.#place = IN_BODY;
    return next;
  }

  #ended(): void {
    this.#place = AT_ELEMENT;
    this.#need--;
  }
}

/**
 * Offset behind the reply that begins at `at` (with its attribute, if it has one), or -1 when it is not complete or not
 * RESP. For replies that are known to be there; streams use ReplyScanner.
 */
export function replyEnd(buffer: Buffer, at: number, end: number): number {
  const scanner = walker;
  scanner.reset();
  const next = scanner.scan(buffer, at, end, 1);
  return scanner.done === 1 ? next : -1;
}

const walker = new ReplyScanner();
