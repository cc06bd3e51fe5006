// A service that exists only as what it tells: as many functions and traces as wanted, and names that would do harm where they
// are taken for markup. It speaks the protocol of `runtime/src/console/PROTOCOL.md`.

import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const VIEWER = join(import.meta.dirname, "../../viewer");
export const HOSTILE = '<img src=x onerror="window.harmed = true"><script>window.harmed = true</script>&amp;';
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'none'";
const TYPES = { html: "text/html", css: "text/css", mjs: "text/javascript" };

/** Numbers that look random and are the same each time. */
function random(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const hex = (number, width) => number.toString(16).padStart(width, "0");

/** What the service tells; `functions`, `traces`, `lines` are how many, `perSecond` how many of the last two are new. */
export class Story {
  constructor({
    functions = 20,
    traces = 200,
    lines = 200,
    perSecond = 5,
    hostile = false,
    start = 1_790_000_000_000,
  } = {}) {
    Object.assign(this, {
      count: functions,
      perSecond,
      hostile,
      random: random(7),
      now: start,
      start,
      trace: 0,
      line: 0,
    });
    this.functions = Array.from({ length: functions }, (_, id) => this.function(id));
    this.first = {
      traces: Array.from({ length: traces }, () => this.nextTrace()),
      lines: Array.from({ length: lines }, () => this.nextLine()),
    };
  }

  function(id) {
    const module = `shop::part_${id % 25}`;
    return {
      id,
      name: this.hostile && id === 0 ? HOSTILE : `step_${id}`,
      target: module,
      module,
      function: `step_${id}`,
      component: id % 3 ? "" : `shop.part_${id % 25}`,
      kind: id % 40 === 0 ? "server" : "internal",
      file: `src/part_${id % 25}.rs`,
      line: id + 1,
      metrics: id === 1 ? "elsewhere" : true,
      counted: id === 13 ? 12 : id,
      counted_with: id === 12 || id === 13 ? 1 : 0,
      doc: this.hostile ? HOSTILE : `Does step ${id}.`,
      calls: id * 10,
      rate: id % 97,
      error_ratio: id % 5 ? 0 : 0.02,
      errors: id % 5 ? 0 : 2,
      ended: 100,
      p50_ms: 1 + (id % 13),
      p95_ms: 4 + (id % 17),
      p99_ms: 10 + (id % 89),
      in_flight: id % 4,
      exemplar: null,
    };
  }

  nextTrace() {
    const number = (this.trace += 1);
    const id = number % Math.max(this.count, 1);
    return {
      trace_id: hex(number, 32),
      root: this.hostile && number === 1 ? HOSTILE : `step_${id}`,
      target: `shop::part_${id % 25}`,
      function_id: id,
      duration_ms: 1 + Math.floor(this.random() * 10_000) / 10,
      spans: 12,
      errors: number % 10 ? 0 : 1,
      start_ms: this.now + number,
      outcome: number % 10 ? "ok" : "error",
      complete: true,
    };
  }

  nextLine() {
    const id = (this.line += 1);
    const level = id % 50 === 0 ? "ERROR" : id % 10 === 0 ? "WARN" : "INFO";
    const message = this.hostile && id % 10 === 0 ? HOSTILE : `line ${id} of the story`;
    return {
      id,
      at_ms: this.now + id,
      level,
      target: `shop::part_${id % 25}`,
      message,
      fields: { order: id, note: this.hostile ? HOSTILE : "none" },
      trace_id: hex(Math.max(1, id % 100), 32),
      span_id: hex(1, 16),
    };
  }

  hello() {
    return {
      service: "story",
      version: "1.2.3",
      started_ms: this.start - 90_000,
      now_ms: this.now,
      pid: 1,
      interval_ms: 1000,
      features: { traces: true, logs: true, tokio: true, tokio_unstable: false, recorder: null },
      downloads: ["/catalog"],
      bounds: {},
    };
  }

  /** Everything that is told first. */
  *begin() {
    yield ["hello", this.hello()];
    yield ["state", { at_ms: this.now, enabled: true, metrics_late_since_ms: null }];
    yield ["functions", { at_ms: this.now, window_ms: 60_000, full: true, rows: this.functions }];
    yield ["objectives", { at_ms: this.now, rows: [] }];
    yield ["runtime", this.runtime()];
    yield [
      "health",
      {
        at_ms: this.now,
        status: "degraded",
        service: "story",
        uptime_seconds: 90,
        checks: { stock: { status: "degraded", duration_ms: 3, reason: this.hostile ? HOSTILE : "slow" } },
      },
    ];
    const { traces, lines } = this.first;
    const slowest = traces.toSorted((one, other) => other.duration_ms - one.duration_ms).slice(0, 20);
    yield ["traces", { at_ms: this.now, full: true, recent: traces, slowest, dropped: 0, counted: traces.length }];
    yield ["logs", { full: true, lines, dropped: 0 }];
  }

  /** What a second brings: a third of the functions have changed. */
  *second() {
    this.now += 1000;
    const rows = this.functions
      .filter((row) => row.id % 3 === (this.now / 1000) % 3)
      .map((row) => {
        row.calls += 10;
        row.rate = Math.floor(this.random() * 97);
        return {
          id: row.id,
          calls: row.calls,
          rate: row.rate,
          error_ratio: row.error_ratio,
          errors: row.errors,
          ended: row.ended,
          p50_ms: row.p50_ms,
          p95_ms: row.p95_ms,
          p99_ms: row.p99_ms,
          in_flight: row.in_flight,
          exemplar: null,
        };
      });
    yield ["functions", { at_ms: this.now, window_ms: 60_000, full: false, rows }];
    yield ["runtime", this.runtime()];
    const recent = Array.from({ length: this.perSecond }, () => this.nextTrace());
    yield ["traces", { at_ms: this.now, full: false, recent, dropped: 0, counted: this.trace }];
    yield ["logs", { full: false, lines: Array.from({ length: this.perSecond }, () => this.nextLine()), dropped: 0 }];
  }

  runtime() {
    const worker = (worker) => ({
      runtime: "main",
      worker,
      utilisation: 0.2 * (worker + 1),
      parked: false,
      queue: null,
      polls: null,
      steals: null,
      mean_poll_us: null,
    });
    return {
      at_ms: this.now,
      runtimes: [{ runtime: "main", workers: 4, tasks: 9, queue: 0, blocking_threads: null, blocking_queue: null }],
      workers: [0, 1, 2, 3].map(worker),
      process: { cpu: 0.5, resident_bytes: 2 ** 25, threads: 9, open_fds: 20 },
    };
  }

  /** A trace in full: a root, and eleven spans one after another below it, every third below the one before. */
  whole(id) {
    const begin = 1_790_000_000_000_000_000n;
    const spans = Array.from({ length: 12 }, (_, index) => ({
      span_id: hex(index + 1, 16),
      parent: index === 0 ? "" : hex(index % 3 === 0 ? index : 1, 16),
      name: this.hostile ? HOSTILE : `step_${index}`,
      target: "shop::part_1",
      function_id: index,
      kind: "internal",
      component: "",
      start_ns: String(begin + BigInt(index) * 1_000_000n),
      duration_ns: String(index === 0 ? 14_000_000 : 900_000),
      outcome: index === 5 ? "error" : "ok",
      status: index === 5 ? (this.hostile ? HOSTILE : "no stock") : undefined,
      attributes: { "order.id": index, note: this.hostile ? HOSTILE : "none" },
      events:
        index === 5
          ? [
              {
                at_ns: String(begin + 5_500_000n),
                name: this.hostile ? HOSTILE : "refused",
                level: "ERROR",
                attributes: {},
              },
            ]
          : undefined,
    }));
    const logs = [
      {
        id: 1,
        at_ms: 1_790_000_000_005,
        level: "WARN",
        target: "shop::part_1",
        message: this.hostile ? HOSTILE : "no stock",
        fields: {},
        trace_id: id,
        span_id: hex(6, 16),
      },
    ];
    return {
      trace_id: id,
      root: spans[0].name,
      start_ns: String(begin),
      duration_ns: "14000000",
      complete: true,
      dropped_spans: 0,
      spans,
      logs,
    };
  }

  catalog() {
    return {
      version: 1,
      metrics: [
        {
          name: "story_steps_total",
          kind: "counter",
          unit: "",
          help: this.hostile ? HOSTILE : "Steps.",
          labels: [{ name: "step", values: this.hostile ? [HOSTILE] : ["one"] }],
        },
      ],
      spans: [],
      attributes: [],
      derived: [],
    };
  }
}

/**
 * Serves the page and a story on a free port of loopback. With a `token`, the inside is for those who show it. `control` tells
 * the number of clients, and ends their streams.
 */
export async function serve(story, { token, pace = 1000 } = {}) {
  const clients = new Set();
  const server = createServer((request, answer) => {
    const path = new URL(request.url, "http://local").pathname;
    const send = (status, type, body) =>
      answer.writeHead(status, { "content-type": type, "content-security-policy": POLICY }).end(body);
    const json = (value, status = 200) => send(status, "application/json", JSON.stringify(value));
    const file =
      path === "/"
        ? "console/index.html"
        : path.replace(/^\/console\/page\//, "console/").replace(/^\/console\/shared\//, "shared/");
    if (path === "/" || /^\/console\/(page|shared)\/[\w.]+$/.test(path)) {
      return send(200, TYPES[file.split(".").at(-1)], readFileSync(join(VIEWER, file)));
    }
    if (token && request.headers.authorization !== `Bearer ${token}`)
      return json({ error: "show the token: `authorization: Bearer …`" }, 401);
    if (path === "/console/stream") return stream(answer);
    if (path.startsWith("/console/trace/")) return json(story.whole(path.split("/").at(-1)));
    if (path === "/catalog") return json(story.catalog());
    if (path === "/config")
      return send(
        200,
        "text/plain",
        `service.name = ${story.hostile ? HOSTILE : "story"}  # code\nlog_level = info  # default\n`,
      );
    return json({ error: "nothing is here" }, 404);
  });
  function stream(answer) {
    answer.writeHead(200, { "content-type": "text/event-stream", "content-security-policy": POLICY });
    let id = 0;
    const tell = (events) => {
      for (const [name, data] of events)
        answer.write(`event: ${name}\nid: ${(id += 1)}\ndata: ${JSON.stringify(data)}\n\n`);
    };
    answer.write("retry: 500\n\n");
    tell(story.begin());
    const client = { tell, end: () => answer.destroy() };
    clients.add(client);
    answer.on("close", () => clients.delete(client));
  }
  const beat = setInterval(() => {
    const events = [...story.second()];
    for (const client of clients) client.tell(events);
  }, pace);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  const drop = () => [...clients].forEach((client) => client.end());
  const close = () => {
    clearInterval(beat);
    drop();
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url, clients, drop, close };
}
