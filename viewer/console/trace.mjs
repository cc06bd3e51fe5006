// One trace: its waterfall, the chosen span, and its logs.

import { el, fill, mark, say, svg } from "../shared/dom.mjs";
import { clock, count, duration, moment } from "../shared/format.mjs";
import { Rows } from "../shared/rows.mjs";
import { ticks } from "../shared/scale.mjs";
import { detailHead } from "./controls.mjs";
import { levelCell, messageCell } from "./logs.mjs";
import { href } from "./route.mjs";
import { spanDetail } from "./span.mjs";
import { extent, layout, ownTime } from "./waterfall.mjs";

export class TraceDetail {
  /** `choose(span_id)` is called for the chosen span. */
  constructor({ server, close, choose }) {
    this.server = server;
    this.title = el("h3");
    this.note = el("p", { class: "muted" });
    this.links = el("p", { class: "links" });
    this.rows = new Rows({
      label: "Spans of the trace",
      columns: this.columns(),
      key: (row) => row.span.span_id,
      onopen: (row) => choose(row.span.span_id),
    });
    this.rows.element.classList.add("waterfall");
    this.below = el("div", { class: "below" });
    this.element = el(
      "aside",
      { class: "detail wide", "aria-label": "Trace", hidden: true },
      detailHead(this.title, close),
      this.note,
      this.links,
      this.rows.element,
      this.below,
    );
  }

  columns() {
    return [
      { id: "name", title: "Span", width: "42%", make: (cell) => this.name(cell) },
      { id: "time", title: "Time", make: (cell) => (row) => this.bar(cell, row) },
      { id: "duration", title: "Duration", number: true, width: "84px", make: (cell) => (row) => this.time(cell, row) },
    ];
  }

  /** Shows a trace and the chosen span of it; `listed` is what the list knows, in case that the whole is gone. */
  show(id, span, listed) {
    this.element.hidden = id === undefined;
    if (id === undefined) {
      this.id = this.version = undefined;
      return undefined;
    }
    this.span = span;
    const version = `${id} ${listed?.spans} ${listed?.complete}`;
    if (this.version === version) return this.draw();
    this.version = version;
    if (this.id !== id) this.waiting(id, listed);
    return this.load(id);
  }

  waiting(id, listed) {
    this.id = id;
    this.trace = undefined;
    say(this.title, listed?.root ?? "Trace");
    say(this.note, "…");
    fill(this.links);
    fill(this.below);
    this.rows.show([]);
  }

  async load(id) {
    try {
      const trace = await this.server.json(`/console/trace/${encodeURIComponent(id)}`);
      if (this.id === id) this.take(trace);
    } catch (error) {
      if (this.id === id && !this.trace) this.gone(error);
    }
  }

  gone(error) {
    const why =
      error.status === 404
        ? "It is not kept any more: the service keeps the latest traces, and the slowest of each kind."
        : error.message;
    say(this.note, why);
    fill(this.links, el("a", { href: href("logs", { trace: this.id }), text: "Look for its logs" }));
  }

  take(trace) {
    this.trace = trace;
    this.all = layout(trace);
    this.extent = extent(this.all);
    this.axis();
    say(this.title, trace.root || this.all[0]?.span.name || "Trace");
    // As the list counts them: a span that was cancelled, or that panicked, has a status of an error too.
    const errors = trace.spans.filter((span) => span.status !== undefined).length;
    const said = [
      moment(Number(BigInt(trace.start_ns) / 1_000_000n)),
      duration(Number(BigInt(trace.duration_ns)) / 1e6),
      `${count(trace.spans.length)} span${trace.spans.length === 1 ? "" : "s"}`,
      errors > 0 ? `${errors} with errors` : undefined,
      trace.complete ? undefined : "its root has not ended, or was not seen",
      trace.dropped_spans > 0 ? `${trace.dropped_spans} more did not fit` : undefined,
    ];
    say(this.note, said.filter(Boolean).join(" · "));
    fill(
      this.links,
      el("a", { href: href("logs", { trace: this.id }), text: `Logs of this trace (${trace.logs.length})` }),
      " · ",
      el("span", { class: "mono muted", text: trace.trace_id }),
    );
    this.draw();
  }

  draw() {
    if (!this.trace) return;
    const chosen = this.all.find((row) => row.span.span_id === this.span);
    this.rows.show(this.all, chosen?.span.span_id);
    const key = `${this.id} ${this.span} ${this.trace.spans.length} ${this.trace.logs.length}`;
    if (this.belowKey === key) return;
    this.belowKey = key;
    fill(this.below, chosen ? spanDetail(chosen, this.trace) : undefined, this.logs());
  }

  logs() {
    const begin = Number(BigInt(this.trace.start_ns) / 1000n) / 1000;
    const lines = this.trace.logs.map((line) => {
      const row = el(
        "tr",
        {},
        el("td", {
          class: "number muted",
          title: clock(line.at_ms),
          text: `+${duration(Math.max(line.at_ms - begin, 0))}`,
        }),
      );
      for (const [make, name] of [
        [levelCell, ""],
        [messageCell, "message"],
      ]) {
        const cell = el("td", { class: name });
        make(cell)(line);
        row.append(cell);
      }
      return row;
    });
    if (lines.length === 0) return el("p", { class: "muted", text: "No log line was written in this trace." });
    return [
      el("h3", { text: "Logs" }),
      el("table", { class: "lines", "aria-label": "Logs of the trace" }, el("tbody", {}, lines)),
    ];
  }

  axis() {
    const { from, to } = this.extent;
    const head = this.rows.heads.get("time");
    // The last mark would run out of the column.
    const marks = ticks(from, to, 4).filter((at) => (at - from) / (to - from) < 0.85);
    fill(
      head,
      marks.map((at) => {
        const label = el("span", { class: "tick", text: duration(at) });
        label.style.left = `${((at - from) / (to - from)) * 100}%`;
        return label;
      }),
    );
  }

  bar(cell, row) {
    if (row.bar?.parentNode === cell) return;
    const { from, to } = this.extent;
    const x = (at) => `${(((at - from) / (to - from)) * 100).toFixed(3)}%`;
    const rect = (name, [begin, end], y, height) =>
      svg("rect", { class: name, x: x(begin), width: x(end - begin + from), y, height });
    const bad =
      row.span.outcome === "error" || row.span.outcome === "panicked"
        ? " bad"
        : row.span.outcome === "cancelled"
          ? " warn"
          : "";
    row.bar = svg(
      "svg",
      { class: `bar${bad}`, width: "100%", height: 16, "aria-hidden": "true" },
      // What is too short to be seen is still there.
      svg("rect", { class: "whole least", x: x(row.from), width: 2, y: 3, height: 10 }),
      rect("whole", [row.from, row.to], 3, 10),
      row.own.slice(0, 200).map((part) => rect("own", part, 3, 10)),
      row.span.events
        .slice(0, 100)
        .map((event) =>
          svg("circle", { cx: x(Number(BigInt(event.at_ns) - BigInt(this.trace.start_ns)) / 1e6), cy: 8, r: 2.5 }),
        ),
    );
    fill(cell, row.bar);
  }

  time(cell, row) {
    say(cell, duration(row.to - row.from));
    mark(cell, "title", `${duration(ownTime(row))} of it are its own`);
  }

  name(cell) {
    const link = el("a", { class: "open" });
    const note = el("span", { class: "muted" });
    cell.append(link, " ", note);
    return ({ span, depth }) => {
      say(link, span.name);
      mark(link, "href", href("traces", { trace: this.id, span: span.span_id }));
      mark(link, "data-outcome", span.outcome);
      mark(cell, "title", `${span.name} – ${span.target}`);
      mark(cell, "data-depth", depth);
      cell.style.paddingLeft = `${10 + Math.min(depth, 20) * 14}px`;
      const failed = span.outcome && span.outcome !== "ok" ? ` – ${span.outcome}` : "";
      say(note, `${span.component || span.target}${failed}`);
    };
  }
}
