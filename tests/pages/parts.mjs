// The page's parts that need no browser. Run by `node --test`.

import assert from "node:assert/strict";
import { test } from "node:test";
import { entries } from "../../viewer/console/catalogue.mjs";
import { read } from "../../viewer/console/configuration.mjs";
import { matcher, sortBy } from "../../viewer/console/controls.mjs";
import { LINES, Model, summed, TRACES } from "../../viewer/console/model.mjs";
import { promise } from "../../viewer/console/objectives.mjs";
import { href } from "../../viewer/console/route.mjs";
import { LENGTH, Series } from "../../viewer/console/series.mjs";
import { Events, Stream } from "../../viewer/console/stream.mjs";
import { extent, layout, ownTime } from "../../viewer/console/waterfall.mjs";
import { clock, count, duration, percent, span, zone } from "../../viewer/shared/format.mjs";
import { ceiling, ticks } from "../../viewer/shared/scale.mjs";
import { paths } from "../../viewer/shared/spark.mjs";
import { Story } from "./service.mjs";

const told = (text, size) => {
  const heard = [];
  const events = new Events((name, data) => heard.push([name, data]));
  for (let at = 0; at < text.length; at += size) events.feed(text.slice(at, at + size));
  return heard;
};

test("events are the same in pieces of any size", () => {
  const text =
    'retry: 700\n\n: alive\n\nid: 1\nevent: hello\ndata: {"a":\ndata: 1}\r\n\r\nevent: none\n\ndata:two\n\nevent: half\ndata: x';
  const expected = [
    ["retry", "700"],
    ["hello", '{"a":\n1}'],
    ["message", "two"],
  ];
  for (let size = 1; size <= text.length; size += 1)
    assert.deepEqual(told(text, size), expected, `in pieces of ${size}`);
});

test("numbers are shown in three digits and their unit", () => {
  const thin = (text) => text.replaceAll(" ", "\u2009");
  assert.deepEqual(
    [0, 0.000_25, 0.0125, 1, 12.34, 999, 1500, 130_000].map(duration),
    ["0", "250 ns", "12.5 µs", "1.00 ms", "12.3 ms", "999 ms", "1.50 s"].map(thin).concat(`2\u2009min 10\u2009s`),
  );
  assert.deepEqual([0, 1, 0.5, 0.001, 0.999, 0.9995, 0.00001, 0.999999, -1.5, NaN].map(percent), [
    "0%",
    "100%",
    "50.0%",
    "0.10%",
    "99.90%",
    "99.95%",
    "<0.01%",
    ">99.99%",
    "−150%",
    "–",
  ]);
  assert.equal(count(1_234_567), "1\u2009234\u2009567");
  assert.equal(count(null), "–");
  assert.deepEqual(
    [0, 59, 300, 3_605, 90_061, 2_592_000].map(span).map((text) => text.replaceAll("\u2009", "")),
    ["0s", "59s", "5min", "1h", "1d 1h", "30d"],
  );
  assert.match(clock(0), /^\d\d:\d\d:\d\d\.000$/);
  assert.match(zone(), /UTC/);
});

test("a promise is shown as it was written", () => {
  const shown = [0.9, 0.995, 0.999, 0.9999, 0.99999, 0.999999].map((target_ratio) => promise({ target_ratio }));
  assert.deepEqual(shown, ["90%", "99.5%", "99.9%", "99.99%", "99.999%", "99.9999%"]);
});

test("a page that is opened in the background rests as one that went there", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  globalThis.document = { hidden: true, addEventListener() {} };
  const states = [];
  const stream = new Stream(undefined, undefined, ({ is }) => states.push(is));
  context.mock.timers.tick(300_000);
  delete globalThis.document;
  assert.deepEqual([stream.isResting, states], [true, ["resting"]]);
});

test("marks of a scale are round and within it", () => {
  assert.deepEqual(ticks(0, 14, 4), [0, 5, 10]);
  assert.deepEqual(
    ticks(0, 0.3, 3).map((at) => at.toFixed(1)),
    ["0.0", "0.1", "0.2", "0.3"],
  );
  assert.deepEqual(ticks(5, 5, 3), []);
  assert.deepEqual([0, 0.011, 7, 96, 100].map(ceiling), [1, 0.015, 8, 100, 100]);
});

test("a gap in the values is one in the line", () => {
  const { line, area } = paths([1, 2, NaN, 4], 30, 10, 4);
  assert.equal(line, "M0.0 7.5L10.0 5.0M30.0 0.0");
  assert.equal(area, "M0.0 7.5L10.0 5.0L10.0 10L0.0 10ZM30.0 0.0L30.0 10L30.0 10Z");
});

test("a series keeps the last seconds", () => {
  const series = new Series();
  for (let second = 0; second < LENGTH + 5; second += 1) series.push(second);
  assert.deepEqual([...series.last(2)], [LENGTH + 3, LENGTH + 4]);
  series.push(null, 2);
  series.push(1);
  assert.deepEqual([...series.last(4)], [LENGTH + 4, NaN, NaN, 1]);
  series.push(2, 10 * LENGTH);
  assert.ok(series.values.every((value) => value === 2));
});

const row = (id, parent, start, duration) => ({
  span_id: id,
  parent,
  name: id,
  start_ns: String(1_790_000_000_000_000_000n + BigInt(start)),
  duration_ns: String(duration),
});
const trace = (...spans) => ({ start_ns: "1790000000000000000", spans });

test("a waterfall has parents first, and each span's own time", () => {
  const rows = layout(
    trace(
      row("c", "a", 6_000_000, 1_000_000),
      row("a", "", 0, 10_000_000),
      row("b", "a", 1_000_000, 4_000_000),
      row("d", "c", 6_000_000, 3_000_000),
    ),
  );
  assert.deepEqual(
    rows.map((each) => [each.span.name, each.depth]),
    [
      ["a", 0],
      ["b", 1],
      ["c", 1],
      ["d", 2],
    ],
  );
  assert.deepEqual(rows[0].own, [
    [0, 1],
    [5, 6],
    [7, 10],
  ]);
  assert.equal(ownTime(rows[0]), 5);
  assert.equal(ownTime(rows[2]), 0);
  assert.deepEqual(extent(rows), { from: 0, to: 10 });
});

test("no span is left out, whatever its parents say", () => {
  const rows = layout(
    trace(row("a", "b", 0, 1), row("b", "a", 1, 1), row("self", "self", 2, 1), row("orphan", "elsewhere", 3, 1)),
  );
  assert.deepEqual(rows.map((each) => each.span.name).sort(), ["a", "b", "orphan", "self"]);
  const deep = Array.from({ length: 20_000 }, (_, index) =>
    row(`s${index}`, index === 0 ? "" : `s${index - 1}`, index, 1),
  );
  assert.equal(layout(trace(...deep)).at(-1).depth, 19_999);
});

test("what is told is kept within bounds", () => {
  const model = new Model(() => {});
  const story = new Story({ functions: 3, perSecond: 2_000 });
  for (const [name, data] of story.begin()) model.take(name, data);
  for (let second = 0; second < 20; second += 1) for (const [name, data] of story.second()) model.take(name, data);
  assert.ok(model.traces.size >= TRACES && model.traces.size <= TRACES + 2_500, `${model.traces.size}`);
  assert.ok(model.lines.length >= LINES && model.lines.length <= LINES + 2_500, `${model.lines.length}`);
  assert.equal(model.lines.at(-1).message, `line ${story.line} of the story`);
  assert.ok(
    [...model.slowest].every((id) => model.traces.has(id)),
    "the slowest stay",
  );
  model.take("hello", { ...story.hello(), started_ms: 1 });
  assert.deepEqual(
    [model.traces.size, model.lines.length, model.functions.size],
    [0, 0, 0],
    "another process is another story",
  );
  model.take("news of a later version", {});
});

test("what serves is summed up, each ratio by its calls", () => {
  const each = (name, kind, errors, ended, p99_ms) => ({
    name,
    kind,
    calls: 1,
    rate: 10,
    errors,
    ended,
    p99_ms,
    in_flight: null,
  });
  const of = [each("a", "server", 1, 100, 5), each("b", "server", 9, 900, null), each("c", "internal", 50, 50, 99)];
  const { serves, rate, error_ratio, p99_ms, slowest, in_flight } = summed(of);
  assert.deepEqual(
    { serves, rate, error_ratio, p99_ms, slowest: slowest.name, in_flight },
    { serves: true, rate: 20, error_ratio: 0.01, p99_ms: 5, slowest: "a", in_flight: null },
  );
  assert.equal(summed(of.slice(2)).error_ratio, 1);
  assert.equal(summed([]).rate, null);
});

test("what is counted together is added once", () => {
  const each = (counted, in_flight) => ({ counted, calls: 9, rate: 10, errors: 1, ended: 4, p99_ms: 5, in_flight });
  const { functions, rate, errors, error_ratio, in_flight } = summed([each(0, null), each(0, 2), each(0, 2), each(1, 3)]);
  assert.deepEqual(
    { functions, rate, errors, error_ratio, in_flight },
    { functions: 4, rate: 20, errors: 2, error_ratio: 0.25, in_flight: 5 },
  );
});

test("what is sorted has its unknowns last, either way", () => {
  const items = [
    { name: "b", v: 1 },
    { name: "none", v: null },
    { name: "a", v: 1 },
    { name: "c", v: 3 },
  ];
  const names = (ascending) => sortBy(items, (item) => item.v, ascending).map((item) => item.name);
  assert.deepEqual(names(true), ["a", "b", "c", "none"]);
  assert.deepEqual(names(false), ["c", "a", "b", "none"]);
});

test("a filter wants all of its words, in any case and order", () => {
  const matches = matcher("  Orders pOSt ");
  assert.ok(matches("POST /orders"));
  assert.ok(matches("post", "orders"));
  assert.ok(!matches("GET /orders"));
  assert.ok(matcher(undefined)("anything"));
});

test("a link keeps what is in its parameters", () => {
  assert.equal(href("traces"), "#traces");
  assert.equal(href("logs", { q: "a&b=c#d", level: undefined, trace: "" }), "#logs?q=a%26b%3Dc%23d");
});

test("a line of the configuration is a key, a value and a source", () => {
  const text = "metrics.port = 1  # SPANWRIGHT_METRICS_PORT\ntitle = a # b = c  # code\nlong = x  # default\n";
  assert.deepEqual(read(text), [
    { key: "metrics.port", value: "1", source: "SPANWRIGHT_METRICS_PORT" },
    { key: "title", value: "a # b = c", source: "code" },
    { key: "long", value: "x", source: "default" },
  ]);
});

test("all of a catalogue is listed, with its place", () => {
  const listed = entries({
    metrics: [{ name: "m", kind: "counter", labels: [{ name: "l" }], place: { file: "f.rs", line: 3 } }],
    spans: [{ name: "s", attributes: ["a"] }],
    attributes: [{ key: "k", type: "str" }],
  });
  assert.deepEqual(
    listed.map(({ name, labels, place }) => [name, labels, place]),
    [
      ["m", "l", "f.rs:3"],
      ["s", "a", ""],
      ["k", "", ""],
    ],
  );
});

test("what the service has dropped adds up until it begins anew", () => {
  const model = new Model(() => {});
  const logs = (full, dropped) => model.take("logs", { full, lines: [], dropped });
  const traces = (full, dropped) => model.take("traces", { full, recent: [], dropped, counted: 9 });
  for (const take of [logs, traces]) [take(true, 0), take(false, 3), take(false, 0), take(false, 4)];
  assert.deepEqual([model.linesDropped, model.tracesSeen.dropped], [7, 7]);
  for (const take of [logs, traces]) take(true, 0);
  assert.deepEqual([model.linesDropped, model.tracesSeen.dropped], [0, 0]);
});
