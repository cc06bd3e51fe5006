// What happened in a part of the time, as tables: for whoever selects it, and for whoever can't see the picture.

import { KIND } from "./block.mjs";
import { LOG_LEVELS } from "./levels.mjs";

const MOST = 12;

/** Counts block by block: { done, all }, and last with `tables`. */
export async function* measure(recording, analysis, { from, to }) {
  const { found } = recording.within(from, to);
  const tally = new Tally(analysis, from, to);
  for (const [done, place] of found.entries()) {
    const block = await recording.block(place, false);
    if (block) tally.add(block, recording.blocks[place].of);
    yield { from, to, done: done + 1, all: found.length, tables: null };
  }
  yield { from, to, done: found.length, all: found.length, tables: tally.tables() };
}

class Tally {
  constructor(analysis, from, to) {
    Object.assign(this, { analysis, from, to, threads: new Map(), places: new Map(), spans: new Map(), events: 0, polls: 0, busy: 0, longest: 0 });
    this.logs = LOG_LEVELS.map(() => 0);
  }

  add(block, of) {
    const { names } = this.analysis.engines[of];
    // The analysis may not have come so far.
    const tasks = new Map();
    for (let index = 0; index < block.count; index++) {
      if (block.code(index) === KIND.task_spawn) tasks.set(block.number(index, "task"), names.madeAt(block, index));
    }
    for (let index = 0; index < block.count; index++) {
      const code = block.code(index);
      const at = block.time[index];
      if (block.repeated[index] || at < this.from) continue;
      if (at <= this.to) this.events++;
      if (code === KIND.poll) this.poll(block, index, of, names, tasks);
      else if (code === KIND.park) this.park(block, index, of, names);
      else if (at > this.to) continue;
      else if (code === KIND.span) this.span(block, index);
      else if (code === KIND.log) this.logs[Math.max(0, LOG_LEVELS.indexOf(block.value(index, "level")))]++;
    }
  }

  /** How much of it is within the time; nothing where none is. */
  within(block, index) {
    const start = block.start(index);
    return start > this.to ? null : Math.min(block.time[index], this.to) - Math.max(start, this.from);
  }

  thread(block, index, of, names) {
    const key = of * 2 ** 32 + block.thread[index];
    if (!this.threads.has(key)) this.threads.set(key, { of, name: names.thread(block.thread[index]), thread: block.thread[index], polls: 0, busy: 0, parked: 0, longest: 0 });
    return this.threads.get(key);
  }

  poll(block, index, of, names, tasks) {
    const within = this.within(block, index);
    if (within === null) return;
    const length = block.time[index] - block.start(index);
    const place = tasks.get(block.number(index, "task")) ?? names.of(block.number(index, "task"));
    if (!this.places.has(place)) this.places.set(place, { polls: 0, busy: 0, longest: 0 });
    for (const all of [this.thread(block, index, of, names), this.places.get(place), this]) {
      all.polls++;
      all.busy += within;
      all.longest = Math.max(all.longest, length);
    }
  }

  park(block, index, of, names) {
    const within = this.within(block, index);
    if (within !== null) this.thread(block, index, of, names).parked += within;
  }

  span(block, index) {
    const name = block.text(index, "name");
    if (!this.spans.has(name)) this.spans.set(name, { count: 0, errors: 0, sum: 0, longest: 0 });
    const of = this.spans.get(name);
    const length = block.time[index] - block.start(index);
    of.count++;
    of.errors += ["error", "panicked"].includes(block.value(index, "status")) ? 1 : 0;
    of.sum += length;
    of.longest = Math.max(of.longest, length);
  }

  tables() {
    const { events, polls, busy, longest, from, to } = this;
    const time = to - from;
    const most = (all, by) => all.sort((a, b) => b[by] - a[by]).slice(0, MOST);
    const all = [...this.threads.values()].sort((a, b) => a.of - b.of || a.name.localeCompare(b.name, "en", { numeric: true }) || a.thread - b.thread);
    // As the timeline says them.
    const threads = all.map((one) => {
      const same = all.some((other) => other !== one && other.of === one.of && other.name === one.name);
      return { ...one, name: same ? `${one.name}, thread ${one.thread}` : one.name };
    });
    const places = most([...this.places].map(([{ said, place }, of]) => ({ name: said, place, ...of })), "busy");
    const spans = most([...this.spans].map(([name, of]) => ({ name, ...of })), "sum");
    const logs = LOG_LEVELS.map((level, index) => ({ level, count: this.logs[index] })).filter(({ count }) => count > 0);
    return { events, polls, busy, longest, time, threads, places, spans, logs };
  }
}
