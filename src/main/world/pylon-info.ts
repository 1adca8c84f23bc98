/** `PYLON INFO` of one running Pylon, as fields. */

import { Redis } from 'ioredis';

const commandTimeoutMs = 2_000;

export class PylonInfo {
  readonly #connection: Redis;

  constructor(port: number) {
    this.#connection = new Redis({ port, host: '127.0.0.1', commandTimeout: commandTimeoutMs });
    this.#connection.on('error', () => {}); // shows as a read that fails
  }

  /** @throws Error when the Pylon does not answer */
  async read(): Promise<ReadonlyMap<string, string>> {
    const text = String(await this.#connection.call('PYLON', 'INFO'));
    const lines = text.split('\r\n').filter((line) => line.includes(':'));
    return new Map(lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1)];
    }));
  }

  close(): void {
    this.#connection.disconnect();
  }
}
