// From a wake-up to the poll: how long that took, and whether a worker slept meanwhile, which is told when its park is over.

import { Histogram, Last, Longest } from "./tally.mjs";

const MOST = 512;
const TOP = 20;
const MOST_SAMPLES = 1 << 16;

export class Waits {
  constructor(names, stalls, bound) {
    Object.assign(this, { names, stalls, bound, runtimes: new Map() });
  }

  of(thread) {
    const runtime = this.names.threads.get(thread)?.runtime ?? -1;
    if (runtime < 0) return null;
    if (!this.runtimes.has(runtime)) {
      const lists = { worst: new Longest(TOP), slept: new Longest(TOP), waits: new Last(MOST), parks: new Last(MOST) };
      const name = this.names.runtime(runtime);
      this.runtimes.set(runtime, { name, all: new Histogram(), veryLong: 0, sleptLong: 0, ...lists });
    }
    return this.runtimes.get(runtime);
  }

  waited(key, task, thread, from, to) {
    const of = this.of(thread);
    if (!of) return;
    of.all.add(to - from);
    if (to - from < this.bound) return;
    const wait = { key, place: task.place, from, to, stalled: this.stalls.within(from, to), asleep: 0, sleeper: -1, thread };
    wait.length = to - from - wait.stalled;
    if (wait.length >= this.bound * 10) of.veryLong++;
    of.worst.add(wait.length, () => wait);
    if (task.local) return;
    for (const park of of.parks.all) overlap(wait, park);
    const first = of.waits.push(wait);
    if (first) this.settle(of, first);
  }

  park(thread, start, end) {
    const of = end - start >= this.bound ? this.of(thread) : null;
    if (!of) return;
    const park = { thread, start, end };
    for (const wait of of.waits.all) overlap(wait, park);
    of.parks.push(park);
  }

  settle(of, wait) {
    const slept = wait.asleep - wait.stalled;
    if (slept < this.bound) return;
    if (slept >= this.bound * 10) of.sleptLong++;
    of.slept.add(slept, () => wait);
  }

  finish() {
    for (const of of this.runtimes.values()) {
      of.waits.all.forEach((wait) => this.settle(of, wait));
      of.waits.all = [];
    }
  }
}

/** A worker was parked for a time, which may have been within this. */
function overlap(wait, park) {
  const asleep = Math.min(park.end, wait.to) - Math.max(park.start, wait.from);
  if (asleep > wait.asleep) [wait.asleep, wait.sleeper] = [asleep, park.thread];
}

/** Workers that were parked while looks at the queues found tasks in them: what lies between looks is not guessed. */
export class IdleWorkers {
  constructor(names, bound) {
    Object.assign(this, { names, bound, samples: new Map(), found: new Longest(TOP) });
  }

  sample(runtime, at, depth) {
    if (!this.samples.has(runtime)) this.samples.set(runtime, new Last(MOST_SAMPLES));
    this.samples.get(runtime).push({ at, depth });
  }

  /** It is told at its end, after all samples within it. */
  park(thread, start, end) {
    const samples = this.samples.get(this.names.threads.get(thread)?.runtime)?.all ?? [];
    let since = null;
    let first = samples.length;
    while (first > 0 && samples[first - 1].at >= start) first--;
    for (let index = first; index < samples.length && samples[index].at < end; index++) {
      const { at, depth } = samples[index];
      if (depth > 0) since ? (since.depth = Math.max(since.depth, depth)) : (since = { at, depth });
      else if (since) since = this.note(since, at, thread);
    }
    if (since) this.note(since, end, thread);
  }

  note({ at, depth }, end, thread) {
    if (end - at >= this.bound) this.found.add(end - at, () => ({ at, depth, thread }));
    return null;
  }
}
