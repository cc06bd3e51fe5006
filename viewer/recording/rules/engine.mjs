// What is wrong by a recording: most rules of `spanwright analyze`, by the same definitions (docs/recordings.md). `task-leak`, `missed-wake`
// and `worker-imbalance` are the command's alone.

import { KIND } from "../block.mjs";
import { Blocking } from "./blocking.mjs";
import { Names } from "./names.mjs";
import { Queues } from "./queues.mjs";
import { Spans } from "./spans.mjs";
import { Stalls } from "./stalls.mjs";
import { Tasks } from "./tasks.mjs";
import { IdleWorkers, Waits } from "./waits.mjs";

/** The command's bounds, where nothing else is said; in nanoseconds. */
export const BOUNDS = { long: 10e6, idle: 1e6, wait: 10e6, slow: 1e9 };

export class Engine {
  constructor(parts) {
    this.names = new Names();
    this.stalls = new Stalls();
    this.tasks = new Tasks(this.names);
    this.waits = new Waits(this.names, this.stalls, BOUNDS.wait);
    this.idle = new IdleWorkers(this.names, BOUNDS.idle);
    this.blocking = new Blocking(this.names, this.stalls, BOUNDS.long);
    this.queues = new Queues(parts);
    this.spans = new Spans();
    this.lost = 0;
  }

  /** Takes an event, in the order of time. */
  add(block, index) {
    const at = block.time[index];
    switch (block.code(index)) {
      case KIND.poll: return this.poll(block, index);
      case KIND.wake: return this.tasks.wake(block, index);
      case KIND.task_spawn: return this.tasks.spawn(block, index);
      case KIND.task_end: return this.tasks.end(block, index);
      case KIND.park: return this.park(block.thread[index], block.start(index), at);
      case KIND.queue_depth: return this.depth(block, index);
      case KIND.blocking_run: return this.run(block, index);
      case KIND.span: return this.span(block, index);
      case KIND.open: return this.open(block, index);
      case KIND.gap:
        this.tasks.missing = at;
        this.lost += Math.max(0, block.nanos(index, "lost"));
        return this.stalls.gap(at);
      default: this.names.learnOne(block, index);
    }
  }

  poll(block, index) {
    const key = block.number(index, "task");
    const [thread, start, end] = [block.thread[index], block.start(index), block.time[index]];
    const polled = this.tasks.poll(key, start, end);
    if (!polled) return;
    const { task, from } = polled;
    if (from >= 0) this.waits.waited(key, task, thread, from, start);
    this.blocking.poll(key, task.place, thread, start, end);
  }

  park(thread, start, end) {
    this.idle.park(thread, start, end);
    this.waits.park(thread, start, end);
    this.blocking.park(thread, start, end);
  }

  depth(block, index) {
    const [runtime, at] = [block.nanos(index, "runtime"), block.time[index]];
    this.stalls.look(runtime, at);
    const depth = depthOf(block, index);
    this.idle.sample(runtime, at, depth);
    this.queues.sample(runtime, at, depth, block.nanos(index, "blocking"));
  }

  run(block, index) {
    const key = block.number(index, "task");
    this.queues.run(this.names.of(key), block.start(index), block.time[index], block.nanos(index, "queued"));
    this.names.tasks.delete(key);
  }

  span(block, index) {
    const span = {
      id: block.value(index, "span"), parent: block.value(index, "parent"), name: block.text(index, "name"), place: block.place(index),
      start: block.start(index), end: block.time[index], thread: block.thread[index], task: block.number(index, "task"),
      status: block.value(index, "status"), busy: block.nanos(index, "busy"), idle: block.nanos(index, "idle"),
      queued: block.nanos(index, "queued"),
    };
    // None is no task, which no poll is of.
    if (span.task === -1) span.task = null;
    this.blocking.span(span);
    this.spans.add(span);
  }

  /** A poll that the process died in. */
  open(block, index) {
    const task = block.number(index, "task");
    if (block.value(index, "what") !== "poll" || task === -1) return;
    this.blocking.poll(task, this.names.of(task), block.thread[index], block.start(index), block.time[index], true);
  }

  finish() {
    this.waits.finish();
    this.blocking.finish();
  }
}

/** All tasks that wait for workers. */
export function depthOf(block, index) {
  const workers = block.value(index, "workers") ?? [];
  return workers.reduce((sum, depth) => sum + Number(depth), Math.max(0, block.nanos(index, "global")));
}
