/**
 * Records written into the log past every gateway, and so past every check: what an applier must cope with.
 */

import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { makeIncarnation } from '../../src/shared/incarnation.js';
import { appendVarint, encodeCommands } from '../../src/shared/record.js';
import { encodeCommand, type Argument } from './resp-client.js';

/** Writes records as one author with rising batch numbers. */
export class RawAuthor {
  readonly incarnation = makeIncarnation(Date.now(), randomBytes(6));
  #batch = 0;

  /** A record of commands; a frame is a command, or bytes as they are. */
  record(frames: readonly (readonly Argument[] | Buffer)[], batch = ++this.#batch): Buffer {
    const bodies = frames.map((frame) =>
      Buffer.isBuffer(frame) ? frame : encodeCommand(frame as readonly Argument[]),
    );
    const lengths = Buffer.alloc(bodies.length * 5);
    let lengthsEnd = 0;
    for (const body of bodies) lengthsEnd = appendVarint(lengths, lengthsEnd, body.length);
    const author = { rack: 'raw', pylon: 'raw-1', incarnation: this.incarnation, batch };
    return encodeCommands(author, Buffer.concat(bodies), lengths.subarray(0, lengthsEnd), new Uint8Array(0));
  }
}
