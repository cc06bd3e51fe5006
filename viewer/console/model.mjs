// All that the service has told: bounded, whatever it tells.

import { LENGTH, Series } from "./series.mjs";

/** Traces and log lines that are kept at most, and how many beyond are put up with before the oldest go. */
export const TRACES = 10_000;
export const LINES = 5_000;
const SLACK = 500;

/** What is remembered of a function over time. */
const REMEMBERED = ["rate", "error_ratio", "p50_ms", "p99_ms"];

export class Model {
  /** `changed(topic)` is called after each event. */
  constructor(changed) {
    this.changed = changed;
    this.forget();
  }

  /** Forgets everything, as when another process answers. */
  forget() {
    this.hello = undefined;
    this.state = undefined;
    this.functions = new Map();
    this.objectives = undefined;
    this.runtime = undefined;
    this.workers = new Map();
    this.health = undefined;
    this.traces = new Map();
    this.tracesSeen = undefined;
    this.lines = [];
    this.linesGone = 0;
    this.linesDropped = 0;
    this.totals = { rate: new Series(), error_ratio: new Series(), p99_ms: new Series(), in_flight: new Series() };
    this.functionsAt = undefined;
    this.summary = undefined;
    this.beatAt = undefined;
    this.known = 0;
  }

  /** How many seconds a line shows: those that are known, in a few steps, so that a new page is not an empty one. */
  get shown() {
    return [30, 60, 90, 120, 180, 240].find((seconds) => seconds >= this.known) ?? LENGTH;
  }

  /** Takes an event of the stream. One of a newer version that is not known is passed over. */
  take(name, data) {
    const topics = {
      hello: () => this.greet(data),
      state: () => (this.state = data),
      functions: () => this.takeFunctions(data),
      objectives: () => (this.objectives = data.rows),
      runtime: () => this.takeRuntime(data),
      health: () => (this.health = data),
      traces: () => this.takeTraces(data),
      logs: () => this.takeLogs(data),
    };
    if (!Object.hasOwn(topics, name)) return;
    topics[name]();
    this.changed(name);
  }

  greet(hello) {
    const isAnother = this.hello && this.hello.started_ms !== hello.started_ms;
    if (isAnother) this.forget();
    this.hello = hello;
    // What the service's clock is ahead of ours.
    this.ahead = hello.now_ms - Date.now();
  }

  /** The service's time. */
  now() {
    return Date.now() + (this.ahead ?? 0);
  }

  takeFunctions({ at_ms, rows, window_ms }) {
    this.functionsAt = at_ms;
    this.windowMs = window_ms;
    for (const row of rows) {
      const known = this.functions.get(row.id);
      if (known) Object.assign(known, row);
      else this.functions.set(row.id, { ...row, seen: newSeries(), shown: () => this.shown });
    }
    this.summary = summed([...this.functions.values()]);
  }

  /**
   * Remembers what is, each second: of what has not changed the service says nothing. Without a connection it is a gap, as
   * where metrics are late, and a browser that was busy elsewhere makes up for the seconds that it has missed.
   */
  beat(isLive, now = performance.now()) {
    const seconds = this.beatAt === undefined ? 1 : Math.round((now - this.beatAt) / 1000);
    if (seconds < 1 || !this.summary) return;
    this.beatAt = now;
    this.known += seconds;
    const isKnown = isLive && !this.state?.metrics_late_since_ms;
    const remember = (series, value) => series.push(isKnown ? value : null, seconds);
    for (const each of this.functions.values()) {
      for (const what of REMEMBERED) remember(each.seen[what], each[what]);
    }
    for (const what of Object.keys(this.totals)) remember(this.totals[what], this.summary[what]);
    for (const { seen, utilisation } of this.workers.values()) remember(seen, utilisation);
    this.changed("beat");
  }

  takeRuntime(data) {
    this.runtime = data;
    const live = new Set();
    for (const worker of data.workers) {
      const id = `${worker.runtime} ${worker.worker}`;
      live.add(id);
      if (!this.workers.has(id)) this.workers.set(id, { seen: new Series() });
      this.workers.get(id).utilisation = worker.utilisation;
    }
    for (const id of this.workers.keys()) if (!live.has(id)) this.workers.delete(id);
  }

  takeTraces({ full, recent, slowest, counted, dropped }) {
    if (full) this.traces = new Map();
    // Each event tells what was lost since the one before.
    const before = full ? 0 : (this.tracesSeen?.dropped ?? 0);
    this.tracesSeen = { counted, dropped: before + (dropped ?? 0) };
    if (slowest) this.slowest = new Set(slowest.map((trace) => trace.trace_id));
    for (const trace of [...(slowest ?? []), ...(recent ?? [])]) this.traces.set(trace.trace_id, trace);
    if (this.traces.size <= TRACES + SLACK) return;
    for (const id of this.traces.keys()) {
      if (this.traces.size <= TRACES) break;
      if (!this.slowest?.has(id)) this.traces.delete(id);
    }
  }

  takeLogs({ full, lines, dropped }) {
    if (full) [this.lines, this.linesDropped, this.linesGone] = [[], 0, 0];
    for (const line of lines) this.lines.push(line);
    this.linesDropped += dropped ?? 0;
    if (this.lines.length > LINES + SLACK) {
      this.linesGone += this.lines.length - LINES;
      this.lines = this.lines.slice(-LINES);
    }
  }
}

function newSeries() {
  return Object.fromEntries(REMEMBERED.map((what) => [what, new Series()]));
}

const isUnknown = (value) => value === null || value === undefined;

/** Adds up functions: where some of them answer others' requests, those; else all that are counted. */
export function summed(functions) {
  const counted = functions.filter((each) => !isUnknown(each.calls));
  const serving = counted.filter((each) => each.kind === "server" || each.kind === "consumer");
  const of = serving.length > 0 ? serving : counted;
  // Functions that are counted together have the same numbers, which are added once.
  const once = new Map();
  for (const each of of) {
    const number = each.counted ?? each;
    if (isUnknown(once.get(number)?.in_flight)) once.set(number, each);
  }
  const sum = (what) => [...once.values()].reduce((sum, each) => sum + (each[what] ?? 0), 0);
  let slowest;
  for (const each of of) if (each.p99_ms !== null && !(each.p99_ms <= (slowest?.p99_ms ?? -1))) slowest = each;
  const ended = sum("ended");
  return {
    serves: serving.length > 0,
    functions: of.length,
    rate: of.length > 0 ? sum("rate") : null,
    errors: sum("errors"),
    error_ratio: ended > 0 ? sum("errors") / ended : null,
    p99_ms: slowest?.p99_ms ?? null,
    slowest,
    in_flight: of.some((each) => !isUnknown(each.in_flight)) ? sum("in_flight") : null,
  };
}
