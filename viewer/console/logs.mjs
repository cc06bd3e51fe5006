// Logs as they are written, with filters, and the way back to their traces.

import { el, fill, mark, say } from "../shared/dom.mjs";
import { clock, count, moment, plain, zone } from "../shared/format.mjs";
import { Rows } from "../shared/rows.mjs";
import { choice, detailHead, facts, matcher, nothing, prose, search, toolbar } from "./controls.mjs";
import { href } from "./route.mjs";

const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"];

export class Logs {
  constructor({ model, route, server }) {
    Object.assign(this, { model, route, server });
    this.button = el("button", { type: "button", "aria-pressed": "false", text: "Pause", onclick: () => this.pause() });
    this.trace = el("span", { class: "only" });
    this.tools = toolbar(
      [
        search(route, "Filter by message, field, target"),
        choice(route, "Level", "level", [
          ["", "all"],
          ...LEVELS.slice(1).map((level) => [level, `${level} and above`]),
        ]),
      ],
      this.button,
      this.trace,
    );
    this.rows = new Rows({
      label: "Log lines, the latest last",
      columns: columns(),
      key: (line) => line.id,
      onopen: (line) => route.set({ line: String(line.id) }),
    });
    this.rows.element.classList.add("logs");
    this.detail = el("aside", { class: "detail", "aria-label": "Log line", hidden: true });
    this.empty = nothing(
      "No log line yet.",
      el(
        "p",
        {},
        prose("Lines of `tracing` and `log` come here as they are written, at the level that `RUST_LOG` lets through."),
      ),
    );
    const split = el("div", { class: "split" }, this.rows.element, this.detail);
    this.element = el("div", { class: "section" }, this.tools.element, this.empty, split);
    this.gone = 0;
  }

  show(params) {
    const isOther = this.params === undefined || this.params.trace !== params.trace;
    this.params = params;
    this.tools.show(params);
    if (isOther) this.traced(params.trace);
    this.update(new Set(["logs"]));
    if (isOther) this.rows.toEnd();
  }

  update(topics) {
    if (!topics.has("logs") && !topics.has("hello")) return;
    const wasAtEnd = this.rows.isAtEnd;
    const all = this.held ?? this.lines();
    const shown = this.chosen(all);
    this.empty.hidden = all.length > 0 || !this.model.hello;
    // Reading in the middle goes on undisturbed while the oldest lines go.
    const first = shown[0]?.id;
    const shifted =
      this.first === undefined || first === undefined ? 0 : this.shown.findIndex((line) => line.id === first);
    [this.shown, this.first] = [shown, first];
    this.rows.show(shown, Number(this.params.line));
    if (wasAtEnd && !this.held) this.rows.toEnd();
    else if (shifted > 0) this.rows.shift(shifted);
    this.say(all, shown);
    this.lineDetail(all.find((line) => line.id === Number(this.params.line)));
  }

  say(all, shown) {
    const dropped = this.model.linesDropped > 0 ? `, ${count(this.model.linesDropped)} dropped by the service` : "";
    const waiting = this.held ? this.lines().filter((line) => line.id > (this.held.at(-1)?.id ?? 0)).length : 0;
    this.tools.left(`${count(shown.length)} of ${count(all.length)} lines${dropped}`);
    say(this.button, this.held ? `Go on (${count(waiting)} new)` : "Pause");
    mark(this.button, "aria-pressed", String(this.held !== undefined));
  }

  /** Holds what is shown, or goes on. */
  pause() {
    this.held = this.held ? undefined : [...this.lines()];
    this.update(new Set(["logs"]));
    if (!this.held) this.rows.toEnd();
    return true;
  }

  close() {
    this.route.set({ line: undefined });
  }

  /** All that there are: of one trace also those that were written before this page was opened. */
  lines() {
    const { trace } = this.params;
    if (!trace) return this.model.lines;
    const live = this.model.lines.filter((line) => line.trace_id === trace);
    const known = new Set(live.map((line) => line.id));
    const before = (this.ofTrace ?? []).filter((line) => !known.has(line.id));
    return [...before, ...live].sort((one, other) => one.id - other.id);
  }

  chosen(lines) {
    const { q, level } = this.params;
    const least = LEVELS.indexOf(level);
    const matches = matcher(q);
    return lines.filter((line) => LEVELS.indexOf(line.level) >= least && (!q || matches((line.text ??= text(line)))));
  }

  /** Asks for the lines of a trace, and says that only those are shown. */
  async traced(trace) {
    this.ofTrace = undefined;
    this.held = undefined;
    fill(this.trace);
    if (!trace) return;
    fill(
      this.trace,
      "of the trace ",
      el("a", { class: "mono", href: href("traces", { trace }), text: `${trace.slice(0, 8)}…`, title: trace }),
      el("button", {
        type: "button",
        class: "plain",
        text: "show all",
        onclick: () => this.route.set({ trace: undefined }),
      }),
    );
    try {
      const { logs } = await this.server.json(`/console/trace/${encodeURIComponent(trace)}`);
      if (this.params.trace !== trace) return;
      this.ofTrace = logs;
      this.update(new Set(["logs"]));
    } catch {
      // It is not kept: the lines that were streamed are what there is.
    }
  }

  lineDetail(line) {
    this.detail.hidden = line === undefined;
    if (line === undefined || this.detailOf === line) return;
    this.detailOf = line;
    const known = [
      ["At", moment(line.at_ms)],
      ["Level", line.level],
      ["Target", line.target],
    ];
    fill(
      this.detail,
      detailHead(el("h3", { text: "Log line" }), () => this.close()),
      el("p", { class: "message mono", text: line.message }),
      facts([...known, ...Object.entries(line.fields ?? {})]),
      line.trace_id
        ? el(
            "p",
            {},
            el("a", { href: href("traces", { trace: line.trace_id, span: line.span_id }), text: "Its trace" }),
            " · ",
            el("a", { href: href("logs", { trace: line.trace_id }), text: "Logs of that trace" }),
          )
        : el("p", { class: "muted", text: "Written outside of a span." }),
    );
  }
}

function text(line) {
  return `${line.message}\n${line.target}\n${line.level}\n${fields(line)}`;
}

function fields(line) {
  return Object.entries(line.fields ?? {})
    .map(([name, value]) => `${name}=${plain(value)}`)
    .join(" ");
}

function columns() {
  return [
    { id: "at", title: "Time", about: `in ${zone()}`, width: "108px", make: timeCell },
    { id: "level", title: "Level", width: "62px", make: levelCell },
    { id: "target", title: "Target", width: "15%", make: (cell) => (line) => say(cell, line.target) },
    { id: "message", title: "Message and fields", make: messageCell },
    { id: "trace", title: "Trace", width: "84px", make: traceCell },
  ];
}

function timeCell(cell) {
  const button = el("button", { type: "button", class: "open text mono" });
  cell.append(button);
  return (line) => {
    say(button, clock(line.at_ms));
    mark(button, "aria-label", `Open the line of ${clock(line.at_ms)}`);
  };
}

export function levelCell(cell) {
  const level = el("span");
  cell.append(level);
  return (line) => {
    say(level, line.level);
    mark(level, "class", `level ${LEVELS.includes(line.level) ? line.level : ""}`);
  };
}

export function messageCell(cell) {
  const message = el("span");
  const more = el("span", { class: "muted" });
  cell.append(message, " ", more);
  return (line) => {
    say(message, line.message);
    say(more, fields(line));
  };
}

export function traceCell(cell) {
  const link = el("a", { class: "mono" });
  cell.append(link);
  return (line) => {
    link.hidden = !line.trace_id;
    if (!line.trace_id) return;
    say(link, line.trace_id.slice(0, 8));
    mark(link, "href", href("traces", { trace: line.trace_id, span: line.span_id }));
    mark(link, "aria-label", `Trace ${line.trace_id.slice(0, 8)}`);
  };
}
