/**
 * Notices that the log topic was deleted and made anew under a running Pylon. librdkafka goes by name and offset and would
 * carry on in another log as if nothing had happened; the racks' fences speak of the old one. So the topic's id is looked
 * at every few seconds, and another one ends this Pylon.
 */

import type { Admin } from '@platformatic/kafka';
import { PylonError } from '../../shared/errors.js';
import type { LogTopic } from './log-topic.js';

const intervalMs = 2_000;

export class LogTopicWatch {
  readonly #admin: Admin;
  readonly #topic: LogTopic;
  readonly #recreated: (error: PylonError) => void;
  readonly #timer: NodeJS.Timeout;
  #asking = false;

  /** @param admin is closed with the watch */
  constructor(admin: Admin, topic: LogTopic, recreated: (error: PylonError) => void) {
    this.#admin = admin;
    this.#topic = topic;
    this.#recreated = recreated;
    this.#timer = setInterval(() => void this.#look(), intervalMs);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#admin.close().catch(() => {}); // not connected
  }

  async #look(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    const { name, id } = this.#topic;
    try {
      const seen = (await this.#admin.metadata({ topics: [name], forceUpdate: true })).topics.get(name)?.id;
      if (seen === undefined || seen === id) return;
      clearInterval(this.#timer);
      const what = `topic ${name} was deleted and made anew (id ${seen}, was ${id}): it is another log, and what this rack holds is not in it. `;
      this.#recreated(new PylonError('PYLON_TOPIC', `${what}Begin anew with empty Redis systems, or under another PYLON_WORLD`));
    } catch {
      // Kafka is away, or the topic: whoever produces and consumes says so.
    } finally {
      this.#asking = false;
    }
  }
}
