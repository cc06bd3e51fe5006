// Functions: rate, errors and durations of each, sorted, searched and grouped; the chosen one in detail.

import { el, mark, say } from "../shared/dom.mjs";
import { count, duration, isNumber, percent, rate } from "../shared/format.mjs";
import { Rows } from "../shared/rows.mjs";
import { Spark } from "../shared/spark.mjs";
import { choice, matcher, nothing, prose, search, sortBy, toolbar } from "./controls.mjs";
import { FunctionDetail, together } from "./function.mjs";
import { summed } from "./model.mjs";
import { href } from "./route.mjs";

/** What a column is sorted by, and whether a first click begins with the least. */
const SORTS = {
  name: [(row) => row.name, true],
  component: [(row) => row.component || row.module, true],
  rate: [(row) => row.rate],
  errors: [(row) => row.error_ratio],
  p50: [(row) => row.p50_ms],
  p95: [(row) => row.p95_ms],
  p99: [(row) => row.p99_ms],
  in_flight: [(row) => row.in_flight],
  calls: [(row) => row.calls],
};

/** How long an order holds while numbers change, so that rows can be read. */
const HOLD = 3000;

export class Functions {
  constructor({ model, route }) {
    Object.assign(this, { model, route });
    this.tools = toolbar([
      search(route, "Filter by name, module, component, file"),
      (this.grouping = choice(route, "Group by", "group", [
        ["component", "component"],
        ["module", "module"],
        ["none", "nothing"],
      ])),
    ]);
    this.rows = new Rows({
      label: "Functions",
      columns: columns(),
      key: (item) => item.group ?? item.id,
      onsort: (id) => this.sort(id),
      onopen: (item) => this.open(item),
      group: { is: (item) => item.group !== undefined, make: (cell) => groupCell(cell) },
    });
    this.detail = new FunctionDetail(model, () => this.close());
    this.empty = nothing(
      "No function is annotated.",
      el(
        "p",
        {},
        prose(
          "Write `#[instrument(metrics)]` above one: its rate, errors and durations are shown here from its first call on.",
        ),
      ),
    );
    const split = el("div", { class: "split" }, this.rows.element, this.detail.element);
    this.element = el("div", { class: "section" }, this.tools.element, this.empty, split);
    this.folded = new Set();
    this.params = {};
    this.orderAt = 0;
  }

  show(params) {
    this.tools.show(params);
    // A row that is opened stays where it is.
    if (params.sort !== this.params.sort || params.order !== this.params.order) this.orderAt = 0;
    this.params = params;
    this.update(new Set(["functions"]));
  }

  update(topics) {
    if (!["functions", "beat", "hello", "traces"].some((topic) => topics.has(topic))) return;
    const all = [...this.model.functions.values()];
    this.empty.hidden = all.length > 0 || !this.model.functionsAt;
    const { f } = this.params;
    // The detail says what is left out beside it, and a group's name is its functions' module.
    const isGrouped = this.grouping.value() !== "none";
    this.rows.hide([
      ...(isGrouped ? ["component"] : []),
      ...(f === undefined ? [] : ["component", "p95", "in_flight", "calls"]),
    ]);
    this.rows.show(this.grouped(this.ordered(all)), Number(f));
    this.detail.show(f === undefined ? undefined : this.model.functions.get(Number(f)));
  }

  close() {
    this.route.step({ f: undefined });
  }

  open(item) {
    if (item.group === undefined) return this.route.step({ f: item.id });
    if (!this.folded.delete(item.group)) this.folded.add(item.group);
    return this.show(this.params);
  }

  sort(id) {
    const [sort, ascending] = this.sorting();
    const isAscending = sort === id ? !ascending : (SORTS[id][1] ?? false);
    this.route.set({ sort: id, order: isAscending ? "up" : "down" });
  }

  sorting() {
    const sort = Object.hasOwn(SORTS, this.params.sort ?? "") ? this.params.sort : "rate";
    return [sort, this.params.order ? this.params.order === "up" : (SORTS[sort][1] ?? false)];
  }

  /** Those that the filter lets through, in order. */
  ordered(all) {
    const matches = matcher(this.params.q);
    const shown = all.filter((row) => matches(row.name, row.module, row.function, row.component, row.file));
    this.tools.left(
      shown.length === all.length
        ? `${count(all.length)} functions`
        : `${count(shown.length)} of ${count(all.length)} functions`,
    );
    const [sort, ascending] = this.sorting();
    this.rows.sorted(sort, ascending);
    const isDue = performance.now() - this.orderAt > HOLD && !this.rows.isRead;
    if (this.orderAt === 0 || isDue || shown.some((row) => !this.order.has(row.id))) {
      this.orderAt = performance.now();
      this.order = new Map(sortBy(shown, SORTS[sort][0], ascending).map((row, index) => [row.id, index]));
    }
    return shown.sort((one, other) => this.order.get(one.id) - this.order.get(other.id));
  }

  /** Puts a row before each group's. Groups come in the order of their first. */
  grouped(rows) {
    const by = this.grouping.value();
    if (by === "none") return rows;
    const name = (row) => (by === "component" && row.component) || row.module || row.target;
    const groups = new Map();
    for (const row of rows) {
      if (!groups.has(name(row))) groups.set(name(row), []);
      groups.get(name(row)).push(row);
    }
    return [...groups].flatMap(([group, members]) => {
      const isFolded = this.folded.has(group);
      return [{ group, members, isFolded }, ...(isFolded ? [] : members)];
    });
  }
}

function columns() {
  const number = (id, title, format, value, about) => ({
    id,
    title,
    about,
    number: true,
    sorts: true,
    width: "78px",
    make: (cell) => (row) => say(cell, format(value(row))),
  });
  return [
    { id: "name", title: "Function", sorts: true, make: nameCell },
    {
      id: "component",
      title: "Module",
      sorts: true,
      width: "18%",
      make: (cell) => (row) => say(cell, row.module ?? row.target),
    },
    number("rate", "Calls/s", rate, (row) => row.rate, "over the last 5 seconds"),
    {
      id: "spark",
      title: "Lately",
      width: "112px",
      make: sparkCell,
      about: "calls a second since this page was opened, or in the last five minutes",
    },
    {
      ...number("errors", "Errors", percent, (row) => row.error_ratio, "of the calls in the last minute"),
      make: errorCell,
    },
    number("p50", "p50", duration, (row) => row.p50_ms, "of the calls in the last minute"),
    number("p95", "p95", duration, (row) => row.p95_ms, "of the calls in the last minute"),
    number("p99", "p99", duration, (row) => row.p99_ms, "of the calls in the last minute"),
    { ...number("trace", "Trace", String, () => ""), sorts: false, width: "64px", make: exemplarCell },
    number("in_flight", "In flight", count, (row) => row.in_flight, "calls that have begun and not ended"),
    number("calls", "Calls", count, (row) => row.calls, "since the process' start"),
  ];
}

export function nameCell(cell) {
  const link = el("a", { class: "open" });
  const others = el("span", { class: "muted" });
  cell.append(link, others);
  return (row) => {
    say(link, row.name);
    mark(link, "href", href("functions", { f: row.id }));
    say(others, row.counted_with > 0 ? ` + ${together(row)}` : "");
    const told = row.counted_with > 0 && `counted together with ${together(row)}`;
    mark(cell, "title", [row.name, row.doc, told].filter(Boolean).join("\n"));
  };
}

export function sparkCell(cell) {
  const spark = new Spark(100, 20, { stretch: true });
  cell.append(spark.element);
  return (row) => spark.draw(row.seen.rate.last(row.shown()));
}

export function errorCell(cell) {
  return (row) => {
    say(cell, percent(row.error_ratio));
    mark(cell, "class", `number ${row.error_ratio >= 0.05 ? "bad" : row.error_ratio > 0 ? "warn" : "muted"}`);
  };
}

/** The trace behind the slowest calls, one click away. */
function exemplarCell(cell) {
  const link = el("a", { text: "slow ↗" });
  cell.append(link);
  return ({ exemplar, name }) => {
    link.hidden = !exemplar?.kept;
    if (!exemplar?.kept) return;
    const said = `a slow trace of ${name}: ${duration(exemplar.value_ms)}`;
    mark(link, "aria-label", said);
    mark(link, "title", said);
    mark(link, "href", href("traces", { trace: exemplar.trace_id, span: exemplar.span_id }));
  };
}

function groupCell(cell) {
  const button = el("button", { type: "button", class: "open plain" });
  const sums = el("span", { class: "muted" });
  cell.append(button, sums);
  return ({ group, members, isFolded }) => {
    say(button, `${isFolded ? "▸" : "▾"} ${group}`);
    mark(button, "aria-expanded", String(!isFolded));
    const { rate: calls, error_ratio: ratio, p99_ms: p99 } = summed(members);
    const parts = [members.length === 1 ? "1 function" : `${members.length} functions`];
    if (isNumber(calls)) parts.push(`${rate(calls)} calls/s`);
    if (isNumber(ratio)) parts.push(`${percent(ratio)} errors`);
    if (isNumber(p99)) parts.push(`p99 up to ${duration(p99)}`);
    say(sums, parts.join(" · "));
  };
}
