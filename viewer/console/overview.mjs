// The overview: what is busy, what is slow, what went wrong, and what was promised.

import { el, fill, mark, say } from "../shared/dom.mjs";
import { clock, duration, isNumber, rate } from "../shared/format.mjs";
import { sortBy } from "./controls.mjs";
import { errorCell, nameCell, sparkCell } from "./functions.mjs";
import { levelCell, messageCell, traceCell } from "./logs.mjs";
import { budget, stateOf } from "./objectives.mjs";
import { href } from "./route.mjs";

const BUSY = 8;
const SLOW = 8;
const WRONG = 8;

/** A table of a few rows that keeps its cells: `columns` are `[title, isNumber, make]`. */
class Brief {
  constructor(label, columns, count) {
    this.rows = Array.from({ length: count }, () => {
      const cells = columns.map(([, number], index) =>
        el(index === 0 ? "th" : "td", { scope: index === 0 ? "row" : undefined, class: number ? "number" : undefined }),
      );
      const shows = columns.map(([, , make], index) => make(cells[index]));
      return { element: el("tr", { hidden: true }, cells), show: (item) => shows.forEach((show) => show(item)) };
    });
    const heads = columns.map(([title, number]) =>
      el("th", { scope: "col", class: number ? "number" : undefined, text: title }),
    );
    this.element = el(
      "table",
      { "aria-label": label },
      el("thead", {}, el("tr", {}, heads)),
      el(
        "tbody",
        {},
        this.rows.map((row) => row.element),
      ),
    );
  }

  show(items) {
    this.element.hidden = items.length === 0;
    this.rows.forEach((row, index) => {
      row.element.hidden = items[index] === undefined;
      if (items[index]) row.show(items[index]);
    });
  }
}

const number = (format, value) => (cell) => (row) => say(cell, format(value(row)));

export class Overview {
  constructor({ model }) {
    this.model = model;
    this.busy = new Brief(
      "Busiest functions",
      [
        ["Function", false, nameCell],
        ["Calls/s", true, number(rate, (row) => row.rate)],
        ["Lately", false, sparkCell],
        ["Errors", true, errorCell],
        ["p50", true, number(duration, (row) => row.p50_ms)],
        ["p99", true, number(duration, (row) => row.p99_ms)],
      ],
      BUSY,
    );
    this.slow = new Brief(
      "Slowest traces",
      [
        ["Root", false, traceNameCell],
        ["Duration", true, number(duration, (trace) => trace.duration_ms)],
        ["Spans", true, number(String, (trace) => trace.spans)],
        [
          "Begin",
          true,
          number(
            (at) => clock(at, { millis: false }),
            (trace) => trace.start_ms,
          ),
        ],
      ],
      SLOW,
    );
    this.wrong = new Brief(
      "Latest warnings and errors",
      [
        ["Time", false, number(clock, (line) => line.at_ms)],
        ["Level", false, levelCell],
        ["Message", false, messageCell],
        ["Trace", false, traceCell],
      ],
      WRONG,
    );
    this.wrong.element.classList.add("wrong");
    this.promised = new Brief(
      "Objectives",
      [
        ["Objective", false, objectiveCell],
        ["Budget left", false, budgetCell],
        ["State", false, stateCell],
      ],
      8,
    );
    this.panels = [
      panel(
        "Busiest functions",
        "functions",
        {},
        this.busy,
        "No function was called yet. Make a request, and it is here within a second.",
      ),
      panel("Slowest traces", "traces", { view: "slowest" }, this.slow, "No trace was kept yet."),
      panel("Latest warnings and errors", "logs", { level: "WARN" }, this.wrong, "Nothing was warned of so far."),
      panel("Objectives", "objectives", {}, this.promised, "None is declared: slo(…) in an annotation makes one."),
    ];
    const [busy, slow, wrong, promised] = this.panels;
    this.element = el(
      "div",
      { class: "section scroll" },
      el(
        "div",
        { class: "panels" },
        el("div", {}, busy.element, wrong.element),
        el("div", {}, promised.element, slow.element),
      ),
    );
  }

  show() {
    this.update(new Set(["functions", "traces", "logs", "objectives"]));
  }

  update(topics) {
    const { model } = this;
    const [busy, slow, wrong, promised] = this.panels;
    if (topics.has("functions") || topics.has("beat")) {
      const called = [...model.functions.values()].filter((row) => row.calls > 0);
      busy.show(sortBy(called, (row) => row.rate, false).slice(0, BUSY), model.functionsAt);
    }
    if (topics.has("traces")) {
      const traces = [...model.traces.values()];
      slow.show(
        sortBy(
          traces,
          (trace) => trace.duration_ms,
          false,
          (trace) => trace.trace_id,
        ).slice(0, SLOW),
        model.hello,
      );
    }
    if (topics.has("logs") || topics.has("hello")) wrong.show(this.warnings(), model.hello);
    if (topics.has("objectives")) promised.show(model.objectives ?? [], model.objectives);
  }

  /** The latest first; from the end on, since they are rarely far. */
  warnings() {
    const found = [];
    for (let index = this.model.lines.length - 1; index >= 0 && found.length < WRONG; index -= 1) {
      const line = this.model.lines[index];
      if (line.level === "WARN" || line.level === "ERROR") found.push(line);
    }
    return found;
  }
}

function panel(title, section, params, brief, nothing) {
  const empty = el("p", { class: "muted", hidden: true, text: nothing });
  const head = el(
    "div",
    { class: "head" },
    el("h3", { text: title }),
    el("a", { href: href(section, params), text: "all", "aria-label": `all: ${title}` }),
  );
  const element = el("section", { class: "panel", "aria-label": title }, head, empty, brief.element);
  const show = (items, isKnown) => {
    empty.hidden = items.length > 0 || !isKnown;
    brief.show(items);
  };
  return { element, show };
}

function traceNameCell(cell) {
  const link = el("a");
  cell.append(link);
  return (trace) => {
    say(link, trace.root || trace.trace_id);
    mark(link, "href", href("traces", { trace: trace.trace_id }));
    mark(link, "class", trace.errors > 0 ? "bad" : undefined);
    mark(cell, "title", trace.errors > 0 ? `${trace.target}, with errors` : trace.target);
  };
}

function objectiveCell(cell) {
  const link = el("a");
  cell.append(link);
  return (row) => {
    say(link, row.name);
    mark(link, "href", href("functions", { f: row.function_id }));
    mark(cell, "title", row.description);
  };
}

function budgetCell(cell) {
  return (row) => fill(cell, budget(row, isNumber(row.budget_left) ? stateOf(row)[1] : ""));
}

function stateCell(cell) {
  const badge = el("span");
  cell.append(badge);
  return (row) => {
    const [state, severity] = stateOf(row);
    say(badge, state);
    mark(badge, "class", `badge ${severity}`);
  };
}
