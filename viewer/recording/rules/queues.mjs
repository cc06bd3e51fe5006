// How many tasks wait in the queues of runtimes, over time, and how long calls wait for the blocking pool.

import { Histogram, Longest } from "./tally.mjs";

const PARTS = 100;
const DEEP = 1000;

/** The recording's time in equal parts, whose width is 1, 2 or 5 and zeros. */
export class Parts {
  constructor(first, last) {
    const least = Math.floor((last - first) / PARTS) + 1;
    const power = 10 ** Math.floor(Math.log10(least));
    this.first = first;
    this.width = Math.max(1000, [1, 2, 5, 10].map((times) => power * times).find((width) => width >= least));
    this.count = Math.floor((last - first) / this.width) + 1;
  }

  of(at) {
    return Math.min(this.count - 1, Math.max(0, Math.floor((at - this.first) / this.width)));
  }
}

class Samples {
  constructor() {
    Object.assign(this, { count: 0, max: 0, at: 0, deep: 0, parts: [] });
  }

  add(parts, at, depth) {
    this.count++;
    if (depth >= DEEP) this.deep++;
    if (depth > this.max) [this.max, this.at] = [depth, at];
    const part = (this.parts[parts.of(at)] ??= { count: 0, sum: 0 });
    part.count++;
    part.sum += depth;
  }

  /** The means of four quarters of the time that was sampled, where there are enough samples. */
  quarters() {
    const sampled = this.parts.filter(() => true);
    if (this.count < 40 || sampled.length < 20) return null;
    const quarter = Math.ceil(sampled.length / 4);
    return [0, 1, 2, 3].map((index) => {
      const parts = sampled.slice(index * quarter, (index + 1) * quarter);
      const sum = (of) => parts.reduce((sum, part) => sum + part[of], 0);
      return Math.floor(sum("sum") / Math.max(1, sum("count")));
    });
  }

  grows() {
    const means = this.quarters();
    return means !== null && means.every((mean, index) => index === 0 || means[index - 1] < mean) && means[3] >= 100 && means[3] >= means[0] * 2;
  }

  isDeep() {
    return this.quarters() !== null && this.deep * 2 >= this.count;
  }
}

export class Queues {
  constructor(parts) {
    Object.assign(this, { parts, runtimes: new Map(), queued: new Histogram(), waited: new Longest(3) });
  }

  sample(runtime, at, depth, blocking) {
    if (!this.runtimes.has(runtime)) this.runtimes.set(runtime, { tasks: new Samples(), blocking: new Samples() });
    const of = this.runtimes.get(runtime);
    of.tasks.add(this.parts, at, depth);
    if (blocking >= 0) of.blocking.add(this.parts, at, blocking);
  }

  run(place, start, end, queued) {
    if (queued < 0) return;
    this.queued.add(queued);
    this.waited.add(queued, () => ({ at: start - queued, end: start, place, ran: end - start }));
  }
}
