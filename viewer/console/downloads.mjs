// Files to take along: dashboards, alerts, the catalogue, and the last seconds of a recording.

import { el, fill, say } from "../shared/dom.mjs";
import { bytes } from "../shared/format.mjs";
import { nothing, prose } from "./controls.mjs";

/** What there may be: where, its title, what it is good for, its name where the service does not say one. */
const FILES = [
  [
    "/console/dashboards.tar",
    "Dashboards",
    "Grafana dashboards made from the annotations: unpack, and import each with one click.",
    "dashboards.tar",
  ],
  [
    "/console/alerts.yml",
    "Alert rules",
    "Prometheus rules: errors, latency, saturation, burn rates of the objectives.",
    "alerts.yml",
  ],
  [
    "/catalog",
    "Catalogue",
    "Everything that the service can emit, as JSON: compare releases with `spanwright check --against`.",
    "catalog.json",
  ],
  [
    "/console/recording?seconds=",
    "Recording",
    "The last seconds of the flight recorder: polls, parks, wake-ups, spans and logs on one timeline. Open it with `spanwright view`.",
    "recording.spwr",
  ],
];

export class Downloads {
  constructor({ model, server }) {
    Object.assign(this, { model, server });
    this.list = el("ul", { class: "downloads" });
    this.empty = nothing("Nothing can be downloaded while the service is not connected.");
    this.element = el("div", { class: "section scroll" }, this.empty, this.list);
  }

  show() {
    this.update(new Set(["hello"]));
  }

  update(topics) {
    if (!topics.has("hello")) return;
    const { hello } = this.model;
    this.empty.hidden = hello !== undefined;
    if (!hello) return;
    const known = FILES.filter(([path]) => hello.downloads.includes(path));
    fill(
      this.list,
      known.map((file) => this.item(file)),
      hello.features.recorder === "flight" ? undefined : hint(),
    );
  }

  item([path, title, about, name]) {
    const status = el("span", { class: "muted", role: "status" });
    const seconds = path.endsWith("=") ? el("input", { type: "number", min: 1, max: 3600, value: 30 }) : undefined;
    const button = el("button", { type: "button", text: `Download ${title.toLowerCase()}` });
    button.addEventListener("click", async () => {
      const length = seconds ? String(Math.min(Math.max(Math.round(Number(seconds.value)) || 30, 1), 3600)) : "";
      button.disabled = true;
      say(status, "…");
      try {
        say(status, await this.save(path + length, name));
      } catch (error) {
        say(status, `It could not be had: ${error.message}`);
      } finally {
        button.disabled = false;
      }
    });
    return el(
      "li",
      {},
      el("h3", { text: title }),
      el("p", { class: "muted" }, prose(about)),
      el("p", { class: "toolbar" }, seconds ? el("label", {}, "Last seconds ", seconds) : undefined, button, status),
    );
  }

  /** Fetched rather than linked to: a token goes along, and a refusal is shown here. */
  async save(path, fallback) {
    const answer = await this.server.ask(path);
    const blob = await answer.blob();
    const [, named] = /filename="([^"/\\]+)"/.exec(answer.headers.get("content-disposition") ?? "") ?? [];
    const address = URL.createObjectURL(blob);
    el("a", { href: address, download: named ?? fallback }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
    return `${named ?? fallback}, ${bytes(blob.size)}`;
  }
}

function hint() {
  return el(
    "li",
    {},
    el("h3", { text: "Recording" }),
    el(
      "p",
      { class: "muted" },
      prose(
        "There is none: build with the feature `recorder` and set `recorder.flight`, and what has just happened can be downloaded here.",
      ),
    ),
  );
}
