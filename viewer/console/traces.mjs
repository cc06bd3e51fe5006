// Traces: the recent ones and the slowest of each kind; the chosen one as a waterfall.

import { el, mark, say } from "../shared/dom.mjs";
import { clock, count, duration, moment, zone } from "../shared/format.mjs";
import { Rows } from "../shared/rows.mjs";
import { choice, matcher, nothing, prose, search, sortBy, toggle, toolbar } from "./controls.mjs";
import { href } from "./route.mjs";
import { TraceDetail } from "./trace.mjs";

const SORTS = {
  start: (trace) => trace.start_ms,
  root: (trace) => trace.root,
  duration: (trace) => trace.duration_ms,
  spans: (trace) => trace.spans,
  errors: (trace) => trace.errors,
};

export class Traces {
  constructor({ model, route, server }) {
    Object.assign(this, { model, route });
    const least = [
      ["", "any"],
      ["1", "1 ms"],
      ["10", "10 ms"],
      ["100", "100 ms"],
      ["1000", "1 s"],
    ];
    this.tools = toolbar([
      search(route, "Filter by name, target, trace id"),
      choice(route, "Show", "view", [
        ["recent", "the recent ones"],
        ["slowest", "the slowest of each kind"],
      ]),
      choice(route, "At least", "least", least),
      toggle(route, "with errors", "errors"),
    ]);
    this.rows = new Rows({
      label: "Traces",
      columns: columns(),
      key: (trace) => trace.trace_id,
      onsort: (id) => this.sort(id),
      onopen: (trace) => route.step({ trace: trace.trace_id, span: undefined }),
    });
    this.detail = new TraceDetail({
      server,
      close: () => this.close(),
      choose: (span) => route.step({ span }),
    });
    this.empty = nothing(
      "No trace yet.",
      el(
        "p",
        {},
        prose(
          "A trace begins with the first call of a function with `#[instrument]`. Make a request, and it is here within a second.",
        ),
      ),
    );
    const split = el("div", { class: "split" }, this.rows.element, this.detail.element);
    this.element = el("div", { class: "section" }, this.tools.element, this.empty, split);
  }

  show(params) {
    this.tools.show(params);
    this.params = params;
    this.element.classList.toggle("has-detail", params.trace !== undefined);
    this.update(new Set(["traces", "params"]));
  }

  update(topics) {
    if (!topics.has("traces") && !topics.has("hello")) return;
    this.empty.hidden = this.model.traces.size > 0 || !this.model.hello;
    const chosen = this.chosen();
    // Where hundreds come each second, what somebody reads or is about to click stays where it is.
    const isHeld = this.shown?.length > 0 && this.rows.isRead && topics.has("traces") && !topics.has("params");
    if (!isHeld) this.shown = chosen;
    this.rows.hide(this.params.trace === undefined ? [] : ["spans"]);
    this.rows.show(this.shown, this.params.trace);
    this.tools.left(this.kept(chosen.length, isHeld));
    this.detail.show(this.params.trace, this.params.span, this.model.traces.get(this.params.trace));
  }

  close() {
    this.route.step({ trace: undefined, span: undefined });
  }

  chosen() {
    const { q, errors, least, view } = this.params;
    const matches = matcher(q);
    const isSlowest = view === "slowest";
    const shown = [...this.model.traces.values()].filter(
      (trace) =>
        (!isSlowest || this.model.slowest?.has(trace.trace_id)) &&
        (!errors || trace.errors > 0) &&
        !(trace.duration_ms < Number(least ?? 0)) &&
        matches(trace.root, trace.target, trace.trace_id, trace.outcome),
    );
    const [sort, ascending] = this.sorting();
    this.rows.sorted(sort, ascending);
    return sortBy(shown, SORTS[sort], ascending, (trace) => trace.trace_id);
  }

  kept(shown, isHeld) {
    const { counted } = this.model.tracesSeen ?? {};
    const seen = counted ? `, ${count(counted)} seen` : "";
    return isHeld
      ? "held while the pointer or the focus is in the table"
      : `${count(shown)} of ${count(this.model.traces.size)} kept${seen}`;
  }

  sorting() {
    const { sort, order, view } = this.params;
    const fallback = view === "slowest" ? "duration" : "start";
    return [Object.hasOwn(SORTS, sort ?? "") ? sort : fallback, order === "up"];
  }

  sort(id) {
    const [sort, ascending] = this.sorting();
    this.route.set({ sort: id, order: sort === id && !ascending ? "up" : undefined });
  }
}

function columns() {
  return [
    { id: "start", title: "Begin", about: `in ${zone()}`, sorts: true, width: "112px", make: beginCell },
    { id: "root", title: "Root", sorts: true, make: rootCell },
    {
      id: "duration",
      title: "Duration",
      sorts: true,
      number: true,
      width: "84px",
      make: (cell) => (trace) => say(cell, duration(trace.duration_ms)),
    },
    {
      id: "spans",
      title: "Spans",
      sorts: true,
      number: true,
      width: "64px",
      make: (cell) => (trace) => say(cell, count(trace.spans)),
    },
    { id: "errors", title: "Errors", sorts: true, number: true, width: "64px", make: errorsCell },
  ];
}

function beginCell(cell) {
  const link = el("a", { class: "open" });
  cell.append(link);
  return (trace) => {
    say(link, clock(trace.start_ms));
    mark(link, "href", href("traces", { trace: trace.trace_id }));
    mark(link, "aria-label", `${trace.root}, ${clock(trace.start_ms)}`);
    mark(link, "title", moment(trace.start_ms));
  };
}

function rootCell(cell) {
  return (trace) => {
    say(cell, trace.complete === false ? `${trace.root || "?"} (not whole)` : trace.root);
    mark(cell, "title", trace.target);
  };
}

function errorsCell(cell) {
  return (trace) => {
    say(cell, trace.errors > 0 ? count(trace.errors) : "");
    mark(cell, "class", trace.errors > 0 ? "number bad" : "number");
  };
}
