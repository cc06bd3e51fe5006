// Reads the payload of a block into columns: an array for each field of each kind. Half a million events are as many objects elsewhere,
// and some thirty arrays here.
//
// A block is { texts, spans, traces, kinds, runs, kind, row, at, count }: `kind[i]` is the place in `kinds` of the i-th event,
// `row[i]` its row in the columns of that kind, and `at[i]` when it happened, since the base of its run. A number that
// is not exact as a Number is NaN in its column, and a BigInt in the column's `large`.

import { Bytes, Numbers, exact, less, moved, plus, signed, step, unzigzag } from "./numbers.mjs";
import { unzstd } from "./zstd.mjs";

const RECENT = 16;

export const TYPE = {
  uint: 1, optionalUint: 2, int: 3, float: 4, bool: 5, text: 6, duration: 7, optionalDuration: 8, task: 9, optionalTask: 10,
  woken: 11, span: 12, optionalSpan: 13, trace: 14, optionalTrace: 15, choice: 16, place: 17, fields: 18, texts: 19, uints: 20,
  links: 21,
};

async function unpack(codec, packed, raw) {
  let out;
  if (codec === 0) out = packed;
  else if (codec === 1) out = await inflate(packed, raw);
  else if (codec === 2) out = unzstd(packed, raw);
  else throw new Error(`codec ${codec} is not known`);
  if (out.length !== raw) throw new Error("a block unpacks to another length than its header says");
  return out;
}

async function inflate(packed, raw) {
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const out = new Uint8Array(raw);
  let length = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    if (length + part.value.length > raw) throw new Error("a block unpacks to more than its header says");
    out.set(part.value, length);
    length += part.value.length;
  }
  return out.subarray(0, length);
}

const known = (length, index) => {
  if (!(index >= 0 && index < length)) throw new Error("something is not in its table");
  return Number(index);
};

/** Fills the columns of a block, event by event. */
class Filler {
  constructor(texts, spans, traces, numbers) {
    Object.assign(this, { texts, spans, traces, numbers, lastSpan: 0, lastTrace: 0 });
    Object.assign(this, { lastTask: 0, lastWoken: 0, recent: new Array(RECENT).fill(0), next: 0 });
  }

  text(column) {
    return known(this.texts.length, this.numbers.next(column));
  }

  task(column) {
    const number = this.numbers.next(column);
    if (number > 0 && number <= RECENT) this.lastTask = this.recent[(this.next + 2 * RECENT - Number(number)) % RECENT];
    else if (number > 0) this.lastTask = moved(this.lastTask, typeof number === "number" ? number - 17 : exact(number - 17n));
    return this.lastTask;
  }

  optionalTask(column) {
    const number = this.numbers.next(column);
    if (number === 0) return null;
    return (this.lastTask = moved(this.lastTask, less(number)));
  }

  woken(column) {
    this.lastWoken = moved(this.lastWoken, this.numbers.next(column));
    this.recent[this.next] = this.lastWoken;
    this.next = (this.next + 1) % RECENT;
    return this.lastWoken;
  }

  span(number) {
    return (this.lastSpan = known(this.spans.length, this.lastSpan + step(number)));
  }

  trace(number) {
    return (this.lastTrace = known(this.traces.length, this.lastTrace + step(number)));
  }

  float(column) {
    const bits = BigInt(this.numbers.next(column)).toString(2).padStart(64, "0");
    const view = new DataView(new ArrayBuffer(8));
    view.setBigUint64(0, BigInt(`0b${[...bits].reverse().join("")}`));
    return view.getFloat64(0);
  }

  list(column, item) {
    const length = this.numbers.next(column);
    if (length > column.bytes.length - column.at) throw new Error("a list is longer than its column");
    return Array.from({ length }, item);
  }

  fields(column, depth) {
    return Object.fromEntries(this.list(column, () => [this.texts[this.text(column)], this.value(column, depth + 1)]));
  }

  value(column, depth) {
    const tag = this.numbers.next(column);
    switch (tag) {
      case 0: return null;
      case 1: return false;
      case 2: return true;
      case 3: return signed(unzigzag(this.numbers.next(column)));
      case 4: return this.numbers.next(column);
      case 5: return this.float(column);
      case 6: return this.texts[this.text(column)];
      case 7: return hex(this.spans[this.span(this.numbers.next(column))]);
      case 8: return hex(this.traces[this.trace(this.numbers.next(column))]);
    }
    if (tag === 9 && depth < 8) return this.list(column, () => this.value(column, depth + 1));
    if (tag === 10 && depth < 8) return this.fields(column, depth);
    throw new Error("a value has an unknown tag");
  }

  /** Reads the next value of a field. */
  fill(field, row) {
    const { type, column, values } = field;
    switch (type) {
      case TYPE.uint: case TYPE.duration: return put(field, row, this.numbers.next(column));
      case TYPE.optionalUint: case TYPE.optionalDuration: {
        const number = this.numbers.next(column);
        return number === 0 ? void (values[row] = -1) : put(field, row, less(number));
      }
      case TYPE.int: return void (values[row] = signed(unzigzag(this.numbers.next(column))));
      case TYPE.float: return void (values[row] = this.float(column));
      case TYPE.bool: return void (values[row] = this.numbers.next(column) !== 0 ? 1 : 0);
      case TYPE.text: return void (values[row] = this.text(column));
      case TYPE.task: return put(field, row, this.task(column));
      case TYPE.optionalTask: {
        const task = this.optionalTask(column);
        return task === null ? void (values[row] = -1) : put(field, row, task);
      }
      case TYPE.woken: return put(field, row, this.woken(column));
      case TYPE.span: return void (values[row] = this.span(this.numbers.next(column)));
      case TYPE.trace: return void (values[row] = this.trace(this.numbers.next(column)));
      case TYPE.optionalSpan: case TYPE.optionalTrace: {
        const number = this.numbers.next(column);
        if (number === 0) values[row] = -1;
        else values[row] = type === TYPE.optionalSpan ? this.span(less(number)) : this.trace(less(number));
        return;
      }
      case TYPE.choice: return put(field, row, this.numbers.next(column));
      case TYPE.place:
        values[row] = this.text(column);
        field.lines[row] = Number(this.numbers.next(column));
        field.columns[row] = Number(this.numbers.next(column));
        return;
      case TYPE.fields: return void (values[row] = this.fields(column, 0));
      case TYPE.texts: return void (values[row] = this.list(column, () => this.texts[this.text(column)]));
      case TYPE.uints: return void (values[row] = this.list(column, () => this.numbers.next(column)));
      case TYPE.links: return void (values[row] = this.list(column, () => this.link(column)));
      // A later version has made it: the rest of the field is passed over.
    }
  }

  link(column) {
    const trace = this.traces[this.trace(this.numbers.next(column))];
    return { trace: hex(trace), span: hex(this.spans[this.span(this.numbers.next(column))]) };
  }
}

function put(field, row, number) {
  if (typeof number === "number") return void (field.values[row] = number);
  field.values[row] = NaN;
  (field.large ??= new Map()).set(row, number);
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export function hex(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at++) text += HEX[bytes[at]];
  return text;
}

/** The number in a row: a Number where that is exact, and a BigInt elsewhere. */
export function number(field, row) {
  const value = field.values[row];
  return value === value ? value : field.large.get(row);
}

/** The place in a row, as texts are; nothing where there is none. */
export function place(block, field, row) {
  const file = block.texts[field.values[row]];
  return file === "" ? null : `${file}:${field.lines[row]}:${field.columns[row]}`;
}

/** The value in a row, as `decode` gives it; nothing for a type that a later version has made. */
export function value(block, field, row) {
  const of = field.values?.[row];
  switch (field.type) {
    case TYPE.uint: case TYPE.duration: case TYPE.task: case TYPE.woken: return number(field, row);
    case TYPE.optionalUint: case TYPE.optionalDuration: case TYPE.optionalTask: return of === -1 ? null : number(field, row);
    case TYPE.bool: return of === 1;
    case TYPE.text: return block.texts[of];
    case TYPE.span: case TYPE.optionalSpan: return of === -1 ? null : hex(block.spans[of]);
    case TYPE.trace: case TYPE.optionalTrace: return of === -1 ? null : hex(block.traces[of]);
    case TYPE.choice: return field.choices[of] ?? number(field, row);
    case TYPE.place: return place(block, field, row);
    default: return of;
  }
}

function columnFor(field, rows) {
  switch (field.type) {
    case TYPE.bool: field.values = new Uint8Array(rows); break;
    case TYPE.text: case TYPE.span: case TYPE.optionalSpan: case TYPE.trace: case TYPE.optionalTrace:
      field.values = new Int32Array(rows); break;
    case TYPE.int: case TYPE.fields: case TYPE.texts: case TYPE.uints: case TYPE.links:
      field.values = new Array(rows); break;
    case TYPE.place:
      field.lines = new Float64Array(rows);
      field.columns = new Float64Array(rows);
      field.values = new Int32Array(rows); break;
    default:
      if (field.type <= TYPE.links) field.values = new Float64Array(rows);
  }
}

/** Copied, so that they do not keep all that was unpacked. */
function readIds(input, length) {
  const count = input.count(length);
  const all = input.take(count * length).slice();
  return Array.from({ length: count }, (_, index) => all.subarray(index * length, (index + 1) * length));
}

function readKind(input, texts) {
  const code = input.byte();
  const name = texts[known(texts.length, input.leb())];
  const fromStart = input.byte() === 1;
  const fields = Array.from({ length: input.count(2) }, () => {
    const field = { name: texts[known(texts.length, input.leb())], type: input.byte(), choices: [], large: null };
    if (field.type === TYPE.choice) {
      field.choices = Array.from({ length: input.count(1) }, () => texts[known(texts.length, input.leb())]);
    }
    return field;
  });
  if (fromStart && fields[0]?.type !== TYPE.duration) throw new Error("a kind that is told from its start has no duration");
  return { code, name, fromStart, fields, rows: 0 };
}

function readRun(input, header) {
  const thread = input.leb();
  const events = input.leb();
  const base = BigInt.asUintN(64, header.first + unzigzag(input.long()));
  return { thread: Math.floor(thread / 2), repeated: thread % 2 === 1, events, base };
}

/** The columns of a block, whose checksum is right. */
export async function readBlock(header, payload) {
  const raw = await unpack(header.codec, payload.subarray(0, header.packed), header.raw);
  const input = new Bytes(raw);
  const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const texts = Array.from({ length: input.count(1) }, () => utf8.decode(input.take(input.count(1))));
  const [spans, traces] = [8, 16].map((length) => readIds(input, length));
  const kinds = Array.from({ length: input.count(4) }, () => readKind(input, texts));
  const runs = Array.from({ length: input.count(3) }, () => readRun(input, header));
  const count = input.leb();
  const total = runs.reduce((sum, run) => sum + run.events, 0);
  if (count !== header.events + header.repeated || count !== total) throw new Error("the number of events is wrong");
  const lengths = kinds.map((kind) => Array.from({ length: 1 + kind.fields.length }, () => input.leb()));
  const order = input.take(count);
  kinds.forEach((kind, index) => {
    [kind, ...kind.fields].forEach((of, place) => (of.column = new Bytes(input.take(lengths[index][place]))));
  });
  const filler = new Filler(texts, spans, traces, new Numbers(payload.subarray(header.packed)));
  const block = { texts, spans, traces, kinds, runs, count, kind: new Uint8Array(count), row: new Uint32Array(count) };
  block.at = { values: new Float64Array(count), large: null };
  countRows(block, order);
  fillAll(block, filler);
  return block;
}

function countRows(block, order) {
  const places = new Int16Array(256).fill(-1);
  block.kinds.forEach((kind, index) => (places[kind.code] = index));
  for (let index = 0; index < order.length; index++) {
    const place = places[order[index]];
    if (place < 0) throw new Error("an event is of a kind that is not stated");
    block.kind[index] = place;
    block.row[index] = block.kinds[place].rows++;
  }
  for (const kind of block.kinds) kind.fields.forEach((field) => columnFor(field, kind.rows));
}

function fillAll(block, filler) {
  const { kinds, at: times } = block;
  let index = 0;
  for (const run of block.runs) {
    // Numbers are exact for 52 days after the run's base, and BigInts are slow.
    let [at, end] = [0, 0];
    run.from = index;
    run.to = index + run.events;
    for (; index < run.to; index++) {
      const kind = kinds[block.kind[index]];
      const { fields } = kind;
      const row = block.row[index];
      at = plus(kind.fromStart ? end : at, filler.numbers.next(kind.column));
      for (let field = 0; field < fields.length; field++) filler.fill(fields[field], row);
      if (kind.fromStart) at = end = plus(at, number(fields[0], row));
      put(times, index, at);
    }
  }
  // What was read is not needed any more.
  for (const kind of kinds) [kind, ...kind.fields].forEach((of) => delete of.column);
}
