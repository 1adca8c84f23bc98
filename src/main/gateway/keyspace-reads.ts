/**
 * Reads over the whole keyspace (KEYS, SCAN, DBSIZE, RANDOMKEY): asked over the control connection, since their answers
 * must be looked into to hide Pylon's own keys.
 */

import { limits } from '../../shared/limits.js';
import { encodeArray, encodeBulk, encodeError, encodeInteger, encodeNull } from '../../shared/resp/encode.js';
import { reservedKeys } from '../../shared/reserved-keys.js';

/** A connection for single commands; replies as ioredis decodes them, strings as Buffers. */
export interface ControlConnection {
  call(...args: (string | Buffer)[]): Promise<unknown>;
}

const reserved = Buffer.from(limits.reservedKeyPrefix);
const randomKeyTries = 32;

export class KeyspaceReads {
  readonly #control: ControlConnection;

  constructor(control: ControlConnection) {
    this.#control = control;
  }

  /** @param args the command's arguments, its lower-case name first. @returns the encoded reply; never rejects */
  async answer(name: string, args: Buffer[]): Promise<Buffer> {
    try {
      switch (name) {
        case 'keys':
          return encodeKeys(await this.#ask(args));
        case 'scan': {
          const [cursor, keys] = (await this.#ask(args)) as [Buffer, Buffer[]];
          return encodeArray([encodeBulk(cursor), encodeKeys(keys)]);
        }
        case 'dbsize':
          return encodeInteger(await this.#size());
        case 'randomkey':
          return encodeKey(await this.#randomKey());
        default:
          return encodeError(`ERR PYLON_BUG no keyspace read is called '${name}'`);
      }
    } catch (error) {
      const message = (error as Error).message;
      const fromRedis = (error as Error).name === 'ReplyError';
      return encodeError(fromRedis ? message : `PYLON_READ the rack's Redis did not answer: ${message}; try again`);
    }
  }

  #ask(args: (string | Buffer)[]): Promise<unknown> {
    return this.#control.call(...args);
  }

  async #size(): Promise<number> {
    const [size, own] = await Promise.all([this.#ask(['DBSIZE']), this.#ask(['EXISTS', ...reservedKeys])]);
    return Number(size) - Number(own);
  }

  async #randomKey(): Promise<Buffer | null> {
    for (let tries = 0; tries < randomKeyTries; tries++) {
      const key = (await this.#ask(['RANDOMKEY'])) as Buffer | null;
      if (key === null || !isReserved(key)) return key;
      if ((await this.#size()) === 0) return null;
    }
    // Unlucky in a nearly empty database: any key will do.
    let cursor = '0';
    do {
      const [next, keys] = (await this.#ask(['SCAN', cursor])) as [Buffer, Buffer[]];
      const found = keys.find((key) => !isReserved(key));
      if (found !== undefined) return found;
      cursor = next.toString('latin1');
    } while (cursor !== '0');
    return null;
  }
}

function isReserved(key: Buffer): boolean {
  return key.length >= reserved.length && key.compare(reserved, 0, reserved.length, 0, reserved.length) === 0;
}

function encodeKeys(keys: unknown): Buffer {
  return encodeArray((keys as Buffer[]).filter((key) => !isReserved(key)).map(encodeBulk));
}

function encodeKey(key: Buffer | null): Buffer {
  return key === null ? encodeNull() : encodeBulk(key);
}
