// Finds the blocks of files: by the index at a file's end where there is one, else from header to header, and behind damage by their marker.
// A file is a Blob, of which no more is read than is asked for.

import { HEADER_BYTES, crc32c, isMarker, nextMarker, readHeader } from "../../recording/js/decoder.mjs";
import { Bytes } from "../../recording/js/numbers.mjs";

const TRAILER_BYTES = 16;
const CHUNK = 1 << 20;
const END = [0xa7, 0x57, 0x50, 0x53];

export const read = async (file, from, to) => new Uint8Array(await file.slice(from, to).arrayBuffer());

/** The blocks of all files in the order of their first event, each once, and what is wrong with the files. */
export async function open(files) {
  const blocks = [], problems = [], seen = new Set();
  let finished = files.length > 0;
  for (const [number, file] of files.entries()) {
    const problem = (from, to, problem, lost) => problems.push({ file: file.name ?? "", from, to, problem, lost });
    const entries = await indexed(file);
    finished &&= entries !== null;
    for (const entry of entries ?? (await scan(file, problem))) {
      const key = `${entry.recording} ${entry.sequence} ${entry.first} ${entry.events}`;
      if (!seen.has(key)) blocks.push({ ...entry, file: number });
      seen.add(key);
    }
  }
  blocks.sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  return { blocks, problems, finished };
}

/** What the index says of each block; nothing where there is none that is right. */
async function indexed(file) {
  if (file.size < HEADER_BYTES + TRAILER_BYTES) return null;
  const trailer = await read(file, file.size - TRAILER_BYTES, file.size);
  const view = new DataView(trailer.buffer);
  const at = Number(view.getBigUint64(0, true));
  if (END.some((byte, index) => trailer[12 + index] !== byte) || view.getUint32(8, true) !== crc32c(trailer.subarray(0, 8))) return null;
  if (at + HEADER_BYTES > file.size - TRAILER_BYTES) return null;
  const bytes = await read(file, at, file.size - TRAILER_BYTES);
  const header = readHeader(bytes, 0);
  const payload = bytes.subarray(HEADER_BYTES);
  if (header?.content !== 2 || header.codec !== 0 || payload.length !== header.payload || crc32c(payload) !== header.payloadCrc) return null;
  try {
    return readIndex(new Bytes(payload), at);
  } catch {
    // Whatever it holds, blocks are found without it.
    return null;
  }
}

const unzigzag = (value) => (value & 1n ? -(value >> 1n) - 1n : value >> 1n);
const u64 = (input) => {
  const bytes = input.take(8);
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
};

function readIndex(input, end) {
  const names = new Map();
  for (let left = input.count(2); left > 0; left--) {
    const code = input.byte();
    names.set(code, new TextDecoder().decode(input.take(input.count(1))));
  }
  const entries = [];
  let [place, first] = [0, 0n];
  for (let left = input.count(20); left > 0; left--) {
    const offset = place + input.leb();
    const length = input.leb();
    place = offset + length;
    if (place > end) throw new Error("a block is beyond the index");
    const [sequence, recording] = [input.long(), u64(input)];
    first = BigInt.asUintN(64, first + unzigzag(input.long()));
    const last = first + input.long();
    const earliest = first - input.long();
    const events = input.leb();
    const kinds = new Map();
    for (let left = input.count(2); left > 0; left--) {
      const code = input.byte();
      kinds.set(names.get(code) ?? `kind ${code}`, input.leb());
    }
    const threads = input.leb();
    const list = Array.from({ length: input.count(1) }, () => input.leb());
    entries.push({ offset, length, sequence, recording, first, last, earliest, events, kinds, threads, list });
  }
  return entries;
}

/** A file's bytes, a chunk at a time. */
class Window {
  constructor(file) {
    Object.assign(this, { file, from: 0, bytes: new Uint8Array(0) });
  }

  async at(from, length) {
    const to = Math.min(from + length, this.file.size);
    if (from < this.from || to > this.from + this.bytes.length) {
      this.from = from;
      this.bytes = await read(this.file, from, Math.min(from + Math.max(length, CHUNK), this.file.size));
    }
    return this.bytes.subarray(from - this.from, to - this.from);
  }

  /** What is at hand from here on: a marker's length at least, where the file has as much. */
  async rest(from) {
    await this.at(from, 8);
    return this.bytes.subarray(from - this.from);
  }
}

async function scan(file, problem) {
  const window = new Window(file);
  const entries = [];
  let [at, stray] = [0, -1];
  while (at < file.size) {
    const header = readHeader(await window.at(at, HEADER_BYTES), 0);
    const to = header ? at + HEADER_BYTES + header.payload : 0;
    if (header && to <= file.size) {
      if (stray >= 0) problem(stray, at, "these bytes are no block");
      stray = -1;
      if (header.content === 1) entries.push({ ...header, offset: at, length: to - at, kinds: null, list: [] });
      // Where no other block follows, bytes may be missing within this one.
      const follows = to === file.size || isMarker(await window.at(to, 8), 0);
      at = follows || (await isWhole(window, at, header)) ? to : await marker(window, at + 1);
      continue;
    }
    if (stray < 0) stray = at;
    at = await marker(window, at + 1);
  }
  // An index whose trailer is wrong ends the file, too.
  if (stray >= 0) problem(stray, file.size, "the file's end is no block: it is cut off, or its writer still writes");
  return entries;
}

const isWhole = async (window, at, header) =>
  crc32c(await window.at(at + HEADER_BYTES, header.payload)) === header.payloadCrc;

/** Where the next marker is. */
async function marker(window, from) {
  for (let at = from; at + 8 <= window.file.size; ) {
    const bytes = await window.rest(at);
    const found = nextMarker(bytes, 0);
    if (found < bytes.length) return at + found;
    at += bytes.length - 7;
  }
  return window.file.size;
}
