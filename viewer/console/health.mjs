// Health: what the service says about itself, check by check.

import { el, fill } from "../shared/dom.mjs";
import { clock, duration, plain, span } from "../shared/format.mjs";
import { facts, nothing, prose } from "./controls.mjs";

const SEVERITY = { ok: "good", healthy: "good", degraded: "warn", unhealthy: "bad", shutting_down: "warn" };
/** What has a place of its own. */
const KNOWN = new Set(["at_ms", "checks", "service", "status", "uptime_seconds"]);

export class Health {
  constructor({ model }) {
    this.model = model;
    this.state = el("div", { class: "state" });
    this.body = el("tbody");
    this.empty = nothing(
      "No check is registered.",
      el(
        "p",
        {},
        prose('Give it one: `health::add(Check::new("database", …))`; it is asked at each look, with a time limit.'),
      ),
    );
    const heads = ["Check", "State", "Took", "Said"];
    this.table = el(
      "table",
      { "aria-label": "Health checks", class: "plain-table" },
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          heads.map((text) => el("th", { scope: "col", text })),
        ),
      ),
      this.body,
    );
    this.fields = el("div");
    this.element = el("div", { class: "section scroll" }, this.state, this.empty, this.table, this.fields);
  }

  show() {
    this.update(new Set(["health"]));
  }

  update(topics) {
    const { health } = this.model;
    if (!health || !topics.has("health")) return;
    const checks = Object.entries(health.checks ?? {});
    fill(
      this.state,
      badge(health.status),
      ` for ${span(health.uptime_seconds)} of uptime, asked at ${clock(health.at_ms, { millis: false })}`,
    );
    this.empty.hidden = checks.length > 0;
    this.table.hidden = checks.length === 0;
    fill(this.body, checks.map(checkRow));
    const own = Object.entries(health).filter(([name]) => !KNOWN.has(name));
    fill(this.fields, facts(own));
  }
}

function badge(status) {
  return el("span", { class: `badge ${SEVERITY[status] ?? "bad"}`, text: status });
}

/** Without `detail`, a check is its word alone. */
function checkRow([name, check]) {
  const { status, duration_ms: took, reason, ...more } = typeof check === "string" ? { status: check } : check;
  const said = [reason, ...Object.entries(more).map(([key, value]) => `${key}=${plain(value)}`)]
    .filter(Boolean)
    .join(" ");
  return el(
    "tr",
    {},
    el("th", { scope: "row", text: name }),
    el("td", {}, badge(status)),
    el("td", { text: duration(took) }),
    el("td", { class: "message", text: said }),
  );
}
