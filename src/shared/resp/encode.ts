/**
 * Builds RESP: commands as canonical frames, replies of all usual kinds. For control traffic, tests and short replies;
 * the hot path hands slices on instead. Text is taken as UTF-8, except error texts, which may carry any byte of a
 * client's arguments and are taken as Latin-1 (one character one byte).
 */

const CRLF = '\r\n';

/** `*N\r\n$len\r\n…` for one command, its name first. */
export function encodeCommand(...args: ReadonlyArray<string | Buffer>): Buffer {
  return encodeCommandArray(args);
}

/** The same for a list, however long. */
export function encodeCommandArray(args: ReadonlyArray<string | Buffer>): Buffer {
  const count = `*${args.length}${CRLF}`;
  let bytes = count.length;
  for (const arg of args) {
    const length = typeof arg === 'string' ? Buffer.byteLength(arg) : arg.length;
    bytes += 5 + String(length).length + length;
  }
  const out = Buffer.allocUnsafe(bytes);
  let p = out.write(count, 0, 'latin1');
  for (const arg of args) {
    const length = typeof arg === 'string' ? Buffer.byteLength(arg) : arg.length;
    p += out.write(`$${length}${CRLF}`, p, 'latin1');
    p += typeof arg === 'string' ? out.write(arg, p, 'utf8') : arg.copy(out, p);
    p += out.write(CRLF, p, 'latin1');
  }
  return out;
}

/** `+text\r\n` */
export const encodeSimple = (text: string): Buffer => Buffer.from(`+${text}${CRLF}`);

/** `-text\r\n`; the text begins with its code (`ERR …`). Line breaks in it become blanks, as Redis does. */
export const encodeError = (text: string): Buffer =>
  Buffer.from(`-${text.replace(/[\r\n]/g, ' ')}${CRLF}`, 'latin1');

/** `:n\r\n` */
export const encodeInteger = (value: number | bigint): Buffer => Buffer.from(`:${value}${CRLF}`, 'latin1');

/** `$len\r\n…\r\n` */
export function encodeBulk(value: string | Buffer): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([Buffer.from(`$${bytes.length}${CRLF}`, 'latin1'), bytes, Buffer.from(CRLF, 'latin1')]);
}

/** `*N\r\n` and the elements, each already encoded. */
export const encodeArray = (elements: readonly Buffer[]): Buffer =>
  Buffer.concat([Buffer.from(`*${elements.length}${CRLF}`, 'latin1'), ...elements]);

/** `%N\r\n` (RESP3) or `*2N\r\n` (RESP2) and the pairs, keys and values in turn, each already encoded. */
export const encodeMap = (pairs: readonly Buffer[], protocol: 2 | 3): Buffer =>
  Buffer.concat([
    Buffer.from(protocol === 3 ? `%${pairs.length / 2}${CRLF}` : `*${pairs.length}${CRLF}`, 'latin1'),
    ...pairs,
  ]);

/** The null of a bulk reply: `$-1` in RESP2, `_` in RESP3. */
export const encodeNull = (protocol: 2 | 3 = 2): Buffer => Buffer.from(protocol === 3 ? '_\r\n' : '$-1\r\n', 'latin1');

/** The null of an array reply: `*-1` in RESP2, `_` in RESP3. */
export const encodeNullArray = (protocol: 2 | 3 = 2): Buffer =>
  Buffer.from(protocol === 3 ? '_\r\n' : '*-1\r\n', 'latin1');

/** `+OK\r\n`. Shared: do not write into it. */
export const OK = encodeSimple('OK');
