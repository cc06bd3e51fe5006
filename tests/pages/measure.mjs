// What the console's page costs a browser with 1,000 functions, 10,000 traces and 200 new traces and log lines a second.
//
//     node measure.mjs MODULES CHROMIUM

import { launch, open, until } from "./browser.mjs";
import { serve, Story } from "./service.mjs";

const [modules, chromium] = process.argv.slice(2);
const SCROLLING = 5_000;

const story = new Story({ functions: 1_000, traces: 10_000, lines: 1_000, perSecond: 200 });
const service = await serve(story);
const browser = await launch(modules, chromium);
const { page } = await open(browser, service.url, { hash: "#functions" });
const cdp = await page.context().newCDPSession(page);
// The processor's time of the page's thread, not the clock's: machines are shared.
await cdp.send("Performance.enable", { timeDomain: "threadTicks" });

/** What the browser has counted so far. */
async function counted() {
  const { metrics } = await cdp.send("Performance.getMetrics");
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
}

/** Scrolls a table up and down, a step each frame, and gives how far apart the frames were. */
function scrolled([label, length]) {
  const { parentElement: rows } = [...document.querySelectorAll("table")].find(
    (table) => table.getAttribute("aria-label") === label,
  );
  return new Promise((resolve) => {
    const frames = [];
    let last = performance.now(),
      step = 400;
    const end = last + length;
    const frame = (now) => {
      frames.push(now - last);
      last = now;
      const before = rows.scrollTop;
      rows.scrollTop += step;
      if (rows.scrollTop === before) step = -step;
      if (now < end) requestAnimationFrame(frame);
      else resolve(frames.slice(1));
    };
    requestAnimationFrame(frame);
  });
}

const round = (value) => Math.round(value * 10) / 10;

async function scrolling(section, label) {
  await page.goto(`${service.url}/#${section}`);
  await page.getByRole("table", { name: label }).waitFor();
  const before = await counted();
  const frames = (await page.evaluate(scrolled, [label, SCROLLING])).sort((one, other) => one - other);
  const after = await counted();
  const at = (share) => round(frames[Math.min(Math.floor(frames.length * share), frames.length - 1)]);
  return {
    frames: frames.length,
    p50_ms: at(0.5),
    p95_ms: at(0.95),
    p99_ms: at(0.99),
    longest_ms: at(1),
    above_50_ms: frames.filter((frame) => frame > 50).length,
    processor_ms_per_frame: round(((after.TaskDuration - before.TaskDuration) * 1000) / frames.length),
    elements: await page.evaluate(() => document.querySelectorAll("*").length),
  };
}

try {
  await until("all functions", async () => (await page.locator("main tbody tr").count()) > 10);
  const started = await page.evaluate(() => ({
    first_paint_ms: performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
    modules: performance.getEntriesByType("resource").length,
    transferred_bytes: performance
      .getEntriesByType("resource")
      .filter((entry) => !entry.name.endsWith("/stream"))
      .reduce((sum, entry) => sum + entry.decodedBodySize, 0),
  }));
  await until("the numbers", () => page.evaluate(() => document.querySelector("#summary .value").textContent !== "–"));
  const numbers_ms = await page.evaluate(() => performance.now());
  const results = {
    first_paint_ms: round(started.first_paint_ms),
    numbers_within_ms: round(numbers_ms),
    files: started.modules,
    bytes: started.transferred_bytes,
  };
  results.functions = await scrolling("functions?group=none", "Functions");
  results.traces = await scrolling("traces", "Traces");
  results.logs = await scrolling("logs", "Log lines, the latest last");
  // Nobody scrolls: what the stream alone takes.
  await page.goto(`${service.url}/#overview`);
  const before = await counted();
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  const after = await counted();
  results.overview_processor_ms_per_second = round((after.TaskDuration - before.TaskDuration) * 100);
  await cdp.send("HeapProfiler.collectGarbage");
  results.heap_mib = round((await counted()).JSHeapUsedSize / 2 ** 20);
  console.log(JSON.stringify(results, undefined, 1));
} finally {
  await browser.close();
  await service.close();
}
