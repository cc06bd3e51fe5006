// The catalogue: everything that the service can emit, with type, unit, labels, help and place in the code.

import { el, fill, mark, say } from "../shared/dom.mjs";
import { count, plain } from "../shared/format.mjs";
import { Rows } from "../shared/rows.mjs";
import { choice, detailHead, facts, matcher, search, sortBy, toolbar } from "./controls.mjs";

const KINDS = [
  ["", "everything"],
  ["metric", "metrics"],
  ["span", "spans"],
  ["attribute", "attributes"],
  ["derived", "derived metrics"],
];

export class Catalogue {
  constructor({ route, server }) {
    Object.assign(this, { route, server });
    this.tools = toolbar([search(route, "Filter by name, help, label, file"), choice(route, "Show", "kind", KINDS)]);
    this.rows = new Rows({
      label: "Catalogue",
      columns: columns(),
      key: (item) => item.id,
      onsort: (id) => this.sort(id),
      onopen: (item) => route.step({ item: item.id }),
    });
    this.detail = el("aside", { class: "detail", "aria-label": "Entry of the catalogue", hidden: true });
    this.trouble = el("p", { class: "nothing", role: "alert", hidden: true });
    const split = el("div", { class: "split" }, this.rows.element, this.detail);
    this.element = el("div", { class: "section" }, this.tools.element, this.trouble, split);
    this.items = [];
  }

  show(params) {
    this.tools.show(params);
    this.params = params;
    if (!this.isLoaded) this.load();
    this.draw();
  }

  /** What can be emitted changes with another process only. */
  update(topics) {
    if (topics.has("hello")) this.load();
  }

  close() {
    this.route.step({ item: undefined });
  }

  async load() {
    this.isLoaded = true;
    try {
      this.items = entries(await this.server.json("/catalog"));
      this.trouble.hidden = true;
    } catch (error) {
      this.isLoaded = false;
      this.trouble.hidden = false;
      say(this.trouble, `The catalogue could not be read: ${error.message}`);
    }
    this.draw();
  }

  draw() {
    const { q, kind, sort = "name", order, item } = this.params;
    const matches = matcher(q);
    const shown = this.items.filter((entry) => (!kind || entry.sort === kind) && matches(entry.text));
    this.tools.left(`${count(shown.length)} of ${count(this.items.length)} entries`);
    this.rows.sorted(sort, order !== "down");
    this.rows.show(
      sortBy(shown, (entry) => entry[sort], order !== "down"),
      item,
    );
    this.entry(this.items.find((entry) => entry.id === item));
  }

  sort(id) {
    const { sort = "name", order } = this.params;
    this.route.set({ sort: id, order: sort === id && order !== "down" ? "down" : undefined });
  }

  entry(entry) {
    this.detail.hidden = entry === undefined;
    if (entry === undefined) return;
    const { labels = [], ...more } = entry.source;
    for (const shown of ["name", "key", "help", "place"]) delete more[shown];
    const values = labels.map(({ name, help = "", values = [] }) => [
      name,
      [help, values.join(", ")].filter(Boolean).join(": "),
    ]);
    fill(
      this.detail,
      detailHead(el("h3", { class: "mono", text: entry.name }), () => this.close()),
      el("p", { class: "doc", text: entry.help }),
      facts([...Object.entries(more), ["place", entry.place]]),
      values.length > 0 ? [el("h3", { text: "Labels" }), facts(values)] : undefined,
    );
  }
}

/** All entries of a catalogue, alike. */
export function entries(catalog) {
  const place = (entry) =>
    entry.place?.file ? `${entry.place.file}:${entry.place.line}` : (entry.place?.module ?? "");
  const labels = (entry) => (entry.labels ?? []).map((label) => label.name).join(", ");
  const lists = [
    [
      "metric",
      catalog.metrics,
      (entry) => ({ type: entry.kind, unit: entry.unit, labels: labels(entry), help: entry.help }),
    ],
    [
      "span",
      catalog.spans,
      (entry) => ({
        type: `span, ${entry.kind ?? "internal"}`,
        labels: (entry.attributes ?? []).join(", "),
        help: entry.doc ?? "",
      }),
    ],
    [
      "attribute",
      catalog.attributes,
      (entry) => ({ name: entry.key, type: `attribute, ${plain(entry.type ?? entry.kind)}`, help: entry.help }),
    ],
    ["derived", catalog.derived, (entry) => ({ type: "recording rule", unit: entry.unit, help: entry.help })],
  ];
  return lists.flatMap(([sort, list, part]) =>
    (list ?? []).map((source) => {
      const entry = { sort, source, name: source.name, unit: "", labels: "", place: place(source), ...part(source) };
      entry.id = `${sort} ${entry.name} ${entry.place}`;
      entry.text = Object.values(entry)
        .filter((value) => typeof value === "string")
        .join("\n");
      return entry;
    }),
  );
}

function columns() {
  const text = (id, title, width) => ({
    id,
    title,
    width,
    sorts: true,
    make: (cell) => (entry) => (say(cell, entry[id] ?? ""), mark(cell, "title", entry[id])),
  });
  return [
    { id: "name", title: "Name", width: "26%", sorts: true, make: nameCell },
    text("type", "Type", "118px"),
    text("unit", "Unit", "76px"),
    text("labels", "Labels, attributes", "18%"),
    text("help", "Help"),
    text("place", "Where", "17%"),
  ];
}

function nameCell(cell) {
  const button = el("button", { type: "button", class: "open text mono" });
  cell.append(button);
  return (entry) => {
    say(button, entry.name);
    mark(cell, "title", entry.name);
  };
}
