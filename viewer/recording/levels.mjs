// What is shown of a recording where single events are too small to be seen: sums over equal parts of the time, for each lane.

import { KIND } from "./block.mjs";
import { depthOf } from "./rules/engine.mjs";

/** As many numbers at most, of all lanes together. */
const MOST = 1 << 21;
const MOST_PARTS = 1 << 15;
/** The longest span of each so many-th of the time is shown. */
const LANDMARKS = 1024;
const MOST_MARKS = 1000;
export const LOG_LEVELS = ["unknown", "trace", "debug", "info", "warn", "error"];

/** Adds what lies between two moments to columns of equal width: by how much of each is covered. */
export function spread(columns, from, to, origin, width) {
  const [first, last] = [(from - origin) / width, (to - origin) / width];
  const begin = Math.max(0, Math.floor(first));
  const end = Math.min(columns.length - 1, Math.floor(last));
  if (begin === end) columns[begin] += Math.min(last, end + 1) - Math.max(first, begin);
  else if (begin < end) {
    columns[begin] += begin + 1 - Math.max(first, begin);
    for (let at = begin + 1; at < end; at++) columns[at] += 1;
    columns[end] += Math.min(1, last - end);
  }
}

/** Notes the largest of what lies between two moments. */
export function raise(columns, from, to, origin, width, value) {
  const begin = Math.max(0, Math.floor((from - origin) / width));
  const end = Math.min(columns.length - 1, Math.floor((to - origin) / width));
  for (let at = begin; at <= end; at++) if (columns[at] < value) columns[at] = value;
}

export class Lane {
  constructor(of, thread, parts) {
    Object.assign(this, { of, thread, count: 0 });
    Object.assign(this, { busy: new Float32Array(parts), parked: new Float32Array(parts), longest: new Float32Array(parts) });
  }
}

/** Sums over equal parts of a time. */
export class Sums {
  constructor(from, to, parts) {
    Object.assign(this, { from, to, parts, width: (to - from) / parts, lanes: new Map() });
    this.logs = LOG_LEVELS.map(() => new Float32Array(parts));
    [this.depth, this.spans, this.errors] = [0, 1, 2].map(() => new Float32Array(parts));
  }

  lane(of, thread) {
    const key = of * 2 ** 32 + thread;
    let lane = this.lanes.get(key);
    if (lane === undefined) this.lanes.set(key, (lane = new Lane(of, thread, this.parts)));
    return lane;
  }

  at(time) {
    return Math.floor((time - this.from) / this.width);
  }

  /** Takes an event; gives the lane that it is on. */
  add(block, index, of, code) {
    const at = block.time[index];
    switch (code) {
      case KIND.poll: case KIND.park: case KIND.blocking_run: {
        const start = block.start(index);
        if (start > this.to || at < this.from) return null;
        const lane = this.lane(of, block.thread[index]);
        lane.count++;
        spread(code === KIND.park ? lane.parked : lane.busy, start, at, this.from, this.width);
        if (code === KIND.poll) raise(lane.longest, start, at, this.from, this.width, at - start);
        return lane;
      }
      case KIND.queue_depth: return void raise(this.depth, at, at, this.from, this.width, depthOf(block, index));
      case KIND.span: {
        const part = this.at(at);
        const failed = ["error", "panicked"].includes(block.value(index, "status"));
        if (part >= 0 && part < this.parts) (failed ? this.errors : this.spans)[part]++;
        return null;
      }
      case KIND.log: {
        const level = this.logs[LOG_LEVELS.indexOf(block.value(index, "level"))] ?? this.logs[0];
        const part = this.at(at);
        if (part >= 0 && part < this.parts) level[part]++;
      }
    }
    return null;
  }
}

export class Levels {
  constructor(recording) {
    const threads = new Set(recording.blocks.flatMap((block) => block.list.map((thread) => `${block.of}:${thread}`))).size || 64;
    // A few hundred events each, so that the next level is that of single events.
    const fits = Math.min(MOST_PARTS, Math.floor(MOST / (threads * 3)), Math.ceil(recording.events / 64));
    this.sums = new Sums(0, recording.length + 1, Math.max(4096, fits));
    Object.assign(this, { landmarks: [], marks: [] });
  }

  add(block, of, place) {
    const { kind } = block.columns;
    for (let index = 0; index < block.count; index++) {
      if (block.repeated[index]) continue;
      const code = block.codes[kind[index]];
      this.sums.add(block, index, of, code);
      if (code === KIND.span) this.landmark(block, index, of, place);
      else if (isMark(code) && this.marks.length < MOST_MARKS) this.marks.push(mark(block, index, of, place, code));
    }
  }

  landmark(block, index, of, place) {
    const [start, end] = [block.start(index), block.time[index]];
    const part = Math.floor((start / this.sums.to) * LANDMARKS);
    const before = this.landmarks[part];
    if (!before || before.end - before.start < end - start) this.landmarks[part] = spanOf(block, index, of, place);
  }
}

export const isMark = (code) => code === KIND.trigger || code === KIND.gap || code === KIND.open || code === KIND.user;

export const mark = (block, index, of, place, code) => ({ at: block.time[index], code, of, block: place, index });

export function spanOf(block, index, of, place) {
  return {
    start: block.start(index), end: block.time[index], name: block.text(index, "name"), id: block.value(index, "span"),
    parent: block.value(index, "parent"), status: block.value(index, "status"), of, block: place, index,
  };
}
