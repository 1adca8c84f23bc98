/**
 * Request bytes and what must come out of them. `|` in `rows` parts name and arguments of one command.
 * Each is fed whole, byte by byte, and cut at every place.
 */

export interface RequestVector {
  readonly name: string;
  /** One character per byte. */
  readonly bytes: string;
  /** `command|argument|…` of each row; `too big` for a skipped one. */
  readonly rows: readonly string[];
  readonly error?: string;
  readonly unfinished?: boolean;
  readonly flags?: readonly number[];
}

const GET = '*2\r\n$3\r\nGET\r\n$1\r\na\r\n';
const big = (bytes: number): string => `*2\r\n$4\r\nECHO\r\n$${bytes}\r\n${'x'.repeat(bytes)}\r\n`;

/** The limit that the vectors are read with; see vectors.test.ts. */
export const VECTOR_COMMAND_BYTES_MAX = 200;

export const REQUEST_VECTORS: readonly RequestVector[] = [
  { name: 'nothing', bytes: '', rows: [] },
  { name: 'one command', bytes: GET, rows: ['get|a'] },
  { name: 'three commands', bytes: GET + GET + GET, rows: ['get|a', 'get|a', 'get|a'] },
  { name: 'case of the name', bytes: '*1\r\n$4\r\npInG\r\n', rows: ['ping'] },
  { name: 'empty argument', bytes: '*3\r\n$3\r\nSET\r\n$0\r\n\r\n$0\r\n\r\n', rows: ['set||'] },
  { name: 'empty name', bytes: '*1\r\n$0\r\n\r\n', rows: ['?'] },
  { name: 'unknown name', bytes: '*1\r\n$3\r\nFOO\r\n', rows: ['?'] },
  { name: 'line ends inside an argument', bytes: '*2\r\n$4\r\nECHO\r\n$6\r\n\r\n*1\r\n\r\n',
    rows: ['echo|\r\n*1\r\n'] },
  { name: 'ten arguments', bytes: `*11\r\n$4\r\nMGET\r\n${'$1\r\nk\r\n'.repeat(10)}`,
    rows: [`mget${'|k'.repeat(10)}`] },
  { name: 'binary argument', bytes: '*2\r\n$4\r\nECHO\r\n$3\r\n\x00\xff\x80\r\n', rows: ['echo|\x00\xff\x80'] },
  { name: 'wrong arity is flagged', bytes: '*1\r\n$3\r\nGET\r\n', rows: ['get'], flags: [2] },
  { name: 'too many for the arity is flagged', bytes: '*3\r\n$3\r\nGET\r\n$1\r\na\r\n$1\r\nb\r\n', rows: ['get|a|b'],
    flags: [2] },
  { name: 'reserved prefix is flagged', bytes: '*2\r\n$3\r\nGET\r\n$15\r\n__pylon__:fence\r\n',
    rows: ['get|__pylon__:fence'], flags: [1] },
  { name: 'the prefix alone is reserved', bytes: '*2\r\n$3\r\nGET\r\n$10\r\n__pylon__:\r\n', rows: ['get|__pylon__:'],
    flags: [1] },
  { name: 'not quite the prefix', bytes: '*2\r\n$3\r\nGET\r\n$9\r\n__pylon__\r\n', rows: ['get|__pylon__'],
    flags: [0] },
  { name: 'the prefix in another case is not reserved', bytes: '*2\r\n$3\r\nGET\r\n$10\r\n__Pylon__:\r\n',
    rows: ['get|__Pylon__:'], flags: [0] },
  { name: 'the prefix as a name is unknown', bytes: '*1\r\n$10\r\n__pylon__:\r\n', rows: ['?'], flags: [0] },

  { name: 'empty arrays and lines are passed over', bytes: `*0\r\n${GET}*-1\r\n\r\n\n*-7\r\n${GET}\r\n`, rows: ['get|a',
    'get|a'] },
  { name: 'blank inline request', bytes: `   \t\r\n${GET}`, rows: ['get|a'] },

  { name: 'ends in a count', bytes: `${GET}*1`, rows: ['get|a'], unfinished: true },
  { name: 'ends between CR and LF', bytes: `${GET}*2\r`, rows: ['get|a'], unfinished: true },
  { name: 'ends in a body', bytes: `${GET}*2\r\n$3\r\nGET\r\n$5\r\nab`, rows: ['get|a'], unfinished: true },
  { name: 'ends in an inline request', bytes: `${GET}PIN`, rows: ['get|a'], unfinished: true },
  { name: 'announces much and sends nothing', bytes: '*1\r\n$10000000\r\n', rows: [], unfinished: true },

  { name: 'inline', bytes: 'PING\r\n', rows: ['ping'] },
  { name: 'inline with LF alone', bytes: 'PING\n', rows: ['ping'] },
  { name: 'inline between frames', bytes: `${GET}set k "a b"\r\n${GET}`, rows: ['get|a', 'set|k|a b', 'get|a'] },
  { name: 'inline escapes', bytes: 'ECHO "\\x41\\n\\r\\t\\b\\a\\"\\\\\\z"\r\n', rows: ['echo|A\n\r\t\b\x07"\\z'] },
  { name: 'inline single quotes', bytes: "ECHO 'a\\n\\'b'\r\n", rows: ["echo|a\\n'b"] },
  { name: 'inline quote within a word', bytes: 'ECHO a"b c"\r\n', rows: ['echo|ab c'] },
  { name: 'inline empty argument', bytes: 'ECHO ""\r\n', rows: ['echo|'] },
  { name: 'inline reserved key', bytes: 'GET __pylon__:x\r\n', rows: ['get|__pylon__:x'], flags: [1] },
  { name: 'inline: unbalanced', bytes: `${GET}ECHO "a\r\n`, rows: ['get|a'],
    error: 'Protocol error: unbalanced quotes in request' },
  { name: 'inline: something behind a closing quote', bytes: 'ECHO "a"b\r\n', rows: [],
    error: 'Protocol error: unbalanced quotes in request' },
  { name: 'inline: NUL', bytes: 'PI\0NG\r\n', rows: [], error: 'Protocol error: too big inline request' },

  { name: 'too big is skipped in its place', bytes: `${GET}${big(300)}${GET}`, rows: ['get|a', 'too big', 'get|a'] },
  { name: 'two too big', bytes: `${big(300)}${big(1000)}`, rows: ['too big', 'too big'] },
  { name: 'too big by many small arguments', bytes: `*41\r\n$4\r\nMGET\r\n${'$1\r\nk\r\n'.repeat(40)}${GET}`,
    rows: ['too big', 'get|a'] },
  { name: 'exactly at the limit', bytes: big(200 - 22), rows: [`echo|${'x'.repeat(178)}`] },
  { name: 'one above the limit', bytes: big(200 - 21), rows: ['too big'] },
  { name: 'too big and unfinished', bytes: `${GET}${big(300).slice(0, -1)}`, rows: ['get|a'], unfinished: true },
  { name: 'error inside a too big one', bytes: `*3\r\n$4\r\nECHO\r\n$300\r\n${'x'.repeat(300)}\r\n:1\r\n`, rows: [],
    error: "Protocol error: expected '$', got ':'" },

  { name: 'count with a leading zero', bytes: `${GET}*01\r\n$4\r\nPING\r\n`, rows: ['get|a'],
    error: 'Protocol error: invalid multibulk length' },
  { name: 'count missing', bytes: '*\r\n', rows: [], error: 'Protocol error: invalid multibulk length' },
  { name: 'count with a plus', bytes: '*+1\r\n', rows: [], error: 'Protocol error: invalid multibulk length' },
  { name: 'count just out of its digit', bytes: '*:\r\n', rows: [], error: 'Protocol error: invalid multibulk length' },
  { name: 'count above the limit', bytes: '*1048577\r\n', rows: [], error: 'Protocol error: invalid multibulk length' },
  { name: 'count at the limit', bytes: '*1048576\r\n', rows: [], unfinished: true },
  { name: 'length with a leading zero', bytes: '*1\r\n$04\r\nPING\r\n', rows: [],
    error: 'Protocol error: invalid bulk length' },
  { name: 'length just out of its digit', bytes: '*1\r\n$:\r\n', rows: [],
    error: 'Protocol error: invalid bulk length' },
  { name: 'length of two, second no digit', bytes: '*1\r\n$1:\r\n', rows: [],
    error: 'Protocol error: invalid bulk length' },
  { name: 'negative length', bytes: '*1\r\n$-1\r\n', rows: [], error: 'Protocol error: invalid bulk length' },
  { name: 'length above 512 MB', bytes: '*1\r\n$536870913\r\n', rows: [],
    error: 'Protocol error: invalid bulk length' },
  { name: 'no bulk', bytes: `${GET}*1\r\nPING\r\n`, rows: ['get|a'], error: "Protocol error: expected '$', got 'P'" },
  { name: 'empty line for a bulk', bytes: '*1\r\n\r\n', rows: [], error: "Protocol error: expected '$', got '\r'" },
  { name: 'body longer than announced', bytes: '*1\r\n$3\r\nPING\r\n', rows: [],
    error: 'Protocol error: expected CR LF after bulk' },
  { name: 'body with CR and no LF', bytes: '*1\r\n$4\r\nPING\rx', rows: [],
    error: 'Protocol error: expected CR LF after bulk' },
  { name: 'count with CR and no LF', bytes: '*1\rx', rows: [], error: 'Protocol error: invalid multibulk length' },
];
