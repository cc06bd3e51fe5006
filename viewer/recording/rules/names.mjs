// What is known of a recording's threads, runtimes and tasks, and of the places in the code that made tasks.

import { KIND } from "../block.mjs";
import { Histogram, Longest } from "./tally.mjs";

const MOST_PLACES = 1024;
const MOST_TASKS = 1 << 19;
const WORST = 3;

class Place {
  constructor(name, place) {
    Object.assign(this, { name, place, made: 0, before: 0, polls: new Histogram(), waits: new Histogram() });
    Object.assign(this, { long: 0, longSum: 0, veryLong: 0, worst: new Longest(WORST), panicked: 0, panickedAt: 0 });
  }

  get said() {
    return this.name || this.place;
  }
}

export class Names {
  constructor() {
    Object.assign(this, { threads: new Map(), runtimes: new Map(), tasks: new Map(), process: null, known: new Map() });
    this.unknown = new Place("(unknown)", "");
    this.places = [this.unknown];
  }

  /** Learns from all events of a block, those that are repeated too: what explains another may come later. */
  learn(block) {
    const { kind } = block.columns;
    const explains = block.codes.map((code) =>
      [KIND.task_spawn, KIND.blocking_spawn, KIND.thread, KIND.runtime, KIND.process].includes(code));
    for (let index = 0; index < block.count; index++) if (explains[kind[index]]) this.learnOne(block, index);
  }

  learnOne(block, index) {
    switch (block.code(index)) {
      case KIND.task_spawn: case KIND.blocking_spawn: return this.task(block, index);
      case KIND.thread: {
        const [runtime, worker] = [block.nanos(index, "runtime"), block.nanos(index, "worker")];
        const [name, role] = [block.text(index, "name"), block.value(index, "role")];
        return void this.threads.set(block.nanos(index, "id"), { name, role, runtime, worker });
      }
      case KIND.runtime: {
        const [name, workers] = [block.text(index, "name"), block.nanos(index, "workers")];
        return void this.runtimes.set(block.nanos(index, "id"), { name, workers, flavour: block.value(index, "flavour") });
      }
      case KIND.process: this.process = block.all(index).fields;
    }
  }

  task(block, index) {
    const task = block.number(index, "task");
    if (this.tasks.has(task) || this.tasks.size >= MOST_TASKS) return;
    this.tasks.set(task, { place: this.madeAt(block, index), local: block.value(index, "how") === "local" });
  }

  /** The place that a task was made at. Each block says few of them many times. */
  madeAt(block, index) {
    const { name, place } = block.fields[block.columns.kind[index]];
    const row = block.columns.row[index];
    if (!name || !place) return this.place(block.text(index, "name"), block.place(index));
    const key = name.values[row] * 2 ** 16 + place.values[row];
    const [line, column] = [place.lines[row], place.columns[row]];
    const known = (block.places ??= new Map()).get(key) ?? [];
    let found = known.find((one) => one.line === line && one.column === column);
    if (!found) {
      found = { line, column, place: this.place(block.text(index, "name"), block.place(index)) };
      block.places.set(key, [...known, found]);
    }
    return found.place;
  }

  place(name, place) {
    if (name === "" && place === "") return this.unknown;
    const key = `${place}\n${name}`;
    let found = this.known.get(key);
    if (found === undefined && this.places.length < MOST_PLACES) {
      found = new Place(name, place);
      this.places.push(found);
      this.known.set(key, found);
    }
    return found ?? this.unknown;
  }

  /** The place that made a task. */
  of(task) {
    return this.tasks.get(task)?.place ?? this.unknown;
  }

  /** With the worker's number where all have the same name, as those of Tokio. */
  thread(id) {
    const thread = this.threads.get(id);
    if (!thread?.name) return `thread ${id}`;
    return thread.worker >= 0 && !/[0-9]$/.test(thread.name) ? `${thread.name} ${thread.worker}` : thread.name;
  }

  runtime(id) {
    return this.runtimes.get(id)?.name || `runtime ${id}`;
  }
}
