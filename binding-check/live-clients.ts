// Clients in the middle of their work, for the claims about ends that are not clean.

import { connectConsumer, connectProducer } from './clients.js';

export const states = ['producing', 'reading', 'in a group', 'reading by callback', 'disconnecting'] as const;
export type State = (typeof states)[number];

/** Brings a client of this thread into the state and leaves it there. The topic has messages. */
export async function live(state: State, topic: string): Promise<void> {
  if (state === 'producing') return producing(topic);
  const consumer = await connectConsumer(`${topic} ${Math.random()}`, { rebalance_cb: true });
  consumer.setDefaultConsumeTimeout(200);
  if (state === 'reading' || state === 'reading by callback') {
    consumer.assign([{ topic, partition: 0, offset: 0 }]);
    if (state === 'reading') read();
    else consumer.consume(() => {});
    return;
  }
  consumer.subscribe([topic]);
  const assigned = new Promise<void>((resolve) => consumer.once('rebalance', () => resolve()));
  read();
  await assigned;
  if (state === 'disconnecting') consumer.disconnect();

  function read(): void {
    consumer.consume(10, (error) => {
      if (!error) setImmediate(read);
    });
  }
}

async function producing(topic: string): Promise<void> {
  const producer = await connectProducer();
  const some = (): void => {
    try {
      for (let index = 0; index < 20; index++) producer.produce(topic, 0, Buffer.alloc(500));
    } catch {
      // the queue is full: it is meant to be
    }
    setTimeout(some, 1);
  };
  some();
}
