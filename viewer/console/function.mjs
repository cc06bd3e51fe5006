// One function: its five minutes, its place in the code, and its traces.

import { el, fill, mark, say } from "../shared/dom.mjs";
import { count, duration, percent, rate, span } from "../shared/format.mjs";
import { ceiling } from "../shared/scale.mjs";
import { Spark } from "../shared/spark.mjs";
import { detailHead, facts, sortBy } from "./controls.mjs";
import { href } from "./route.mjs";

const TRACES = 8;

export class FunctionDetail {
  constructor(model, close) {
    this.model = model;
    this.title = el("h3");
    this.doc = el("p", { class: "doc" });
    this.now = el("p", { class: "muted" });
    this.facts = el("div");
    this.charts = [
      new Chart("Calls a second", rate, ["rate"]),
      new Chart("Errors", percent, ["error_ratio"], 0.05),
      new Chart("p99 and p50", duration, ["p99_ms", "p50_ms"]),
    ];
    this.traces = el("div", { class: "brief" });
    this.element = el(
      "aside",
      { class: "detail", "aria-label": "Function", hidden: true },
      detailHead(this.title, close),
      this.doc,
      this.now,
      this.charts.map((chart) => chart.element),
      this.facts,
      this.traces,
    );
  }

  show(row) {
    this.element.hidden = row === undefined;
    if (row === undefined) return;
    say(this.title, row.name);
    say(this.doc, row.doc ?? "");
    this.doc.hidden = !row.doc;
    for (const chart of this.charts) chart.show(row);
    say(this.now, `${count(row.calls)} calls so far, ${count(row.in_flight)} in flight, p95 ${duration(row.p95_ms)}`);
    if (this.shown !== row.id) this.factsOf(row);
    this.shown = row.id;
    this.tracesOf(row);
  }

  factsOf(row) {
    const known = [
      ["Function", `${row.module ?? row.target}::${row.function ?? row.name}`],
      ["Place", row.file ? `${row.file}:${row.line}` : "–"],
      ["Component", row.component || "none"],
      ["Kind", row.kind ?? "internal"],
      ["Counted", countedOf(row)],
    ];
    fill(this.facts, facts(known));
  }

  tracesOf(row) {
    const roots = [...this.model.traces.values()].filter((trace) => trace.function_id === row.id);
    const slowest = sortBy(
      roots,
      (trace) => trace.duration_ms,
      false,
      (trace) => trace.trace_id,
    ).slice(0, TRACES);
    const links = slowest.map((trace) =>
      tracePlace(trace.trace_id, undefined, duration(trace.duration_ms), trace.errors),
    );
    const { exemplar } = row;
    if (exemplar?.kept && !slowest.some((trace) => trace.trace_id === exemplar.trace_id)) {
      links.unshift(tracePlace(exemplar.trace_id, exemplar.span_id, duration(exemplar.value_ms), 0));
    }
    const key = JSON.stringify([row.id, slowest.map((trace) => trace.trace_id), exemplar?.trace_id]);
    if (this.tracesKey === key) return;
    this.tracesKey = key;
    fill(
      this.traces,
      el("h3", { text: "Slow traces" }),
      links.length > 0
        ? el(
            "ul",
            { class: "chips" },
            links.map((link) => el("li", {}, link)),
          )
        : el("p", { class: "muted", text: "none is kept" }),
      el(
        "p",
        {},
        el("a", { href: href("traces", { q: row.name }), text: "traces that begin with it" }),
        " · ",
        el("a", { href: href("logs", { q: row.target }), text: "logs of its module" }),
      ),
    );
  }
}

function countedOf(row) {
  if (row.metrics === "elsewhere") return "in metrics that are not its own: see the catalogue";
  if (!row.metrics) return "no: add `metrics` to its annotation";
  return row.counted_with > 0 ? `together with ${together(row)}, so that each has the sum` : "yes";
}

/** The other functions that a row's numbers are of as well. */
export function together({ counted_with: others }) {
  return others === 1 ? "1 other" : `${others} others`;
}

function tracePlace(trace, span, text, errors) {
  return el("a", {
    href: href("traces", { trace, span }),
    class: errors > 0 ? "bad" : undefined,
    text: errors > 0 ? `${text} ✕` : text,
  });
}

/** The last minutes of one or two measures, with the scale's end and the last value. */
class Chart {
  constructor(title, format, what, least = 0) {
    Object.assign(this, { format, what, least });
    this.value = el("span", { class: "value" });
    this.top = el("span", { class: "top" });
    this.since = el("span");
    this.sparks = what.map(() => new Spark(300, 48, { stretch: true }));
    this.element = el(
      "figure",
      { class: "chart" },
      el("figcaption", {}, el("span", { text: title }), this.value),
      el(
        "div",
        { class: "plot" },
        this.sparks.map((spark) => spark.element),
      ),
      el("div", { class: "axis muted", "aria-hidden": "true" }, this.since, this.top, el("span", { text: "now" })),
    );
  }

  show(row) {
    const series = this.what.map((what) => row.seen[what]);
    const top = Math.max(ceiling(Math.max(...series.map((each) => each.greatest))), this.least);
    const isEmpty = series.every((each) => each.greatest === 0);
    series.forEach((each, index) => this.sparks[index].draw(each.last(row.shown()), isEmpty ? 1 : top));
    say(this.top, isEmpty ? "" : `up to ${this.format(top)}`);
    say(this.since, `${span(row.shown())} ago`);
    say(this.value, this.what.map((what) => this.format(row[what])).join(" / "));
    const isBad = this.what[0] === "error_ratio" && row.errors > 0;
    mark(this.sparks[0].element, "class", isBad ? "spark bad" : "spark");
  }
}
