/** Reply bytes and where the replies in them end. Each is scanned whole, byte by byte, and cut at every place. */

export interface ReplyVector {
  readonly name: string;
  /** Each one top-level reply (or push), one character per byte. */
  readonly replies: readonly string[];
}

export const REPLY_VECTORS: readonly ReplyVector[] = [
  { name: 'simple string', replies: ['+OK\r\n'] },
  { name: 'empty simple string', replies: ['+\r\n'] },
  { name: 'error', replies: ['-ERR no\r\n', '-\r\n'] },
  { name: 'lone CR in an error', replies: ['-ERR a\rb\r\n', '-a\r\r\n'] },
  { name: 'integers', replies: [':0\r\n', ':-1\r\n', ':+7\r\n', ':9223372036854775807\r\n'] },
  { name: 'bulks', replies: ['$0\r\n\r\n', '$3\r\nabc\r\n', '$-1\r\n', '$2\r\n\r\n\r\n',
    '$12\r\n*1\r\n$3\r\nabcd\r\n'] },
  { name: 'arrays', replies: ['*0\r\n', '*-1\r\n', '*2\r\n:1\r\n$1\r\na\r\n', '*1\r\n*0\r\n',
    '*2\r\n*-1\r\n*1\r\n$-1\r\n'] },
  { name: 'deep', replies: [`${'*1\r\n'.repeat(100)}:1\r\n`, `${'*2\r\n:1\r\n'.repeat(20)}*0\r\n`] },
  { name: 'nulls, booleans, doubles, big numbers', replies: ['_\r\n', '#t\r\n', '#f\r\n', ',1.5\r\n', ',inf\r\n',
    '(123456789012345678901\r\n'] },
  { name: 'blob error, verbatim', replies: ['!5\r\nERR a\r\n', '=7\r\ntxt:abc\r\n'] },
  { name: 'map and set', replies: ['%0\r\n', '%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n:2\r\n', '~2\r\n:1\r\n:2\r\n',
    '*1\r\n%1\r\n_\r\n_\r\n'] },
  { name: 'attributes belong to what follows', replies: ['|1\r\n+k\r\n+v\r\n:1\r\n', '|0\r\n+OK\r\n',
    '*2\r\n|1\r\n+k\r\n+v\r\n:1\r\n:2\r\n', '|1\r\n+a\r\n+b\r\n|1\r\n+c\r\n+d\r\n*1\r\n:1\r\n'] },
  { name: 'pushes stand alone', replies: ['+a\r\n', '>2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n', ':1\r\n', '>0\r\n',
    '>1\r\n+x\r\n', '+b\r\n'] },
];

/** Not RESP, or RESP that Redis does not send. */
export const BAD_REPLIES: readonly string[] = [
  'x', '\r\n', '$a\r\n', '$?\r\n', '*?\r\n', '$-2\r\n', '*-2\r\n', '$--1\r\n', '$-\r\n', '*\r\n', '$\r\n', '$1x\r\n',
    '%-1\r\n', '~x\r\n',
  '$3\r\nabcde', '$3\r\nabc\n\n', '$3\r\nabc\rx', '*1\r\nx', '*1\r\n>0\r\n', '|1\r\n+a\r\n+b\r\n>0\r\n', '>1\r\n>0\r\n',
    ';4\r\n', '.\r\n',
  '*99999999999\r\n', '$1\rx', '$1\n', '*1\r\r\n',
];
