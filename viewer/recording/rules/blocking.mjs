// Polls that took too long, the innermost span that was open most of the time, and whether another thread went on as the worker meanwhile.

import { Last } from "./tally.mjs";

const MOST = 256;
const MOST_PARKS = 512;
/** Numbers from here on are not those of tasks, but of threads that block on a future. */
const NOT_TASKS = 2 ** 60;

export class Blocking {
  constructor(names, stalls, bound) {
    Object.assign(this, { names, stalls, bound, spans: new Last(MOST), noted: new Last(MOST), parks: new Map() });
  }

  poll(task, place, thread, start, end, open = false) {
    if (end - start < this.bound) return;
    const known = this.names.threads.get(thread);
    const onWorker = Number(task) < NOT_TASKS && (!known || ["worker", "unknown"].includes(known.role) || known.runtime >= 0);
    const counted = onWorker ? end - start - this.stalls.within(start, end) : 0;
    const poll = { task, place, thread, start, end, open, counted, team: this.team(thread), span: null };
    poll.handedOver = this.areAllParked(poll);
    if (!open) {
      const covering = this.spans.all.filter((span) => covers(span, poll));
      poll.span = covering.reduce((least, span) => (least && least.end - least.start <= span.end - span.start ? least : span), null);
    }
    const first = this.noted.push(poll);
    if (first) this.settle(first);
  }

  /** Nothing will be known of it any more. */
  settle(poll) {
    const { place, start, end, counted } = poll;
    if (counted < this.bound || poll.handedOver) return;
    place.long++;
    place.longSum += counted;
    if (counted >= this.bound * 10) place.veryLong++;
    place.worst.add(counted, () => ({ ...poll, start, end }));
  }

  /** No more will come. Where threads take each other's place, and a poll's end was not seen to be followed by parks, nobody knows. */
  finish() {
    for (const poll of this.noted.all) {
      if (!poll.open && poll.team && this.areMany() && !this.areTold(poll)) poll.counted = 0;
      this.settle(poll);
    }
    this.noted.all = [];
  }

  span(span) {
    if (span.end - span.start < this.bound / 2) return;
    // The innermost ends first.
    for (const poll of this.noted.all) if (!poll.span && !poll.open && covers(span, poll)) poll.span = span;
    this.spans.push(span);
  }

  park(thread, start, end) {
    const team = this.team(thread);
    if (!team) return;
    if (!this.parks.has(team.runtime)) this.parks.set(team.runtime, { parks: new Last(MOST_PARKS), threads: new Set(), workers: 0 });
    const of = this.parks.get(team.runtime);
    of.workers = team.workers;
    if (of.threads.size <= team.workers) of.threads.add(thread);
    of.parks.push({ thread, start, end });
    for (const poll of this.noted.all) {
      if (!poll.handedOver && poll.team?.runtime === team.runtime && poll.end > start) poll.handedOver = this.areAllParked(poll);
    }
  }

  /** The runtime of a thread, where another thread can take a worker's place. */
  team(thread) {
    const runtime = this.names.threads.get(thread)?.runtime ?? -1;
    const known = this.names.runtimes.get(runtime);
    return known?.flavour === "multi_thread" && known.workers > 0 ? { runtime, workers: known.workers } : null;
  }

  /** Whether all workers were parked at some moment in which this thread polled: then it was none any more. */
  areAllParked({ team, thread, start, end }) {
    const of = team && this.parks.get(team.runtime);
    if (!of || [...of.threads].filter((other) => other !== thread).length < team.workers) return false;
    const edges = [];
    for (const park of of.parks.all) {
      const [from, to] = [Math.max(park.start, start), Math.min(park.end, end)];
      if (park.thread !== thread && from < to) edges.push([from, 1], [to, -1]);
    }
    // Of a moment in which one ends and another begins, the end comes first.
    edges.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    let parked = 0;
    return edges.some(([, change]) => (parked += change) >= team.workers);
  }

  /** Whether more threads have been workers than there can be at once. */
  areMany() {
    return [...this.parks.values()].some((of) => of.threads.size > of.workers);
  }

  areTold({ team, thread, end }) {
    const of = this.parks.get(team.runtime);
    if (!of) return false;
    const others = new Set(of.parks.all.filter((park) => park.end > end && park.thread !== thread).map((park) => park.thread));
    return others.size >= team.workers;
  }
}

/** Whether a span was open for more than half of a poll, on the same thread or in the same task. */
function covers(span, poll) {
  const overlap = Math.min(span.end, poll.end) - Math.max(span.start, poll.start);
  const within = span.thread === poll.thread && span.start >= poll.start && span.end <= poll.end;
  return overlap >= Math.floor((poll.end - poll.start) / 2) && overlap >= 0 && (within || span.task === poll.task);
}
