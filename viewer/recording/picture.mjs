// What is to be drawn of a time: from single events where few enough are in it, else from the levels.

import { KIND } from "./block.mjs";
import { LOG_LEVELS, Sums, isMark, mark, raise, spanOf, spread } from "./levels.mjs";
import { row as taskRow } from "./tasks.mjs";

/** So many events at most are looked at one by one. */
export const SINGLE = 400000;
const TASKS = 40;
const SPANS = 1500;
const SPAN_ROWS = 24;
const POINTS = 1000;

/** A picture of a time, in so many columns. It is asked for step by step, so that a newer one can take its place. */
export async function* picture(recording, analysis, { from, to, columns, sight }) {
  const { found, events } = recording.within(from, to);
  if (events > SINGLE) return fromLevels(analysis, from, to, columns);
  const scene = new Scene(from, to, columns, sight);
  const blocks = [];
  for (const place of found) {
    const block = await recording.block(place);
    if (block) blocks.push({ block, place, of: recording.blocks[place].of });
    yield;
  }
  for (const { block, place, of } of blocks) scene.add(block, place, of);
  return { ...scene.result(), tasks: taskRows(scene, blocks, analysis) };
}

/** What single events say of a time. */
class Scene {
  constructor(from, to, columns, sight) {
    Object.assign(this, { from, to, sight, sums: new Sums(from, to, columns), slices: new Map(), spans: [], logs: [], marks: [] });
    Object.assign(this, { tasks: new Map(), events: 0 });
    /** What is as long as a column is shown by itself. */
    this.least = (to - from) / columns;
  }

  add(block, place, of) {
    const { kind } = block.columns;
    for (let index = 0; index < block.count; index++) {
      const at = block.time[index];
      if (block.repeated[index] || at < this.from) continue;
      const code = block.codes[kind[index]];
      const lane = this.sums.add(block, index, of, code);
      if (at <= this.to) this.events++;
      if (lane) this.slice(lane, block, index, place, code);
      else if (code === KIND.span) this.span(block, index, of, place);
      else if (at <= this.to) this.point(block, index, of, place, code);
    }
  }

  slice(lane, block, index, place, code) {
    const [start, end] = [block.start(index), block.time[index]];
    // Beside what is in sight nobody looks for tasks.
    if (code !== KIND.park && end >= this.sight.from && start <= this.sight.to) this.polled(block, index, lane.of, end - start);
    if (end - start < this.least) return;
    const key = lane.of * 2 ** 32 + lane.thread;
    if (!this.slices.has(key)) this.slices.set(key, []);
    this.slices.get(key).push(start, end, code, place, index);
  }

  polled(block, index, of, duration) {
    const task = block.number(index, "task");
    const key = of === 0 ? task : `${of}:${task}`;
    const known = this.tasks.get(key);
    if (known) known.busy += duration;
    else this.tasks.set(key, { of, task, busy: duration });
  }

  span(block, index, of, place) {
    if (block.start(index) <= this.to) this.spans.push(spanOf(block, index, of, place));
  }

  point(block, index, of, place, code) {
    if (isMark(code)) {
      if (this.marks.length < POINTS) this.marks.push(mark(block, index, of, place, code));
    } else if (code === KIND.log && this.logs.length < POINTS) {
      const level = Math.max(0, LOG_LEVELS.indexOf(block.value(index, "level")));
      this.logs.push({ at: block.time[index], level, message: block.text(index, "message"), of, block: place, index });
    }
  }

  result() {
    const lanes = [...this.sums.lanes.values()].map((lane) => {
      const slices = this.slices.get(lane.of * 2 ** 32 + lane.thread) ?? [];
      return { ...laneOf(lane), slices: Float64Array.from(slices) };
    });
    const { depth, logs, spans, errors } = this.sums;
    const { from, to, events, marks } = this;
    return { from, to, single: true, events, lanes, depth, levels: logs, spanCounts: spans, spanErrors: errors, logs: this.logs, marks, ...layOut(this.spans) };
  }
}

const laneOf = ({ of, thread, busy, parked, longest }) => ({ of, thread, busy, parked, longest });

/** Rows of spans: each below its parent, where that is there. */
function layOut(spans) {
  const shown = spans.length > SPANS ? spans.sort((a, b) => b.end - b.start - (a.end - a.start)).slice(0, SPANS) : spans;
  shown.sort((a, b) => a.start - b.start || b.end - a.end);
  const ends = [], rows = new Map(), placed = [];
  for (const span of shown) {
    let row = (rows.get(span.parent) ?? -1) + 1;
    while (row < SPAN_ROWS && ends[row] > span.start) row++;
    if (row >= SPAN_ROWS) continue;
    ends[row] = span.end;
    rows.set(span.id, row);
    placed.push({ ...span, row });
  }
  return { spans: placed, spanRows: ends.length, hiddenSpans: spans.length - placed.length };
}

/** The tasks that were polled the longest, each with its polls and waits. */
function taskRows(scene, blocks, analysis) {
  const busiest = [...scene.tasks.values()].sort((a, b) => b.busy - a.busy);
  const rows = busiest.slice(0, TASKS).map((task) => ({ ...task, polls: [], wakes: [], made: null, ended: null }));
  const byKey = new Map(rows.map((row) => [row.of === 0 ? row.task : `${row.of}:${row.task}`, row]));
  for (const { block, place, of } of blocks) {
    const { kind } = block.columns;
    for (let index = 0; index < block.count; index++) {
      const code = block.codes[kind[index]];
      if (code > KIND.blocking_run || code === KIND.park || code === KIND.queue_depth) continue;
      const task = block.number(index, "task");
      const row = byKey.get(of === 0 ? task : `${of}:${task}`);
      if (row) taskEvent(row, block, index, place, code);
    }
  }
  const shown = rows.map((row) => taskRow(row, scene, analysis.engines[row.of].names));
  // As they come: what leads to what is read from above.
  shown.sort((a, b) => a.first - b.first);
  return { rows: shown, hidden: busiest.length - rows.length };
}

function taskEvent(row, block, index, place, code) {
  const at = block.time[index];
  switch (code) {
    case KIND.poll: case KIND.blocking_run: return void (block.repeated[index] || row.polls.push([block.start(index), at, code, place, index]));
    case KIND.wake: return void row.wakes.push(at);
    case KIND.task_end: return void (row.ended = { at, how: block.value(index, "how") });
    case KIND.task_spawn: case KIND.blocking_spawn:
      row.made = at;
      row.name = block.text(index, "name");
      row.place = block.place(index);
  }
}

function fromLevels({ levels }, from, to, columns) {
  const { sums } = levels;
  const width = (to - from) / columns;
  const part = (of) => resampled(of, sums, from, width, columns, sums.width / width);
  const sum = (of) => resampled(of, sums, from, width, columns, 1);
  const most = (of) => resampled(of, sums, from, width, columns, 0);
  const lanes = [...sums.lanes.values()].map((lane) => {
    const { busy, parked, longest } = lane;
    return { ...laneOf(lane), busy: part(busy), parked: part(parked), longest: most(longest), slices: new Float64Array(0) };
  });
  const spans = levels.landmarks.filter((span) => span.end >= from && span.start <= to);
  const marks = levels.marks.filter(({ at }) => at >= from && at <= to);
  const counts = { depth: most(sums.depth), levels: sums.logs.map(sum), spanCounts: sum(sums.spans), spanErrors: sum(sums.errors) };
  return { from, to, single: false, events: null, lanes, ...counts, logs: [], marks, ...layOut(spans), hiddenSpans: null, tasks: { rows: [], hidden: null } };
}

/** The level's parts as columns of another width: what they sum up to, scaled; or the largest, where that is by nothing. */
function resampled(of, sums, from, width, columns, scale) {
  const out = new Float32Array(columns);
  const first = Math.max(0, Math.floor((from - sums.from) / sums.width));
  const last = Math.min(of.length - 1, Math.floor((from + width * columns - sums.from) / sums.width));
  for (let part = first; part <= last; part++) {
    if (of[part] === 0) continue;
    const [start, end] = [sums.from + part * sums.width, sums.from + (part + 1) * sums.width];
    if (scale === 0) raise(out, start, end - 1e-3, from, width, of[part]);
    else share(out, start, end, from, width, of[part] * scale);
  }
  return out;
}

const one = new Float32Array(1);
/** Spreads what was counted in a part over the columns that it covers. */
function share(out, start, end, from, width, amount) {
  const begin = Math.max(0, Math.floor((start - from) / width));
  const stop = Math.min(out.length - 1, Math.floor((end - from) / width));
  if (begin === stop && start >= from) {
    // Most parts lie within a column.
    out[begin] += amount;
    return;
  }
  for (let column = begin; column <= stop; column++) {
    one[0] = 0;
    spread(one, start, end, from + column * width, width);
    out[column] += (one[0] * width * amount) / (end - start);
  }
}
