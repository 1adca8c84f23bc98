import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CounterBlock, CounterTally, createCounterMemory, slots } from '../../../src/shared/counters.js';

test('every slot of every worker is a place of its own', () => {
  const memory = createCounterMemory({ producers: 2, appliers: 2 });
  const blocks = [
    new CounterBlock(memory, 'main'),
    new CounterBlock(memory, 'producer', 0), new CounterBlock(memory, 'producer', 1),
    new CounterBlock(memory, 'applier', 0), new CounterBlock(memory, 'applier', 1),
  ];
  let value = 1;
  for (const block of blocks) for (const name of Object.keys(block.snapshot())) block.set(name as never, value++);
  value = 1;
  for (const block of blocks) for (const seen of Object.values(block.snapshot())) assert.equal(seen, value++);
  assert.equal(value - 1, slots.main.length + 2 * slots.producer.length + 2 * slots.applier.length);
});

test('positions are unknown (-1) before they are known', () => {
  const memory = createCounterMemory({ producers: 1, appliers: 1 });
  assert.equal(new CounterBlock(memory, 'producer').get('loggedOffset'), -1);
  assert.equal(new CounterBlock(memory, 'applier').get('appliedOffset'), -1);
  assert.equal(new CounterBlock(memory, 'main').get('commandsRead'), 0);
});

test('a tally adds what it collected, once', () => {
  const block = new CounterBlock(createCounterMemory({ producers: 1, appliers: 0 }), 'main');
  const tally = new CounterTally(block);
  tally.add('commandsRead', 3);
  tally.add('commandsRead', 4);
  assert.equal(block.get('commandsRead'), 0);
  tally.flush();
  tally.flush();
  assert.equal(block.get('commandsRead'), 7);
});
