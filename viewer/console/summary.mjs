// The strip at the top: whether the service is well, at a glance.

import { el, fill, mark, say } from "../shared/dom.mjs";
import { count, duration, isNumber, percent, rate, span } from "../shared/format.mjs";
import { Spark } from "../shared/spark.mjs";
import { href } from "./route.mjs";

/** From this share of errors on, and for as long as there are any, the number is one to look at. */
const ERRORS_BAD = 0.05;

export class Summary {
  constructor(place) {
    const tile = (label, section, params, drawn = true) => {
      const tile = {
        label: el("span", { class: "label", text: label }),
        value: el("span", { class: "value", text: "–" }),
        note: el("span", { class: "note cut" }),
        spark: drawn ? new Spark(160, 26, { stretch: true }) : undefined,
      };
      tile.element = el(
        "a",
        { class: "tile", href: href(section, params) },
        tile.label,
        tile.value,
        tile.note,
        tile.spark?.element,
      );
      return tile;
    };
    this.rate = tile("Calls a second", "functions", { sort: "rate" });
    this.errors = tile("Errors", "functions", { sort: "errors" });
    this.p99 = tile("Slowest p99", "functions", { sort: "p99" });
    this.inFlight = tile("In flight", "functions", { sort: "in_flight" });
    this.health = tile("Health", "health", {}, false);
    this.objectives = tile("Objectives", "objectives", {}, false);
    fill(
      place,
      [this.rate, this.errors, this.p99, this.inFlight, this.health, this.objectives].map((tile) => tile.element),
    );
  }

  update(model) {
    if (model.summary) this.functions(model);
    this.healthState(model.health);
    this.objectiveState(model.objectives);
  }

  functions({ summary, totals, functions, shown, windowMs }) {
    const window = `in the last ${windowMs >= 60_000 ? "minute" : span(windowMs / 1000)}`;
    say(this.rate.label, summary.serves ? "Requests a second" : "Calls a second");
    put(this.rate, rate(summary.rate), note(summary, functions.size));
    this.rate.spark.draw(totals.rate.last(shown));
    put(this.errors, percent(summary.error_ratio), `${count(summary.errors)} ${window}`, severity(summary));
    this.errors.spark.draw(totals.error_ratio.last(shown), Math.max(totals.error_ratio.greatest, 0.05));
    mark(this.errors.spark.element, "class", summary.errors > 0 ? "spark bad" : "spark");
    put(this.p99, duration(summary.p99_ms), summary.slowest?.name ?? `no call ${window}`);
    this.p99.spark.draw(totals.p99_ms.last(shown));
    put(this.inFlight, count(summary.in_flight), summary.in_flight === null ? "not counted" : "calls now");
    this.inFlight.spark.draw(totals.in_flight.last(shown));
  }

  healthState(health) {
    if (!health) return;
    const checks = Object.entries(health.checks ?? {});
    const ill = checks.filter(([, check]) => (check.status ?? check) !== "ok");
    const said =
      ill.length > 0
        ? `not well: ${ill.map(([name]) => name).join(", ")}`
        : `${checks.length} of ${checks.length} checks pass`;
    const class_ = { healthy: "good", degraded: "warn" }[health.status] ?? "bad";
    put(this.health, health.status, checks.length > 0 ? said : "no checks", class_);
  }

  objectiveState(objectives) {
    if (!objectives) return;
    const known = objectives.filter((row) => isNumber(row.budget_left));
    const missed = known.filter((row) => row.budget_left < 0);
    const burning = known.filter((row) => row.budget_left >= 0 && row.burn_5m > 1);
    if (objectives.length === 0) return put(this.objectives, "none", "declare one with slo(…)");
    if (missed.length > 0) {
      return put(this.objectives, `${missed.length} missed`, missed.map((row) => row.name).join(", "), "bad");
    }
    if (burning.length > 0) {
      return put(this.objectives, `${burning.length} at risk`, burning.map((row) => row.name).join(", "), "warn");
    }
    if (known.length === 0) return put(this.objectives, "–", `${objectives.length} without calls so far`);
    return put(this.objectives, "met", `${known.length} of ${objectives.length} have budget left`, "good");
  }
}

function put(tile, value, note, severity = "") {
  say(tile.value, value);
  mark(tile.value, "class", `value ${severity}`.trim());
  say(tile.note, note);
  mark(tile.note, "title", note);
}

function note(summary, all) {
  const functions = summary.functions === 1 ? "1 function" : `${summary.functions} functions`;
  return summary.serves ? `${functions} that serve, of ${all}` : `${functions} with metrics, of ${all}`;
}

function severity({ error_ratio: ratio }) {
  if (!isNumber(ratio)) return "";
  return ratio >= ERRORS_BAD ? "bad" : ratio > 0 ? "warn" : "good";
}
