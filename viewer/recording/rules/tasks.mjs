// Tasks that are alive: how long they waited from a wake-up to the poll.

import { KIND } from "../block.mjs";

const MOST = 1 << 19;
const NEVER = -1;

export class Tasks {
  constructor(names) {
    Object.assign(this, { names, alive: new Map(), missing: NEVER });
  }

  spawn(block, index) {
    const key = block.number(index, "task");
    const at = block.time[index];
    const place = this.names.madeAt(block, index);
    const local = block.code(index) === KIND.task_spawn && block.value(index, "how") === "local";
    const task = this.alive.get(key);
    if (task) {
      // Another thread had polled it a moment before this one came to say so.
      if (task.made !== NEVER) return;
      task.place.before = Math.max(0, task.place.before - 1);
      Object.assign(task, { made: at, place, local });
    } else if (this.alive.size < MOST) this.alive.set(key, newTask(place, at, at, local));
    place.made++;
  }

  /** A task, which may have been made before the recording began. */
  task(key, start) {
    let task = this.alive.get(key);
    if (task || this.alive.size >= MOST) return task;
    const known = this.names.tasks.get(key);
    task = newTask(known?.place ?? this.names.unknown, NEVER, start, known?.local ?? false);
    task.place.before++;
    this.alive.set(key, task);
    return task;
  }

  wake(block, index) {
    const at = block.time[index];
    const task = this.task(block.number(index, "task"), at);
    if (!task) return;
    if (task.woken === NEVER) task.woken = at;
    task.again = at;
  }

  /** The task that was polled, and since when it had waited, where that can be known. */
  poll(key, start, end) {
    const task = this.task(key, start);
    if (!task) return null;
    let from = NEVER;
    // It is told once until it is polled: at the second time there was a poll that is missing. And while it was polled, it did not wait.
    if (task.woken !== NEVER && task.woken <= start) {
      from = Math.max(task.again <= start ? task.again : task.woken, Math.min(task.last, start));
    } else if (task.polls === 0 && task.made !== NEVER && task.made <= start) from = task.made;
    if (from <= this.missing && this.missing <= start) from = NEVER;
    // Those that came while it was polled are for the next poll.
    if (task.woken <= start) task.woken = task.again > start ? task.again : NEVER;
    task.last = Math.max(task.last, end);
    task.polls++;
    task.place.polls.add(end - start);
    if (from !== NEVER) task.place.waits.add(start - from);
    return { task, from };
  }

  end(block, index) {
    const key = block.number(index, "task");
    const task = this.alive.get(key);
    const place = task?.place ?? this.names.of(key);
    if (!task) place.before++;
    this.alive.delete(key);
    this.names.tasks.delete(key);
    if (block.value(index, "how") !== "panicked") return;
    if (place.panicked++ === 0) place.panickedAt = block.time[index];
  }
}

const newTask = (place, made, last, local) => ({ place, made, last, local, polls: 0, woken: NEVER, again: NEVER });
