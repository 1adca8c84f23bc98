/**
 * Checks the checksum of a DUMP payload: …, 2 bytes of RDB version, 8 bytes CRC-64 (Jones, reflected, little endian)
 * over all before it. Which versions a Redis can load is told by its own version (since.ts).
 */

const FOOTER_BYTES = 10;
const CHECKSUM_BYTES = 8;
/** The polynomial 0xad93d23594c935a9, reflected. */
const POLYNOMIAL = 0x95ac9329ac4bc9b5n;

/** The 64 bits are kept in two halves: BigInt is too slow for megabytes. */
const TABLE_LOW = new Uint32Array(256);
const TABLE_HIGH = new Uint32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let crc = BigInt(byte);
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1n) === 1n ? (crc >> 1n) ^ POLYNOMIAL : crc >> 1n;
  TABLE_LOW[byte] = Number(crc & 0xffffffffn);
  TABLE_HIGH[byte] = Number(crc >> 32n);
}

/** RDB version of a payload that is whole. */
export const payloadVersion = (payload: Buffer): number => payload.readUInt16LE(payload.length - FOOTER_BYTES);

export function dumpPayloadIsWhole(payload: Buffer): boolean {
  if (payload.length < FOOTER_BYTES) return false;
  const end = payload.length - CHECKSUM_BYTES;
  let low = 0;
  let high = 0;
  for (let i = 0; i < end; i++) {
    const entry = (low ^ payload[i]) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ TABLE_LOW[entry];
    high = (high >>> 8) ^ TABLE_HIGH[entry];
  }
  return payload.readUInt32LE(end) === low >>> 0 && payload.readUInt32LE(end + 4) === high >>> 0;
}
