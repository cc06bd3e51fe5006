// Spans by their names, and what explains the slowest of each.

import { Histogram, Longest } from "./tally.mjs";

const MOST = 1000;
const MOST_PARENTS = 1 << 16;
const SLOWEST = 3;

export class Spans {
  constructor() {
    Object.assign(this, { names: new Map(), children: new Map() });
  }

  add(span) {
    const child = this.children.get(span.id);
    this.children.delete(span.id);
    this.tellParent(span);
    const name = this.names.has(span.name) || this.names.size < MOST ? span.name : "(others)";
    if (!this.names.has(name)) {
      this.names.set(name, { durations: new Histogram(), errors: 0, slowest: new Longest(SLOWEST), mostQueued: new Longest(SLOWEST) });
    }
    const of = this.names.get(name);
    const duration = span.end - span.start;
    of.durations.add(duration);
    if (span.status === "error" || span.status === "panicked") of.errors++;
    const slow = () => ({ ...span, child });
    if (span.queued > 0) of.mostQueued.add(span.queued, slow);
    of.slowest.add(duration, slow);
  }

  /** A parent ends later than its children mostly. */
  tellParent({ parent, start, end, name }) {
    if (parent === null) return;
    const longest = this.children.get(parent);
    if (longest) {
      if (end - start > longest.duration) Object.assign(longest, { duration: end - start, name });
      return;
    }
    // A Map's first key is its oldest.
    if (this.children.size >= MOST_PARENTS) this.children.delete(this.children.keys().next().value);
    this.children.set(parent, { duration: end - start, name });
  }

  /** Those that took longest together first. */
  longestFirst() {
    return [...this.names].sort(([, a], [, b]) => b.durations.sum - a.durations.sum);
  }
}

/** What a span spent its time on, half of it or more. */
export function explained(slow, duration) {
  const time = slow.end - slow.start;
  const half = (nanos) => nanos >= 0 && nanos >= Math.floor(time / 2);
  if (half(slow.queued)) return `${duration(slow.queued)} of that it waited for a worker`;
  if (slow.child && half(slow.child.duration)) return `${duration(slow.child.duration)} of that were in \`${slow.child.name}\``;
  if (half(slow.busy)) return `${duration(slow.busy)} of that it computed or blocked`;
  if (half(slow.idle)) return `${duration(slow.idle)} of that it waited for something that has no span`;
  return "nothing within it says why";
}
