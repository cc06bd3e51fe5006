// A span in full: what it is, its attributes, events and links.

import { el } from "../shared/dom.mjs";
import { duration, plain } from "../shared/format.mjs";
import { facts } from "./controls.mjs";
import { href } from "./route.mjs";
import { ownTime } from "./waterfall.mjs";

/** Everything about a row of the waterfall. */
export function spanDetail(row, trace) {
  const { span } = row;
  const why = span.status || (span.outcome === "error" && span.attributes["error.type"]);
  const known = [
    ["Outcome", why ? `${span.outcome}: ${why}` : span.outcome],
    [
      "Time",
      `${duration(row.to - row.from)}, ${duration(ownTime(row))} of it its own, from +${duration(Math.max(row.from, 0))}`,
    ],
    ["Kind", span.kind],
    ["Component", span.component || "none"],
    ["Target", span.target],
    ["Span", span.span_id],
  ];
  const toFunction = span.function_id !== null && span.function_id !== undefined;
  return el(
    "section",
    { class: "span", "aria-label": `Span ${span.name}` },
    el(
      "div",
      { class: "head" },
      el("h3", { text: span.name }),
      toFunction ? el("a", { href: href("functions", { f: span.function_id }), text: "its function" }) : undefined,
    ),
    facts(known),
    pairs("Attributes", span.attributes),
    span.remote_parent ? el("p", { class: "muted", text: "Its parent is in another process." }) : undefined,
    events(span, trace),
    links(span),
  );
}

function pairs(title, attributes) {
  const entries = Object.entries(attributes ?? {});
  if (entries.length === 0)
    return el("p", { class: "muted", text: `No ${title.toLowerCase()}: record(…) and fields(…) make some.` });
  return el(
    "table",
    { "aria-label": title },
    el("thead", {}, el("tr", {}, el("th", { scope: "col", text: title }), el("th", { scope: "col", text: "Value" }))),
    el(
      "tbody",
      {},
      entries.map(([name, value]) =>
        el(
          "tr",
          {},
          el("th", { scope: "row", class: "mono", text: name }),
          el("td", { class: "mono message", text: plain(value) }),
        ),
      ),
    ),
  );
}

function events(span, trace) {
  if (span.events.length === 0) return undefined;
  const lines = span.events.map((event) => {
    const at = Number(BigInt(event.at_ns) - BigInt(trace.start_ns)) / 1e6;
    const said = Object.entries(event.attributes ?? {})
      .map(([name, value]) => `${name}=${plain(value)}`)
      .join(" ");
    return el(
      "tr",
      {},
      el("td", { class: "number muted", text: `+${duration(Math.max(at, 0))}` }),
      el("td", { class: "message" }, event.name, " ", el("span", { class: "muted", text: said })),
    );
  });
  return [
    el("h3", { text: "Events" }),
    el("table", { class: "lines", "aria-label": "Events of the span" }, el("tbody", {}, lines)),
  ];
}

function links(span) {
  if (span.links.length === 0) return undefined;
  const items = span.links.map((link) =>
    el(
      "li",
      {},
      el("a", {
        class: "mono",
        href: href("traces", { trace: link.trace_id, span: link.span_id }),
        text: link.trace_id,
      }),
    ),
  );
  return [el("h3", { text: "Follows from" }), el("ul", {}, items)];
}
