// Unpacks Zstandard frames (RFC 8878), since browsers do not. It knows what our blocks have: one frame, no dictionary. Checksums
// are passed over: blocks have their own.

const MAGIC = 0xfd2fb528;

const BAD = "a block can't be unpacked";
const fail = () => {
  throw new Error(BAD);
};

/** Bits from the first on, the lowest of each byte first. */
class Forward {
  constructor(bytes, at) {
    Object.assign(this, { bytes, bit: at * 8 });
  }

  read(count) {
    const value = bitsAt(this.bytes, this.bit, count);
    this.bit += count;
    return value;
  }

  /** The next whole byte. */
  byte() {
    return Math.ceil(this.bit / 8);
  }
}

/** Bits from the last on; the highest that is set says where they begin. Before the first all are zero. */
class Backward {
  constructor(bytes) {
    const last = bytes[bytes.length - 1];
    if (!last) fail();
    Object.assign(this, { bytes, bit: bytes.length * 8 - Math.clz32(last) + 23 });
  }

  read(count) {
    this.bit -= count;
    if (this.bit >= 0) return bitsAt(this.bytes, this.bit, count);
    const there = Math.max(0, this.bit + count);
    return bitsAt(this.bytes, 0, there) * 2 ** (count - there);
  }
}

function bitsAt(bytes, bit, count) {
  let value = 0;
  for (let have = 0; have < count; ) {
    const within = (bit + have) & 7;
    const taken = Math.min(8 - within, count - have);
    const byte = bytes[(bit + have) >> 3] ?? fail();
    value += ((byte >> within) & ((1 << taken) - 1)) * 2 ** have;
    have += taken;
  }
  return value;
}

const log2 = (value) => 31 - Math.clz32(value);

/** Reads how likely each symbol is: section 4.1.1. Gives the table, and the place after it. */
function readFse(bytes, at, maxLog, maxSymbol) {
  const bits = new Forward(bytes, at);
  const log = bits.read(4) + 5;
  if (log > maxLog) fail();
  const likely = [];
  for (let left = 1 << log; left > 0; ) {
    const count = log2(left + 1) + 1;
    const mask = (1 << (count - 1)) - 1;
    const threshold = (1 << count) - 2 - left;
    let value = bits.read(count);
    if ((value & mask) < threshold) {
      bits.bit -= 1;
      value &= mask;
    } else if (value > mask) value -= threshold;
    left -= Math.abs(value - 1);
    likely.push(value - 1);
    for (let again = value === 1 ? 3 : 0; again === 3; ) {
      again = bits.read(2);
      likely.push(...new Array(again).fill(0));
    }
    if (left < 0 || likely.length > maxSymbol + 1) fail();
  }
  return [fseTable(likely, log), bits.byte()];
}

function fseTable(likely, log) {
  const size = 1 << log;
  const [symbols, bits, bases] = [new Uint8Array(size), new Uint8Array(size), new Uint16Array(size)];
  const next = likely.map((count) => Math.abs(count));
  let high = size;
  likely.forEach((count, symbol) => {
    if (count < 0) symbols[--high] = symbol;
  });
  let at = 0;
  likely.forEach((count, symbol) => {
    for (let left = count; left > 0; left--) {
      symbols[at] = symbol;
      do at = (at + (size >> 1) + (size >> 3) + 3) & (size - 1);
      while (at >= high);
    }
  });
  for (let state = 0; state < size; state++) {
    const number = next[symbols[state]]++;
    bits[state] = log - log2(number);
    bases[state] = (number << bits[state]) - size;
  }
  return { log, symbols, bits, bases };
}

const always = (symbol) => ({ log: 0, symbols: [symbol], bits: [0], bases: [0] });

/** Reads a Huffman tree: section 4.2.1. Gives the table, and the place after it. */
function readHuffman(bytes, at) {
  const header = bytes[at++] ?? fail();
  let weights = [];
  let end = at + header;
  if (header < 128) {
    const [table, from] = readFse(bytes, at, 6, 255);
    weights = twoStates(table, new Backward(bytes.subarray(from, end)));
  } else {
    end = at + ((header - 126) >> 1);
    for (let index = 0; index < header - 127; index++) {
      weights.push(index & 1 ? bytes[at + (index >> 1)] & 15 : bytes[at + (index >> 1)] >> 4);
    }
  }
  const sum = weights.reduce((sum, weight) => sum + ((1 << weight) >> 1), 0);
  const log = log2(sum) + 1;
  const left = (1 << log) - sum;
  if (sum === 0 || log > 11 || left !== 1 << log2(left) || weights.length > 255) fail();
  weights.push(log2(left) + 1);
  const [symbols, bits] = [new Uint8Array(1 << log), new Uint8Array(1 << log)];
  let place = 0;
  for (let weight = 1; weight <= log; weight++) {
    weights.forEach((of, symbol) => {
      if (of !== weight) return;
      const width = 1 << (weight - 1);
      symbols.fill(symbol, place, place + width);
      bits.fill(log + 1 - weight, place, place + width);
      place += width;
    });
  }
  return [{ log, symbols, bits }, end];
}

function twoStates(table, bits) {
  const out = [];
  const states = [bits.read(table.log), bits.read(table.log)];
  for (let turn = 0; out.length < 256; turn ^= 1) {
    const state = states[turn];
    out.push(table.symbols[state]);
    states[turn] = table.bases[state] + bits.read(table.bits[state]);
    if (bits.bit < 0) return [...out, table.symbols[states[turn ^ 1]]];
  }
  return fail();
}

function huffmanStream(table, bytes, out) {
  const bits = new Backward(bytes);
  const mask = (1 << table.log) - 1;
  let state = bits.read(table.log);
  for (let index = 0; index < out.length; index++) {
    out[index] = table.symbols[state];
    const count = table.bits[state];
    state = ((state << count) & mask) | bits.read(count);
  }
  if (bits.bit !== -table.log) fail();
}

/** The literals of a block: section 3.1.1.3.1. Gives them, and the place after them. */
function readLiterals(bytes, context) {
  const type = bytes[0] & 3;
  const format = (bytes[0] >> 2) & 3;
  if (type < 2) {
    const [width, shift] = [[1, 3], [2, 4], [1, 3], [3, 4]][format];
    const size = bitsAt(bytes, shift, width * 8 - shift);
    if (type === 1) return [new Uint8Array(checked(size)).fill(bytes[width]), width + 1];
    return [bytes.subarray(width, width + size), width + size];
  }
  const width = [10, 10, 14, 18][format];
  const [size, packed] = [bitsAt(bytes, 4, width), bitsAt(bytes, 4 + width, width)];
  const from = (4 + 2 * width) >> 3;
  let at = from;
  if (type === 2) [context.huffman, at] = readHuffman(bytes, at);
  const [table, end] = [context.huffman ?? fail(), from + packed];
  const out = new Uint8Array(checked(size));
  if (format === 0) {
    huffmanStream(table, bytes.subarray(at, end), out);
    return [out, end];
  }
  const part = (size + 3) >> 2;
  let stream = at + 6;
  for (let index = 0; index < 4; index++) {
    const length = index < 3 ? bitsAt(bytes, (at + 2 * index) * 8, 16) : end - stream;
    const to = index < 3 ? part * (index + 1) : size;
    huffmanStream(table, bytes.subarray(stream, stream + length), out.subarray(part * index, to));
    stream += length;
  }
  return [out, end];
}

const checked = (size) => (size <= 1 << 17 ? size : fail());

const LITERAL_BITS = [...new Array(16).fill(0), 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
const MATCH_BITS = [...new Array(32).fill(0), 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
/** Each code begins where the one before ends. */
const bases = (first, bits) => bits.map(((sum) => (count) => (sum += 2 ** count) - 2 ** count)(first));
const LITERAL_BASES = bases(0, LITERAL_BITS);
const MATCH_BASES = bases(3, MATCH_BITS);

const LITERALS = fseTable([4, 3, ...new Array(11).fill(2), 1, 1, 1, ...new Array(9).fill(2), 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1], 6);
const OFFSETS = fseTable([1, 1, 1, 1, 1, 1, 2, 2, 2, ...new Array(15).fill(1), -1, -1, -1, -1, -1], 5);
const MATCHES = fseTable([1, 4, 3, 2, 2, 2, 2, 2, 2, ...new Array(37).fill(1), ...new Array(7).fill(-1)], 6);

/** Puts literals and matches together: section 3.1.1.3.2. */
function sequences(bytes, literals, context, out) {
  let at = 0;
  let count = bytes[at++] ?? fail();
  if (count === 255) {
    count = bytes[at] + (bytes[at + 1] << 8) + 0x7f00;
    at += 2;
  } else if (count > 127) count = ((count - 128) << 8) + bytes[at++];
  if (count === 0) return out.push(literals);
  const modes = bytes[at++];
  const read = (name, mode, usual, log, most) => {
    if (mode === 0) context[name] = usual;
    else if (mode === 1) context[name] = always(bytes[at++]);
    else if (mode === 2) [context[name], at] = readFse(bytes, at, log, most);
    return context[name] ?? fail();
  };
  const lengths = read("lengths", modes >> 6, LITERALS, 9, 35);
  const offsets = read("offsets", (modes >> 4) & 3, OFFSETS, 8, 31);
  const matches = read("matches", (modes >> 2) & 3, MATCHES, 9, 52);
  const bits = new Backward(bytes.subarray(at));
  let [length, offset, match] = [lengths, offsets, matches].map((table) => bits.read(table.log));
  const step = (table, state) => table.bases[state] + bits.read(table.bits[state]);
  let used = 0;
  for (let left = count; left > 0; left--) {
    const [code, matched, literal] = [offsets.symbols[offset], matches.symbols[match], lengths.symbols[length]];
    const far = 2 ** code + bits.read(code);
    const copy = MATCH_BASES[matched] + bits.read(MATCH_BITS[matched]);
    const plain = LITERAL_BASES[literal] + bits.read(LITERAL_BITS[literal]);
    if (left > 1) {
      length = step(lengths, length);
      match = step(matches, match);
      offset = step(offsets, offset);
    }
    out.push(literals.subarray(used, used + plain));
    used += plain;
    if (used > literals.length) fail();
    out.copy(distance(context.recent, far, plain), copy);
  }
  if (bits.bit !== 0) fail();
  out.push(literals.subarray(used));
}

/** How far back a match is: section 3.1.1.5. */
function distance(recent, far, plain) {
  if (far > 3) {
    recent.unshift(far - 3);
    recent.length = 3;
    return recent[0];
  }
  const index = far - 1 + (plain === 0 ? 1 : 0);
  const found = index < 3 ? recent[index] : recent[0] - 1;
  if (index > 0) recent.splice(Math.min(index, 2), 1);
  if (index > 0) recent.unshift(found);
  return found;
}

/** What has been unpacked, never more than there is to be. */
class Output {
  constructor(size) {
    Object.assign(this, { bytes: new Uint8Array(size), length: 0 });
  }

  push(bytes) {
    if (this.length + bytes.length > this.bytes.length) fail();
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  copy(back, count) {
    if (back < 1 || back > this.length || this.length + count > this.bytes.length) fail();
    // Byte by byte: it may copy what it has just written.
    for (const end = this.length + count; this.length < end; this.length++) {
      this.bytes[this.length] = this.bytes[this.length - back];
    }
  }
}

/** Unpacks a frame, which must become `size` bytes at most. */
export function unzstd(bytes, size) {
  if (bitsAt(bytes, 0, 32) !== MAGIC) fail();
  const descriptor = bytes[4];
  const single = (descriptor >> 5) & 1;
  if (descriptor & 3) fail();
  let at = 5 + (1 - single) + [single, 2, 4, 8][descriptor >> 6];
  const out = new Output(size);
  const context = { recent: [1, 4, 8] };
  for (let last = 0; !last; ) {
    const header = bitsAt(bytes, at * 8, 24);
    const [type, length] = [(header >> 1) & 3, header >> 3];
    last = header & 1;
    at += 3;
    const taken = type === 1 ? 1 : length;
    const block = bytes.subarray(at, (at += taken));
    if (block.length < taken || type === 3) fail();
    if (type === 0) out.push(block);
    else if (type === 1) out.push(new Uint8Array(checked(length)).fill(block[0]));
    else {
      const [literals, from] = readLiterals(block, context);
      sequences(block.subarray(from), literals, context, out);
    }
  }
  return out.bytes.subarray(0, out.length);
}
