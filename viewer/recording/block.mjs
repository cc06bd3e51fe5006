// A block of events, read for the viewer: times are nanoseconds since the viewer's origin, and slices (what took a while) are at hand.

import { crc32c, HEADER_BYTES, readHeader } from "../../recording/js/decoder.mjs";
import { number, readBlock, value } from "../../recording/js/columns.mjs";
import { read } from "./source.mjs";

/** The codes of kinds, which never change. */
export const KIND = {
  poll: 1, park: 2, wake: 3, queue_depth: 4, task_spawn: 5, task_end: 6, blocking_spawn: 7, blocking_run: 8, span: 9, log: 10,
  user: 11, gap: 12, trigger: 13, open: 14, task_dump: 15, clock: 16, thread: 17, runtime: 18, process: 19,
};

/** Reads a block of a file, or fails with what is wrong with it. */
export async function load(file, entry, origin) {
  const bytes = await read(file, entry.offset, entry.offset + entry.length);
  const header = readHeader(bytes, 0);
  const payload = bytes.subarray(HEADER_BYTES);
  if (!header || header.payload !== payload.length || header.content !== 1) throw new Error("there is no block where the index says");
  if (crc32c(payload) !== header.payloadCrc) throw new Error("the checksum of a block's payload is wrong");
  return new Block(await readBlock(header, payload), origin);
}

export class Block {
  constructor(columns, origin) {
    const { count } = columns;
    Object.assign(this, { columns, count, time: new Float64Array(count), thread: new Uint32Array(count) });
    this.repeated = new Uint8Array(count);
    this.codes = columns.kinds.map((kind) => kind.code);
    // The fields of each kind, by their names.
    this.fields = columns.kinds.map((kind) => Object.fromEntries(kind.fields.map((field) => [field.name, field])));
    const { at, runs } = columns;
    for (const run of runs) {
      const base = Number(run.base - origin);
      for (let index = run.from; index < run.to; index++) this.time[index] = base + Number(number(at, index));
      this.thread.fill(run.thread, run.from, run.to);
      if (run.repeated) this.repeated.fill(1, run.from, run.to);
    }
  }

  code(index) {
    return this.codes[this.columns.kind[index]];
  }

  /** A number of an event: -1 for nothing; a BigInt where a Number is not exact. */
  number(index, name) {
    const field = this.fields[this.columns.kind[index]][name];
    return field === undefined ? -1 : number(field, this.columns.row[index]);
  }

  /** The same, where no more than the Number next to it is of interest. */
  nanos(index, name) {
    return Number(this.number(index, name));
  }

  value(index, name) {
    const field = this.fields[this.columns.kind[index]][name];
    return field === undefined ? undefined : value(this.columns, field, this.columns.row[index]);
  }

  text(index, name) {
    const field = this.fields[this.columns.kind[index]][name];
    return field === undefined ? "" : this.columns.texts[field.values[this.columns.row[index]]];
  }

  /** As the command says places: nothing where it is not known, and no column where that is 0. */
  place(index) {
    const field = this.fields[this.columns.kind[index]].place;
    if (field === undefined) return "";
    const row = this.columns.row[index];
    const file = this.columns.texts[field.values[row]];
    if (file === "") return "";
    const line = `${file}:${field.lines[row]}`;
    return field.columns[row] === 0 ? line : `${line}:${field.columns[row]}`;
  }

  /** When it began: what took a while is told when it ends. */
  start(index) {
    const duration = this.number(index, "duration");
    return duration === -1 ? this.time[index] : this.time[index] - Number(duration);
  }

  /** All fields of an event, by their names. */
  all(index) {
    const row = this.columns.row[index];
    const { name, fields } = this.columns.kinds[this.columns.kind[index]];
    return { kind: name, fields: Object.fromEntries(fields.map((field) => [field.name, value(this.columns, field, row)])) };
  }

  /** Events of its own in the order of time; of those at the same time the first in the file comes first. */
  ordered() {
    const { time } = this;
    let runs = this.columns.runs.filter((run) => !run.repeated && run.from < run.to).map(({ from, to }) => {
      return Uint32Array.from({ length: to - from }, (_, index) => from + index);
    });
    // Runs are in order; two at a time become one.
    while (runs.length > 1) {
      const merged = [];
      for (let at = 0; at < runs.length; at += 2) merged.push(at + 1 < runs.length ? merge(time, runs[at], runs[at + 1]) : runs[at]);
      runs = merged;
    }
    return runs[0] ?? new Uint32Array(0);
  }
}

function merge(time, left, right) {
  const out = new Uint32Array(left.length + right.length);
  for (let at = 0, l = 0, r = 0; at < out.length; at++) {
    const takes = r >= right.length || (l < left.length && time[left[l]] <= time[right[r]]);
    out[at] = takes ? left[l++] : right[r++];
  }
  return out;
}
