// What was measured in the last five minutes, a value each second.

/** Seconds that are kept. */
export const LENGTH = 300;

export class Series {
  constructor() {
    this.values = new Float32Array(LENGTH).fill(NaN);
  }

  /** Adds a value for so many seconds; `null` and `undefined` are a gap. */
  push(value, seconds = 1) {
    const by = Math.min(seconds, LENGTH);
    this.values.copyWithin(0, by);
    this.values.fill(value ?? NaN, LENGTH - by);
  }

  /** The last of them. */
  last(seconds) {
    return this.values.subarray(LENGTH - Math.min(seconds, LENGTH));
  }

  /** The greatest, or 0. */
  get greatest() {
    let greatest = 0;
    for (const value of this.values) if (value > greatest) greatest = value;
    return greatest;
  }
}
