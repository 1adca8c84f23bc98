import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ReplyOrder, type ReplySink, type Segment } from '../../../../src/main/gateway/reply-order.js';

class Collector implements ReplySink {
  text = '';
  completed = 0;
  wasBroken = false;

  emit(buffer: Buffer, start: number, end: number): void {
    this.text += buffer.toString('latin1', start, end);
  }

  progressed(completed: number): void {
    this.completed += completed;
  }

  broken(): void {
    this.wasBroken = true;
  }
}

const upstream = { name: 'upstream' };
const bytes = (text: string): Buffer => Buffer.from(text);

function deliver(segment: Segment, text: string, completed = 1, owner: { surrenderBuffer(): void } | null = null): void {
  segment.order.deliver(segment, bytes(text), 0, text.length, completed, owner);
}

function expect(order: ReplyOrder, source: object): Segment {
  const segment = order.open(source);
  segment.awaited++;
  return segment;
}

test('replies of later segments wait for earlier ones', () => {
  const sink = new Collector();
  const order = new ReplyOrder(sink);
  const read = expect(order, upstream);
  const write = expect(order, { name: 'batch' });
  order.answer(bytes('local '));
  deliver(write, 'write ');
  assert.equal(sink.text, '');
  assert.equal(order.settled, false);
  deliver(read, 'read ');
  assert.equal(sink.text, 'read write local ');
  assert.equal(order.settled, true);
});

test('a connection that only reads keeps one segment', () => {
  const order = new ReplyOrder(new Collector());
  const first = expect(order, upstream);
  assert.equal(expect(order, upstream), first);
  deliver(first, 'ab', 2);
  assert.equal(expect(order, upstream), first);
  deliver(first, 'c');
  const batch = { name: 'batch' };
  first.attachment = {};
  assert.equal(expect(order, batch), first, 'idle: it changes hands');
  assert.equal(first.attachment, null, 'and leaves nothing of its former source');
});

test('pieces of one reply go out as they come, and only a whole reply counts', () => {
  const sink = new Collector();
  const order = new ReplyOrder(sink);
  const segment = expect(order, upstream);
  deliver(segment, 'beg', 0);
  assert.equal(sink.text, 'beg');
  assert.equal(order.settled, false);
  deliver(segment, 'in');
  assert.equal(sink.text, 'begin');
  assert.equal(sink.completed, 1);
});

test('held bytes are copied when their buffer will be overwritten', () => {
  const sink = new Collector();
  const order = new ReplyOrder(sink);
  const first = expect(order, upstream);
  const second = expect(order, { name: 'other' });
  const shared = bytes('held');
  order.deliver(second, shared, 0, 4, 1, { surrenderBuffer() {} });
  shared.fill('x');
  deliver(first, 'first ');
  assert.equal(sink.text, 'first held');
});

test('a lost source answers with errors in place; half a reply breaks the connection', () => {
  const sink = new Collector();
  const order = new ReplyOrder(sink);
  const segment = order.open(upstream);
  segment.awaited = 2;
  order.fail(segment, 2, bytes('-E\r\n'), false);
  assert.equal(sink.text, '-E\r\n-E\r\n');
  assert.equal(sink.wasBroken, false);
  segment.awaited = 1;
  deliver(segment, '$10\r\nha', 0);
  order.fail(segment, 1, bytes('-E\r\n'), true);
  assert.equal(sink.wasBroken, true);
});

test('after close, replies are counted off and dropped', () => {
  const sink = new Collector();
  const order = new ReplyOrder(sink);
  const segment = expect(order, upstream);
  order.close();
  deliver(segment, 'late');
  assert.equal(sink.text, '');
  assert.equal(segment.awaited, 0);
});

test('a reply too many is a bug that is noticed', () => {
  const order = new ReplyOrder(new Collector());
  const segment = expect(order, upstream);
  assert.throws(() => deliver(segment, 'ab', 2), /PYLON_BUG|no more replies/);
});

test('whatever the sources and the order in which they answer, replies leave in order', () => {
  const command = fc.record({ source: fc.nat(3), pieces: fc.integer({ min: 1, max: 3 }) });
  fc.assert(fc.property(fc.array(command, { maxLength: 60 }), fc.infiniteStream(fc.nat(1_000)), (commands, choices) => {
    const sink = new Collector();
    const order = new ReplyOrder(sink);
    const sources = [{ name: 'a' }, { name: 'b' }, { name: 'c' }];
    const queues: { segment: Segment; text: string; last: boolean }[][] = [[], [], []];
    let wanted = '';
    commands.forEach(({ source, pieces }, index) => {
      if (source === 3) {
        order.answer(bytes(`<${index}>`));
        wanted += `<${index}>`;
        return;
      }
      const segment = expect(order, sources[source]);
      for (let piece = 0; piece < pieces; piece++) {
        const text = `[${index}.${piece}]`;
        queues[source].push({ segment, text, last: piece === pieces - 1 });
        wanted += text;
      }
    });
    for (let open = queues.filter((queue) => queue.length > 0); open.length > 0; open = open.filter((queue) => queue.length > 0)) {
      const queue = open[choices.next().value as number % open.length];
      const { segment, text, last } = queue.shift()!;
      deliver(segment, text, last ? 1 : 0, { surrenderBuffer() {} });
    }
    assert.equal(sink.text, wanted);
    assert.equal(order.settled, true);
  }));
});
