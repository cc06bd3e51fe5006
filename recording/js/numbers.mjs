// Numbers as blocks have them: bytes, LEB128, and tokens with loose bits (FORMAT.md).

/** Bytes that are read from their front. */
export class Bytes {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  byte() {
    if (this.at >= this.bytes.length) throw new Error("a byte is missing");
    return this.bytes[this.at++];
  }

  take(length) {
    if (length > this.bytes.length - this.at) throw new Error("bytes are missing");
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** LEB128, as a BigInt. */
  long() {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new Error("a number is longer than 64 bits");
  }

  /** LEB128, as a Number. */
  leb() {
    const byte = this.byte();
    if (byte < 0x80) return byte;
    this.at--;
    return Number(this.long());
  }

  count(bytes) {
    const count = this.leb();
    if (count * bytes > this.bytes.length - this.at) throw new Error("a count is larger than what follows");
    return count;
  }
}

export const exact = (value) => (value <= 0xfffffffffffffn ? Number(value) : value);
export const signed = (value) => (value < 0n ? -exact(-value) : exact(value));
export const unzigzag = (value) => {
  const long = BigInt(value);
  return long & 1n ? -(long >> 1n) - 1n : long >> 1n;
};
/** Of Numbers, which are faster, where the result is exact. */
export const moved = (from, zigzag) => {
  if (typeof from === "number" && typeof zigzag === "number") {
    const to = from + step(zigzag);
    if (to >= 0 && to < 2 ** 52) return to;
  }
  return exact(BigInt(from) + unzigzag(zigzag));
};
export const step = (number) => (typeof number === "number" ? (number % 2 ? -(number + 1) / 2 : number / 2) : Number(unzigzag(number)));
export const less = (number) => (typeof number === "number" ? number - 1 : exact(number - 1n));
/** Of two BigInts, or of one, the sum is at least 2⁵². */
export const plus = (a, b) => (typeof a === typeof b && a + b < 2 ** 52 ? a + b : exact(BigInt(a) + BigInt(b)));

/** The numbers of columns, whose loose bits they share. */
export class Numbers {
  constructor(loose) {
    this.bit = 0;
    this.bits = loose.length * 8;
    // Four bytes are read at a time, the last ones too.
    const padded = new Uint8Array(loose.length + 4);
    padded.set(loose);
    this.view = new DataView(padded.buffer);
  }

  /** Loose bits, 24 at most. */
  few(count) {
    const bit = this.bit;
    if (bit + count > this.bits) throw new Error("the loose bits end early");
    this.bit = bit + count;
    return (this.view.getUint32(bit >> 3, true) >>> (bit & 7)) & ((1 << count) - 1);
  }

  /** A number, as a Number where that is exact, and as a BigInt elsewhere. */
  next(column) {
    const token = column.byte();
    if (token < 16) return token;
    const loose = ((token - 16) >> 2) + 2;
    const leading = 4 | (token & 3);
    if (loose <= 24) return ((leading << loose) | this.few(loose)) >>> 0;
    if (loose <= 48) {
      const low = this.few(24);
      return leading * 2 ** loose + this.few(loose - 24) * 2 ** 24 + low;
    }
    let value = 0n;
    for (let read = 0; read < loose; read += 24) {
      value |= BigInt(this.few(Math.min(24, loose - read))) << BigInt(read);
    }
    return exact((BigInt(leading) << BigInt(loose)) | value);
  }
}
