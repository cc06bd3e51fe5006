// The configuration in force: each key, its value, and where that comes from.

import { el, mark, say } from "../shared/dom.mjs";
import { count } from "../shared/format.mjs";
import { Rows } from "../shared/rows.mjs";
import { choice, matcher, search, toolbar } from "./controls.mjs";

export class Configuration {
  constructor({ route, server }) {
    Object.assign(this, { route, server });
    this.tools = toolbar([
      search(route, "Filter by key, value, source"),
      choice(route, "Show", "from", [
        ["", "everything"],
        ["set", "what is set"],
        ["default", "what is by default"],
      ]),
    ]);
    this.rows = new Rows({
      label: "Configuration in force",
      columns: [
        { id: "key", title: "Key", width: "28%", make: keyCell },
        {
          id: "value",
          title: "Value",
          make: (cell) => (row) => (say(cell, row.value), mark(cell, "title", row.value)),
        },
        { id: "source", title: "From", width: "28%", make: sourceCell },
      ],
      key: (row) => row.key,
    });
    this.trouble = el("p", { class: "nothing", role: "alert", hidden: true });
    this.element = el("div", { class: "section" }, this.tools.element, this.trouble, this.rows.element);
    this.lines = [];
  }

  /** What is in force may have changed: it is asked at each visit. */
  show(params) {
    const isVisit = this.params === undefined || !this.element.isConnected;
    this.params = params;
    this.tools.show(params);
    this.draw();
    if (isVisit || !this.isLoaded) this.load();
  }

  update(topics) {
    if (topics.has("hello")) this.load();
  }

  async load() {
    this.isLoaded = true;
    try {
      this.lines = read(await this.server.text("/config"));
      this.trouble.hidden = true;
    } catch (error) {
      this.isLoaded = false;
      this.trouble.hidden = false;
      say(this.trouble, `The configuration could not be read: ${error.message}`);
    }
    this.draw();
  }

  draw() {
    const { q, from } = this.params;
    const matches = matcher(q);
    const wanted = (row) => !from || (row.source === "default") === (from === "default");
    const shown = this.lines.filter((row) => wanted(row) && matches(row.key, row.value, row.source));
    this.tools.left(`${count(shown.length)} of ${count(this.lines.length)} keys`);
    this.rows.show(shown);
  }
}

/** Takes the lines `key = value  # source` apart; a value may have either sign in it. */
export function read(text) {
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [, key, value, source] = /^(.*?) = (.*?)(?: +# (?!.* # )(.*))?$/.exec(line) ?? [undefined, line, "", ""];
      return { key, value, source: source ?? "" };
    });
}

function keyCell(cell) {
  const key = el("span", { class: "open mono" });
  cell.append(key);
  return (row) => say(key, row.key);
}

function sourceCell(cell) {
  return (row) => {
    say(cell, row.source);
    mark(cell, "class", row.source === "default" ? "muted" : "");
  };
}
