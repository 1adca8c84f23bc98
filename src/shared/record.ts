/**
 * The record envelope: what stands in the log. This form stays; frozen bytes are in test/golden.
 *
 *   offset 0  'P' 'Y'            magic: never changes. A record without it is not Pylon's and is passed over
 *          2  version   u8       of the envelope; an unknown one stops the applier
 *          3  kind      u8       see recordKinds; an unknown one stops the applier
 *          4  header    u32 LE   its length in bytes
 *          8  header    msgpack array [rack, pylon, incarnation, batch, …by kind]
 *          …  body      by kind
 *
 * Kind `commands`: header […, frame lengths, frame flags], body: the raw RESP frames back to back. Lengths are LEB128
 * varints in one bin, flags one byte a frame (an empty bin when all are 0). Commands are kept as the client sent them:
 * what must be made the same in every rack is rewritten when applied, from the record's log time (commands/rewrite.ts).
 *
 * Pure: no clock, no I/O. Which batch comes next and what a duplicate means is decided elsewhere (dedupe.ts).
 */

import { Buffer } from 'node:buffer';
import { Packr } from 'msgpackr';
import { PylonError } from './errors.js';
import { incarnationBytes } from './incarnation.js';

export const recordVersion = 1;
const magic0 = 0x50; // 'P'
const magic1 = 0x59; // 'Y'
const prefixBytes = 8;

/** Numbers are for good. Kinds that this version does not apply yet are named, so that no later one takes their number. */
export const recordKinds = {
  commands: 1,
  block: 2,
  barrier: 3,
  proposal: 4,
  vote: 5,
  tick: 6,
  epoch: 7,
  rule: 8,
  checkpoint: 9,
  worldLevel: 10,
  verify: 11,
} as const;

export type RecordKind = keyof typeof recordKinds;
const kindNames = new Map<number, RecordKind>(
  Object.entries(recordKinds).map(([name, number]) => [number, name as RecordKind]),
);

/** Per-command flags. A set bit without a meaning here makes the record unknown. */
export const frameFlags = {
  /** The author waits for the true reply. */
  replyOwed: 1,
} as const;
const knownFrameFlags = frameFlags.replyOwed;

/** Who wrote a record. `batch`, from 1 on, rises within an incarnation. */
export interface RecordAuthor {
  readonly rack: string;
  readonly pylon: string;
  readonly incarnation: string;
  readonly batch: number;
}

export interface CommandsRecord extends RecordAuthor {
  readonly kind: 'commands';
  /** End of each frame in `body`, ascending; the last is the body's length. */
  readonly frameEnds: Uint32Array;
  /** One byte a frame, or empty when all are 0. */
  readonly frameFlags: Uint8Array;
  /** RESP frames back to back: a view of the decoded value. */
  readonly body: Buffer;
}

/** Says: batches of this incarnation below `batch` that were not seen before this record are void. */
export interface BarrierRecord extends RecordAuthor {
  readonly kind: 'barrier';
}

export type LogRecord = CommandsRecord | BarrierRecord;

// No shared structures, no extension types: the header is plain msgpack that any language reads.
const packr = new Packr({ useRecords: false, moreTypes: false, variableMapSize: true });

/**
 * Encodes a record of kind `commands`.
 * @param body frames back to back
 * @param lengths LEB128 varints, one per frame (see appendVarint)
 * @param flags one byte per frame, or empty
 */
export function encodeCommands(author: RecordAuthor, body: Uint8Array, lengths: Uint8Array, flags: Uint8Array): Buffer {
  return envelope('commands', [...authorFields(author), lengths, flags], body);
}

/** Encodes a barrier: no command, only the author's place in his own order. */
export function encodeBarrier(author: RecordAuthor): Buffer {
  return envelope('barrier', authorFields(author), new Uint8Array(0));
}

function authorFields(author: RecordAuthor): unknown[] {
  return [author.rack, author.pylon, Buffer.from(author.incarnation, 'base64url'), author.batch];
}

function envelope(kind: RecordKind, header: unknown[], body: Uint8Array): Buffer {
  const packed = packr.pack(header);
  const value = Buffer.allocUnsafe(prefixBytes + packed.length + body.length);
  value[0] = magic0;
  value[1] = magic1;
  value[2] = recordVersion;
  value[3] = recordKinds[kind];
  value.writeUInt32LE(packed.length, 4);
  value.set(packed, prefixBytes);
  value.set(body, prefixBytes + packed.length);
  return value;
}

/**
 * Decodes a record's value. Slices of it are kept, nothing is copied.
 * @returns the record, or undefined when the value does not carry Pylon's magic (not ours: the same in every rack)
 * @throws PylonError PYLON_RECORD_UNKNOWN for a version, kind or flag from the future; PYLON_RECORD_CORRUPT
 */
export function decodeRecord(value: Buffer | null): LogRecord | undefined {
  if (value === null || value.length < 2 || value[0] !== magic0 || value[1] !== magic1) return undefined;
  if (value.length < prefixBytes) throw corrupt('shorter than its prefix');
  const version = value[2];
  const kind = kindNames.get(value[3]);
  if (version !== recordVersion || kind === undefined || (kind !== 'commands' && kind !== 'barrier')) {
    throw new PylonError(
      'PYLON_RECORD_UNKNOWN',
      `record version ${version}, kind ${kind ?? value[3]} is not known to this Pylon: upgrade it, then restart`,
    );
  }
  const bodyStart = prefixBytes + value.readUInt32LE(4);
  if (bodyStart > value.length) throw corrupt('header reaches beyond the record');
  const header = unpackHeader(value.subarray(prefixBytes, bodyStart));
  const author = decodeAuthor(header);
  if (kind === 'barrier') {
    if (header.length !== 4 || bodyStart !== value.length) throw corrupt('barrier with extra fields');
    return { kind, ...author };
  }
  const { frameEnds, frameFlags, body } = decodeFrames(header, value.subarray(bodyStart));
  const { rack, pylon, incarnation, batch } = author;
  return { kind, rack, pylon, incarnation, batch, frameEnds, frameFlags, body };
}

function unpackHeader(bytes: Buffer): unknown[] {
  let header: unknown;
  try {
    header = packr.unpack(bytes);
  } catch (cause) {
    throw corrupt('header is not msgpack', cause);
  }
  if (!Array.isArray(header) || header.length < 4) throw corrupt('header is not an array of author fields');
  return header;
}

function decodeAuthor(header: unknown[]): RecordAuthor {
  const [rack, pylon, incarnation, batch] = header;
  if (typeof rack !== 'string' || typeof pylon !== 'string') throw corrupt('rack or pylon is not a string');
  if (!(incarnation instanceof Uint8Array) || incarnation.length !== incarnationBytes) {
    throw corrupt(`incarnation is not ${incarnationBytes} bytes`);
  }
  if (!Number.isSafeInteger(batch) || (batch as number) < 1) throw corrupt('batch number is not a positive integer');
  return { rack, pylon, incarnation: incarnationText(incarnation), batch: batch as number };
}

/** The incarnation decoded last, as bytes and as text: records of one author come in runs. */
const latest = { bytes: new Uint8Array(incarnationBytes), text: Buffer.alloc(incarnationBytes).toString('base64url') };

function incarnationText(bytes: Uint8Array): string {
  for (let i = 0; i < incarnationBytes; i++) {
    if (bytes[i] === latest.bytes[i]) continue;
    latest.bytes.set(bytes); // a copy: `bytes` would hold on to the whole record
    latest.text = Buffer.from(latest.bytes).toString('base64url');
    break;
  }
  return latest.text;
}

function decodeFrames(header: unknown[], body: Buffer): Pick<CommandsRecord, 'frameEnds' | 'frameFlags' | 'body'> {
  const [, , , , lengths, flags] = header;
  if (header.length !== 6 || !(lengths instanceof Uint8Array) || !(flags instanceof Uint8Array)) {
    throw corrupt('frame lengths or flags are missing');
  }
  const frameEnds = decodeLengths(lengths);
  const total = frameEnds.length === 0 ? 0 : frameEnds[frameEnds.length - 1];
  if (total !== body.length) throw corrupt(`frames end at ${total}, the body at ${body.length}`);
  if (flags.length !== 0 && flags.length !== frameEnds.length) throw corrupt('flags do not match the frames');
  for (const flag of flags) {
    if ((flag & ~knownFrameFlags) !== 0) {
      throw new PylonError('PYLON_RECORD_UNKNOWN', `frame flags 0x${flag.toString(16)} are not known to this Pylon`);
    }
  }
  return { frameEnds, frameFlags: flags, body };
}

/** Writes `value` (0 to 2^31 - 1) as LEB128 at `at`. @returns the position behind it; needs up to 5 bytes */
export function appendVarint(target: Uint8Array, at: number, value: number): number {
  while (value > 0x7f) {
    target[at++] = (value & 0x7f) | 0x80;
    value >>>= 7;
  }
  target[at++] = value;
  return at;
}

function decodeLengths(bytes: Uint8Array): Uint32Array {
  let count = 0;
  for (const byte of bytes) if (byte < 0x80) count++;
  const ends = new Uint32Array(count);
  let at = 0;
  let end = 0;
  for (let frame = 0; frame < count; frame++) {
    let length = 0;
    let shift = 0;
    for (;;) {
      const byte = bytes[at++];
      if (shift > 28) throw corrupt('a frame length is over 31 bits');
      length += (byte & 0x7f) * 2 ** shift;
      shift += 7;
      if (byte < 0x80) break;
    }
    if (length === 0) throw corrupt('a frame is empty');
    end += length;
    if (end > 0xffffffff) throw corrupt('frame lengths overflow');
    ends[frame] = end;
  }
  if (at !== bytes.length) throw corrupt('a frame length is cut off');
  return ends;
}

function corrupt(what: string, cause?: unknown): PylonError {
  return new PylonError('PYLON_RECORD_CORRUPT', `record cannot be decoded: ${what}`, { cause });
}
