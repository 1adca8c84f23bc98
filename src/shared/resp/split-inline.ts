/**
 * Splits an inline request into arguments by the rules of Redis (sds.c `sdssplitargs`): blanks separate; "…" knows the
 * escapes \xhh \n \r \t \b \a and \<any>; '…' knows only \'; a closing quote must be followed by a blank or the end.
 */

const BACKSLASH = 92;
const DOUBLE_QUOTE = 34;
const SINGLE_QUOTE = 39;
const ESCAPES: Readonly<Record<number, number>> = { 110: 10, 114: 13, 116: 9, 98: 8, 97: 7 }; // n r t b a

/** C's isspace() in the C locale. */
const isBlank = (byte: number): boolean => byte === 32 || (byte >= 9 && byte <= 13);
/** What ends a bare token. Vertical tab and form feed do not, although they are skipped between tokens. */
const endsToken = (byte: number): boolean => byte === 32 || byte === 10 || byte === 13 || byte === 9;

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/**
 * Reads a quoted part whose opening quote lies before `at`, appending its bytes to `out`.
 * Returns the offset behind the closing quote, -1 for unbalanced quotes.
 */
function readQuoted(line: Buffer, at: number, quote: number, out: number[]): number {
  for (let p = at; p < line.length; p++) {
    const byte = line[p];
    if (byte === quote) return p + 1 < line.length && !isBlank(line[p + 1]) ? -1 : p + 1;
    if (byte !== BACKSLASH || p + 1 >= line.length) {
      out.push(byte);
    } else if (quote === SINGLE_QUOTE) {
      if (line[p + 1] === SINGLE_QUOTE) p++;
      out.push(line[p]);
    } else {
      const high = line[p + 1] === 120 ? hexDigit(line[p + 2]) : -1;
      const low = high < 0 ? -1 : hexDigit(line[p + 3]);
      if (low >= 0) {
        out.push(high * 16 + low);
        p += 3;
      } else {
        p++;
        out.push(ESCAPES[line[p]] ?? line[p]);
      }
    }
  }
  return -1;
}

/** The arguments of one line (without its line end); null for unbalanced quotes. */
export function splitInline(line: Buffer): Buffer[] | null {
  const found: Buffer[] = [];
  let p = 0;
  for (;;) {
    while (p < line.length && isBlank(line[p])) p++;
    if (p === line.length) return found;
    const bytes: number[] = [];
    while (p < line.length && !endsToken(line[p])) {
      const byte = line[p++];
      if (byte === DOUBLE_QUOTE || byte === SINGLE_QUOTE) {
        p = readQuoted(line, p, byte, bytes);
        if (p < 0) return null;
        break; // a closing quote ends the token
      }
      bytes.push(byte);
    }
    found.push(Buffer.from(bytes));
  }
}
