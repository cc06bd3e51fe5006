// Reads recordings (FORMAT.md, version 1) in a browser or in Node, without a build step.
//
//     import { decode } from "./decoder.mjs";
//     const { events, problems } = await decode(new Uint8Array(await file.arrayBuffer()));
//
// An event is { at, thread, kind, fields, repeated }: `at` is a BigInt, nanoseconds since the Unix epoch; numbers in `fields` are
// Numbers where those are exact and BigInts elsewhere, and a choice that is unknown is null. Events come in the order in which they lie in the file; sort them by `at`
// where that matters. Deflate is unpacked by the platform's DecompressionStream, Zstandard by zstd.mjs. Whoever has many events reads
// columns.mjs's columns instead.

import { TYPE, number, readBlock, value } from "./columns.mjs";

const MARKER = [0xf5, 0x53, 0x50, 0x57, 0x0d, 0x0a, 0x1a, 0xa7];
export const HEADER_BYTES = 80;
const MAX_RAW = 2 << 20;
const MAX_PAYLOAD = 4 << 20;
const MAX_EVENTS = 1 << 16;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc >>> 0;
});

/** CRC32C, as in RFC 3720. */
export function crc32c(bytes) {
  let crc = 0xffffffff;
  // By index: a `for … of` takes several times as long.
  for (let at = 0; at < bytes.length; at++) crc = CRC_TABLE[(crc ^ bytes[at]) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** All events of a file, and what was wrong with it. What is intact is read whatever the rest is. */
export async function decode(bytes) {
  const events = [];
  const problems = [];
  for (const found of blocks(bytes)) {
    if (found.problem) {
      problems.push(found);
      continue;
    }
    try {
      // Not spread into `push`, which takes no more than the stack holds.
      for (const event of await decodeBlock(found.header, found.payload)) events.push(event);
    } catch (error) {
      problems.push({ from: found.from, to: found.to, problem: error.message, lost: found.header.events });
    }
  }
  return { events, problems };
}

/** The blocks of a file, found by their markers: { header, payload }, or { from, to, problem }. */
export function* blocks(bytes) {
  let at = 0;
  let stray = -1;
  const end = withoutTrailer(bytes);
  while (at < end) {
    const header = readHeader(bytes, at);
    const to = header ? at + HEADER_BYTES + header.payload : 0;
    const cut = header && to > bytes.length;
    if (header && !cut) {
      if (stray >= 0) yield { from: stray, to: at, problem: "these bytes are no block" };
      stray = -1;
      const payload = bytes.subarray(at + HEADER_BYTES, to);
      const right = crc32c(payload) === header.payloadCrc;
      if (right && header.content === 1) yield { from: at, to, header, payload };
      if (!right) yield { from: at, to, problem: "the checksum of a block's payload is wrong", lost: header.events };
      // Behind a damaged block the next may begin earlier, where bytes are missing.
      at = right ? to : nextMarker(bytes, at + 1);
      continue;
    }
    if (stray < 0) stray = at;
    at = nextMarker(bytes, at + 1);
  }
  if (stray >= 0) yield { from: stray, to: bytes.length, problem: "these bytes are no block" };
}

/** Where the trailer of a finished file begins; else the file's end. */
function withoutTrailer(bytes) {
  const at = bytes.length - 16;
  const ends = at >= 0 && [0xa7, 0x57, 0x50, 0x53].every((byte, index) => bytes[at + 12 + index] === byte);
  if (!ends) return bytes.length;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 16);
  return view.getUint32(8, true) === crc32c(bytes.subarray(at, at + 8)) ? at : bytes.length;
}

export const isMarker = (bytes, at) => MARKER.every((byte, index) => bytes[at + index] === byte);

/** Where the next marker is; the end where there is none. */
export function nextMarker(bytes, from) {
  for (let at = bytes.indexOf(MARKER[0], from); at >= 0; at = bytes.indexOf(MARKER[0], at + 1)) {
    if (isMarker(bytes, at)) return at;
  }
  return bytes.length;
}

/** The header at a place, or nothing where there is none that is intact. */
export function readHeader(bytes, at) {
  if (at + HEADER_BYTES > bytes.length || !isMarker(bytes, at)) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, HEADER_BYTES);
  if (view.getUint32(76, true) !== crc32c(bytes.subarray(at, at + 76)) || view.getUint8(8) !== 1) return null;
  const [payload, packed, raw, events, repeated] = [12, 16, 20, 24, 28].map((place) => view.getUint32(place, true));
  const [sequence, recording, first, last, earliest] = [32, 40, 48, 56, 64].map((place) => view.getBigUint64(place, true));
  const possible = packed <= payload && payload <= MAX_PAYLOAD && raw <= MAX_RAW && events + repeated <= MAX_EVENTS;
  if (!possible) return null;
  const [content, codec, payloadCrc] = [view.getUint8(9), view.getUint8(10), view.getUint32(72, true)];
  return { content, codec, payload, packed, raw, events, repeated, sequence, recording, first, last, earliest, payloadCrc };
}

/** The events of a block, whose checksum is right. */
export async function decodeBlock(header, payload) {
  const block = await readBlock(header, payload);
  const events = [];
  for (const { thread, repeated, base, from, to } of block.runs) {
    for (let index = from; index < to; index++) {
      const kind = block.kinds[block.kind[index]];
      const row = block.row[index];
      const isUnknown = (field) => field.type === TYPE.choice && field.values[row] === 0;
      const values = kind.fields.map((field) => [field.name, isUnknown(field) ? null : value(block, field, row)]);
      const fields = Object.fromEntries(values.filter(([, value]) => value !== undefined));
      events.push({ at: base + BigInt(number(block.at, index)), thread, kind: kind.name, fields, repeated });
    }
  }
  return events;
}
