// The side of the viewer that reads: in a worker, so that the page stays fluid. Jobs take turns block by block; what is looked at comes
// first, and a newer job of a kind takes the place of the one before.

import { Analysis } from "./analysis.mjs";
import { KIND } from "./block.mjs";
import { measure } from "./measure.mjs";
import { picture } from "./picture.mjs";
import { Recording } from "./recording.mjs";
import { search } from "./search.mjs";

/** The kinds of jobs, the most urgent first. */
const ORDER = ["open", "describe", "picture", "measure", "search", "analysis"];
/** So often it is told how far the analysis is. */
const EVERY = 500;
const DENSITY = 512;

export class Reading {
  constructor(send) {
    Object.assign(this, { send, jobs: new Map(), running: false, recording: null, analysis: null });
  }

  ask(request) {
    if (request.type === "open") this.jobs.clear();
    this.jobs.set(request.type, { request, steps: this.start(request) });
    if (!this.running) this.run();
  }

  start(request) {
    switch (request.type) {
      case "open": return this.open(request);
      case "describe": return this.describe(request);
      case "picture": return this.told(request, picture(this.recording, this.analysis, request));
      case "measure": return this.each(request, measure(this.recording, this.analysis, request));
      case "search": return this.each(request, search(this.recording, request));
      default: return this.analyse();
    }
  }

  async run() {
    this.running = true;
    for (;;) {
      const type = ORDER.find((type) => this.jobs.has(type));
      if (!type) break;
      const job = this.jobs.get(type);
      let done = true;
      try {
        done = (await job.steps.next()).done;
      } catch (error) {
        this.send({ type: "failed", job: type, message: error.message });
      }
      if (done && this.jobs.get(type) === job) this.jobs.delete(type);
      await turn();
    }
    this.running = false;
  }

  async *open({ files }) {
    const recording = await Recording.open(files);
    Object.assign(this, { recording, analysis: null });
    if (recording.blocks.length > 0) {
      this.analysis = new Analysis(recording);
      // The first tells of threads and runtimes, whose names are wanted at once.
      const first = await recording.block(0);
      if (first) this.analysis.engines[recording.blocks[0].of].names.learn(first);
    }
    this.send({ type: "opened", ...this.summary(), density: density(recording) });
    if (this.analysis) this.jobs.set("analysis", { steps: this.analyse() });
  }

  summary() {
    const { origin, length, events, blocks, problems, finished, files, numbers } = this.recording;
    const size = files.reduce((sum, file) => sum + file.size, 0);
    return { origin, length, events, blocks: blocks.length, size, problems, finished, recordings: numbers.length, ...this.names() };
  }

  /** The names of all threads that are known by now, and whose recordings these are. */
  names() {
    const threads = [], processes = [];
    this.analysis?.engines.forEach(({ names }, of) => {
      for (const [id, thread] of names.threads) {
        threads.push({ of, thread: id, name: names.thread(id), role: thread.role, runtime: thread.runtime >= 0 ? names.runtime(thread.runtime) : "" });
      }
      processes.push(names.process);
    });
    return { threads, processes };
  }

  async *analyse() {
    const { analysis, recording } = this;
    let last = performance.now();
    while (await analysis.step()) {
      if (performance.now() - last > EVERY) {
        last = performance.now();
        this.send({ type: "progress", done: analysis.done, all: recording.blocks.length, ...this.names() });
      }
      yield;
    }
    this.send({ type: "analysed", ...analysis.result(), ...this.summary() });
  }

  async *told({ id, type }, job) {
    let step = await job.next();
    for (; !step.done; step = await job.next()) yield;
    this.send({ type, id, ...step.value });
  }

  async *each({ id, type }, job) {
    for await (const part of job) {
      this.send({ type, id, ...part });
      yield;
    }
  }

  /** All that an event says, and what the recording says of its task. */
  async *describe({ id, block: place, index }) {
    const block = await this.recording.block(place);
    if (!block) return;
    const { of } = this.recording.blocks[place];
    const task = block.number(index, "task");
    let made = null;
    for (let other = 0; other < block.count && task !== -1 && !made; other++) {
      const spawns = block.code(other) === KIND.task_spawn || block.code(other) === KIND.blocking_spawn;
      if (spawns && block.number(other, "task") === task) made = { name: block.text(other, "name"), place: block.place(other) };
    }
    const said = { start: block.start(index), end: block.time[index], thread: this.analysis.engines[of].names.thread(block.thread[index]) };
    this.send({ type: "describe", id, ...block.all(index), ...said, task: task === -1 ? null : String(task), made, related: related(block, index) });
  }
}

/** What a block says of the same span or trace: logs and spans, from which the picture jumps to each. */
function related(block, index) {
  const [trace, span] = [block.value(index, "trace"), block.value(index, "span")];
  const found = [];
  for (let other = 0; other < block.count && trace && found.length < 50; other++) {
    const code = block.code(other);
    if (other === index || block.repeated[other] || (code !== KIND.span && code !== KIND.log)) continue;
    if (block.value(other, "trace") !== trace) continue;
    const said = code === KIND.log ? block.text(other, "message") : block.text(other, "name");
    const own = block.value(other, "span") === span || block.value(other, "parent") === span;
    found.push({ kind: code === KIND.log ? "log" : "span", said, own, start: block.start(other), end: block.time[other] });
  }
  return found;
}

/** How many events of each kind are in each part of the time, by the index alone; nothing where there is none. */
function density(recording) {
  const kinds = {};
  const width = recording.length / DENSITY;
  for (const block of recording.blocks) {
    const [first, last] = [Math.floor(block.begins / width), Math.min(DENSITY - 1, Math.floor(block.to / width))];
    for (const [kind, count] of block.kinds ?? [["events", block.events]]) {
      const parts = (kinds[kind] ??= new Float32Array(DENSITY));
      for (let part = first; part <= last; part++) parts[part] += count / (last - first + 1);
    }
  }
  return kinds;
}

/** Lets messages in. */
const channel = new MessageChannel();
let resume = () => {};
channel.port1.onmessage = () => resume();
const turn = () => new Promise((done) => {
  resume = done;
  channel.port2.postMessage(null);
});

export function serve(scope) {
  const reading = new Reading((message) => scope.postMessage(message));
  scope.onmessage = ({ data }) => reading.ask(data);
}
