// What is counted, in memory that does not grow with how much there is: as the command `spanwright analyze` counts it.

const BITS = 5;
const log2 = (value) => (value < 2 ** 31 ? 31 - Math.clz32(value) : 31 + log2(value / 2 ** 31));

/** Counts of durations by their size: exact below 64, else within a 32nd. */
export class Histogram {
  constructor() {
    Object.assign(this, { counts: [], count: 0, sum: 0, max: 0 });
  }

  add(value) {
    const doubling = Math.max(0, log2(Math.max(value, 1)) - BITS);
    const bucket = (doubling << BITS) + Math.floor(value / 2 ** doubling);
    while (this.counts.length <= bucket) this.counts.push(0);
    this.counts[bucket]++;
    this.count++;
    this.sum += value;
    this.max = Math.max(this.max, value);
  }

  /** The value that so many percent are not above; at most a 32nd too large. */
  percentile(percent) {
    const rank = Math.max(1, Math.ceil((this.count * percent) / 100));
    for (let bucket = 0, seen = 0; bucket < this.counts.length; bucket++) {
      seen += this.counts[bucket];
      if (seen >= rank) return Math.min(largest(bucket), this.max);
    }
    return this.max;
  }
}

function largest(bucket) {
  const doubling = Math.max(0, (bucket >> BITS) - 1);
  return (bucket - (doubling << BITS)) * 2 ** doubling + 2 ** doubling - 1;
}

/** Keeps the longest, and counts the others; of equals the first stays first. */
export class Longest {
  constructor(most) {
    Object.assign(this, { most, kept: [], count: 0 });
  }

  add(length, make) {
    this.count++;
    const place = this.kept.findLastIndex((kept) => kept.length >= length) + 1;
    if (place >= this.most) return;
    this.kept.splice(place, 0, { length, of: make() });
    this.kept.length = Math.min(this.kept.length, this.most);
  }

  get first() {
    return this.kept[0];
  }
}

/** The last of many. */
export class Last {
  constructor(most) {
    Object.assign(this, { most, all: [] });
  }

  /** Gives the one that finds no room any more, if one does. */
  push(one) {
    this.all.push(one);
    return this.all.length > this.most ? this.all.shift() : undefined;
  }
}
