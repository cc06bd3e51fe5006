// When the process itself did not run. The recorder looks at the queues in equal steps on a thread of its own; where it came much too late,
// nobody else is to blame for what took as long.

import { Histogram, Last } from "./tally.mjs";

const MOST = 1024;
const STEPS = 10;
const USUAL = 5e6;

export class Stalls {
  constructor() {
    Object.assign(this, { runtime: -1, last: 0, steps: new Histogram(), stalls: new Last(MOST), count: 0, sum: 0, longest: 0 });
  }

  gap(at) {
    if (this.runtime >= 0) this.last = Math.max(this.last, at);
  }

  look(runtime, at) {
    if (this.runtime < 0) [this.runtime, this.last] = [runtime, at];
    if (runtime !== this.runtime || at <= this.last) return;
    const due = this.due();
    if (due !== null && at > due + this.slack()) {
      this.stalls.push([due, at]);
      this.count++;
      this.sum += at - due;
      this.longest = Math.max(this.longest, at - due);
    }
    this.steps.add(at - this.last);
    this.last = at;
  }

  /** How much of a time the process did not run, as far as it can be known. */
  within(start, end) {
    if (this.runtime < 0) return 0;
    let sum = 0;
    const add = ([from, to]) => (sum += Math.max(0, Math.min(to, end) - Math.max(from, start)));
    for (const stall of this.stalls.all) if (stall[1] > start) add(stall);
    const due = this.due();
    if (due !== null && end > due + this.slack()) add([due, end]);
    return sum;
  }

  due() {
    return this.steps.count >= STEPS ? this.last + this.steps.percentile(50) : null;
  }

  slack() {
    return this.steps.percentile(50) * 2 + USUAL;
  }
}
