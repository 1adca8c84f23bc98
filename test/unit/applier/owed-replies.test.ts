import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { limits } from '../../../src/shared/limits.js';
import { byAuthor, OwedCapture, type OwedCommand } from '../../../src/workers/applier/owed-replies.js';
import { ReplyReader, type ReplyHandler } from '../../../src/workers/applier/reply-reader.js';

const author = (incarnation: string, batch = 1) => ({ rack: 'east', pylon: `p-${incarnation}`, incarnation, batch });

/** Runs an EXEC answer through the reader, cut at every `size` bytes. */
function capture(owed: readonly OwedCommand[], elements: readonly string[], size: number): string[] {
  const kept = new OwedCapture(owed);
  const nothing = (): void => {};
  const handler: ReplyHandler = {
    queuedExpected: () => 0, queued: nothing, line: nothing, bulk: nothing, arrayStart: nothing, arrayError: nothing,
    arrayEnd: nothing,
    arrayCut: () => Math.min(kept.cut(), elements.length),
    arrayBytes: (chunk, start, end, ended) => kept.bytes(chunk, start, end, ended),
  };
  const reader = new ReplyReader(handler);
  const bytes = Buffer.from(`*${elements.length}\r\n${elements.join('')}`);
  for (let at = 0; at < bytes.length; at += size) reader.push(Buffer.from(bytes.subarray(at, at + size)));
  const { ends, bytes: all } = kept.finish();
  return ends.map((end, index) => all.toString('latin1', index === 0 ? 0 : ends[index - 1], end));
}

const element = fc.constantFrom(':1\r\n', '+OK\r\n', '$5\r\nhello\r\n', '$-1\r\n', '*2\r\n:1\r\n*1\r\n$0\r\n\r\n', '-WRONGTYPE x\r\n', '*0\r\n');

test('whatever is owed, and however the bytes fall, each author gets just his replies', () => {
  const plan = fc.array(fc.record({ element, owed: fc.boolean(), rejected: fc.boolean() }), { maxLength: 30 });
  fc.assert(fc.property(plan, fc.integer({ min: 1, max: 40 }), (commands, size) => {
    const owed: OwedCommand[] = [];
    const elements: string[] = [];
    const wanted: string[] = [];
    commands.forEach((command, frame) => {
      const error = command.rejected ? `ERR number ${frame}` : undefined;
      if (command.owed) owed.push({ command: elements.length, error, record: author('a'), frame });
      if (command.owed) wanted.push(error === undefined ? command.element : `-${error}\r\n`);
      if (!command.rejected) elements.push(command.element);
    });
    elements.push('+OK\r\n'); // the fence
    assert.deepEqual(capture(owed, elements, size), wanted);
  }));
});

test('what is kept of one step is bounded: a reply too much is empty, those behind it are kept while they fit', () => {
  const big = `$${limits.owedReplyBytesMax / 2}\r\n${'x'.repeat(limits.owedReplyBytesMax / 2)}\r\n`;
  const elements = [':1\r\n', big, ':2\r\n', big, ':3\r\n'];
  const owed = elements.map((_, command) => ({ command, error: undefined, record: author('a'), frame: command }));
  const kept = capture(owed, [...elements, '+OK\r\n'], 64 * 1024);
  assert.deepEqual(kept.map((reply) => reply.length), [4, big.length, 4, 0, 4]);
  assert.deepEqual([kept[0], kept[2], kept[4]], [':1\r\n', ':2\r\n', ':3\r\n']);
});

test('replies are sorted by the life of the producer that wrote the record', () => {
  const owed = [['a', 1, 0], ['b', 7, 2], ['a', 2, 5]].map(([incarnation, batch, frame], command) => (
    { command, error: undefined, record: author(String(incarnation), Number(batch)), frame: Number(frame) }
  ));
  const bytes = Buffer.from(':1\r\n$2\r\nbb\r\n:3\r\n');
  const [a, b] = byAuthor({ commands: owed, bytes, ends: [4, 12, 16] });
  assert.deepEqual([a.pylon, [...a.batches], [...a.frames], [...a.ends]], ['p-a', [1, 2], [0, 5], [4, 8]]);
  assert.equal(Buffer.from(a.bytes).toString(), ':1\r\n:3\r\n');
  assert.deepEqual([b.incarnation, [...b.batches], [...b.frames], [...b.ends]], ['b', [7], [2], [8]]);
  assert.equal(Buffer.from(b.bytes).toString(), '$2\r\nbb\r\n');
});
