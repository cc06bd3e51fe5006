// Runtimes: what each worker does, what waits, and what the process takes.

import { el, fill, mark, say } from "../shared/dom.mjs";
import { bytes, count, duration, percent, rate } from "../shared/format.mjs";
import { Spark } from "../shared/spark.mjs";
import { nothing, prose } from "./controls.mjs";

export class Runtime {
  constructor({ model }) {
    this.model = model;
    this.empty = nothing(
      "No runtime is watched.",
      el("p", {}, prose("Runtimes of Tokio are seen with `#[spanwright::main]` and `metrics.runtimes = true`.")),
    );
    this.process = el("dl", { class: "figures", "aria-label": "Process" });
    this.runtimes = el("tbody");
    this.workers = new Map();
    this.body = el("tbody");
    this.note = el("p", { class: "muted" });
    const columns = [
      ["Worker"],
      ["Utilisation", 1],
      ["Lately"],
      ["Queue", 1],
      ["Polls/s", 1],
      ["Mean poll", 1],
      ["Steals/s", 1],
      ["State"],
    ];
    this.parts = el(
      "div",
      {},
      el("h3", { text: "Process" }),
      this.process,
      el("h3", { text: "Runtimes" }),
      table(
        "Runtimes",
        [["Runtime"], ["Workers", 1], ["Tasks", 1], ["Queue", 1], ["Blocking threads", 1], ["Blocking queue", 1]],
        this.runtimes,
      ),
      el("h3", { text: "Workers" }),
      table("Workers", columns, this.body),
      this.note,
    );
    this.element = el("div", { class: "section scroll" }, this.empty, this.parts);
  }

  show() {
    this.update(new Set(["runtime"]));
  }

  update(topics) {
    if (!topics.has("runtime") && !topics.has("beat") && !topics.has("hello")) return;
    const data = this.model.runtime;
    this.empty.hidden = !data || data.runtimes.length > 0;
    this.parts.hidden = !data;
    if (!data) return;
    this.figures(data.process ?? {});
    fill(this.runtimes, data.runtimes.map(runtimeRow));
    const seen = new Set();
    for (const worker of data.workers) {
      const id = `${worker.runtime} ${worker.worker}`;
      seen.add(id);
      if (!this.workers.has(id)) this.workers.set(id, new Worker(worker, this.body));
      this.workers.get(id).show(worker, this.model.workers.get(id).seen, this.model.shown);
    }
    for (const [id, row] of this.workers) {
      if (seen.has(id)) continue;
      row.element.remove();
      this.workers.delete(id);
    }
    fill(this.note, prose(this.hint(data)));
  }

  figures(process) {
    const figures = [
      ["Processor", process.cpu === null || process.cpu === undefined ? "–" : `${process.cpu.toFixed(2)} cores`],
      ["Memory", bytes(process.resident_bytes)],
      ["Threads", count(process.threads)],
      ["Open files", count(process.open_fds)],
    ];
    fill(
      this.process,
      figures.map(([name, value]) => el("div", {}, el("dt", { text: name }), el("dd", { text: value }))),
    );
  }

  /** Why some columns are empty, and what would fill them. */
  hint({ workers }) {
    const { features } = this.model.hello ?? {};
    const hints = [];
    if (features && !features.tokio_unstable)
      hints.push(
        "Queues, polls and steals of workers are known to a build with `--cfg tokio_unstable` in `RUSTFLAGS`.",
      );
    if (workers.length > 0)
      hints.push("Long polls, with their places in the code, are in a recording: see Downloads.");
    return hints.join(" ");
  }
}

function table(label, heads, body) {
  const row = el(
    "tr",
    {},
    heads.map(([text, number]) => el("th", { scope: "col", class: number ? "number" : undefined, text })),
  );
  return el("table", { "aria-label": label, class: "plain-table" }, el("thead", {}, row), body);
}

function runtimeRow(runtime) {
  const values = [runtime.workers, runtime.tasks, runtime.queue, runtime.blocking_threads, runtime.blocking_queue];
  return el(
    "tr",
    {},
    el("th", { scope: "row", text: runtime.runtime }),
    values.map((value) => el("td", { class: "number", text: count(value) })),
  );
}

/** A worker's row, which stays while its numbers change. */
class Worker {
  constructor({ runtime, worker }, body) {
    this.spark = new Spark(240, 20);
    this.cells = Array.from({ length: 6 }, () => el("td", { class: "number" }));
    const [utilisation, ...others] = this.cells;
    const state = others.pop();
    state.className = "";
    this.element = el(
      "tr",
      {},
      el("th", { scope: "row", text: `${runtime} ${worker}` }),
      utilisation,
      el("td", {}, this.spark.element),
      others,
      state,
    );
    body.append(this.element);
  }

  show(worker, seen, shown) {
    const mean = worker.mean_poll_us === null ? null : worker.mean_poll_us / 1000;
    const values = [
      percent(worker.utilisation),
      count(worker.queue),
      rate(worker.polls),
      duration(mean),
      rate(worker.steals),
      worker.parked ? "parked" : "runs",
    ];
    values.forEach((value, index) => say(this.cells[index], value));
    mark(this.cells[0], "class", worker.utilisation > 0.9 ? "number bad" : "number");
    this.spark.draw(seen.last(shown), 1);
  }
}
