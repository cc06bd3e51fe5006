// Objectives: how much of each one's error budget is left, and how fast it goes.

import { el, fill } from "../shared/dom.mjs";
import { count, duration, isNumber, percent, span } from "../shared/format.mjs";
import { nothing, prose } from "./controls.mjs";
import { href } from "./route.mjs";

export class Objectives {
  constructor({ model }) {
    this.model = model;
    this.empty = nothing(
      "No objective is declared.",
      el(
        "p",
        {},
        prose(
          'Write `#[instrument(metrics, slo(name = "quick", latency("99%" < "250ms")))]`: its budget is shown here, and its burn rate makes an alert.',
        ),
      ),
    );
    this.body = el("tbody");
    const heads = [
      ["Objective"],
      ["Function"],
      ["Target"],
      ["Calls", 1],
      ["Missed", 1],
      ["Budget left"],
      ["Burn, 5 min", 1],
      ["State"],
    ];
    this.table = el(
      "table",
      { "aria-label": "Objectives", class: "plain-table" },
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          heads.map(([text, number]) => el("th", { scope: "col", class: number ? "number" : undefined, text })),
        ),
      ),
      this.body,
    );
    this.element = el("div", { class: "section scroll" }, this.empty, this.table);
  }

  show() {
    this.update(new Set(["objectives"]));
  }

  update(topics) {
    if (!topics.has("objectives")) return;
    const rows = this.model.objectives ?? [];
    this.empty.hidden = rows.length > 0 || !this.model.objectives;
    this.table.hidden = rows.length === 0;
    fill(this.body, rows.map(objectiveRow));
  }
}

/** In what state an objective is: a word and its colour. */
export function stateOf(row) {
  if (!isNumber(row.budget_left)) return ["no calls yet", ""];
  if (row.budget_left < 0) return ["missed", "bad"];
  return row.burn_5m > 1 ? ["at risk", "warn"] : ["met", "good"];
}

/** The ratio as it was written: with all of its digits, and without zeros at its end. */
export function promise(row) {
  return `${Number((row.target_ratio * 100).toFixed(6))}%`;
}

function objectiveRow(row) {
  const [state, severity] = stateOf(row);
  const promised =
    row.indicator === "latency" ? `${promise(row)} within ${duration(row.bound_ms)}` : `${promise(row)} succeed`;
  return el(
    "tr",
    {},
    el(
      "th",
      { scope: "row" },
      el("strong", { text: row.name }),
      el("p", { class: "muted doc", text: row.description ?? "" }),
    ),
    el("td", {}, el("a", { href: href("functions", { f: row.function_id }), text: row.function })),
    el("td", { class: "nowrap" }, promised, el("span", { class: "muted", text: ` in ${span(row.window_seconds)}` })),
    el("td", { class: "number", text: count(row.total) }),
    el("td", { class: "number", text: count(row.bad) }),
    el("td", {}, budget(row, severity)),
    el("td", { class: "number", text: isNumber(row.burn_5m) ? `× ${row.burn_5m.toFixed(2)}` : "–" }),
    el("td", {}, el("span", { class: `badge ${severity}`, text: state })),
  );
}

/** A bar for what is left of the budget, with its number. */
export function budget(row, severity) {
  const left = row.budget_left;
  const meter = el("span", { class: `meter ${severity}`, "aria-hidden": "true" }, el("span"));
  meter.firstChild.style.width = `${Math.max(0, Math.min(left ?? 0, 1)) * 100}%`;
  return el(
    "span",
    { class: "budget" },
    meter,
    el("span", { class: "number", text: isNumber(left) ? percent(left) : "–" }),
  );
}
