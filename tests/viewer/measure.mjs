// How long a large recording takes to open, what memory it takes, and how long frames take while it is zoomed and moved.
//
//     node measure.mjs MODULES CHROMIUM PAGE RECORDING

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { launch, newPage, read } from "./browser.mjs";

const [modules, chromium, file, recording] = process.argv.slice(2);
const browser = await launch(modules, chromium);

/** The processes of pages: { id, cpuTime }, in seconds. */
async function renderers() {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  return processInfo.filter(({ type }) => type === "renderer");
}

/** How long processors have worked for the page that worked most, in seconds: what else the machine does counts less. */
const worked = async () => Number(Math.max(...(await renderers()).map(({ cpuTime }) => cpuTime)).toFixed(1));

/** The most memory that the processes of pages have had, in MiB. */
async function memory() {
  const most = ({ id }) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, "utf8"))[1]) / 1024;
  return Math.round(Math.max(...(await renderers()).map(most)));
}

/** Frames while something is done in each: the median, the 95th percentile and the longest, in milliseconds; and how long the page's
 *  own drawing of a frame took. */
function frames(page, what) {
  return page.evaluate(async (what) => {
    const canvas = document.getElementById("timeline");
    const box = canvas.getBoundingClientRect();
    const [x, y] = [box.left + box.width * 0.6, box.top + box.height / 2];
    const at = (type, of) => canvas.dispatchEvent(new (type === "wheel" ? WheelEvent : PointerEvent)(type, { clientX: x, clientY: y, bubbles: true, cancelable: true, ...of }));
    const times = [];
    window.drawn = [];
    for (let frame = 0, last = 0; frame < 150; frame++) {
      const now = await new Promise(window.nextFrame);
      if (last > 0) times.push(now - last);
      last = now;
      if (what === "zoom in") at("wheel", { deltaY: -40 });
      else if (what === "zoom out") at("wheel", { deltaY: 40 });
      else if (what === "move") at("wheel", { deltaX: frame < 75 ? 30 : -30, shiftKey: true });
    }
    const summary = (times) => {
      times.sort((a, b) => a - b);
      const of = (share) => Number((times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0).toFixed(1));
      return { median: of(0.5), p95: of(0.95), longest: of(1) };
    };
    return { ...summary(times), drawing: summary(window.drawn) };
  }, what);
}

try {
  const page = await newPage(browser, { viewport: { width: 1920, height: 1080 } });
  // How long each frame's own drawing takes.
  await page.addInitScript(() => {
    const request = window.requestAnimationFrame.bind(window);
    window.drawn = [];
    window.nextFrame = request;
    window.requestAnimationFrame = (draw) => request((now) => {
      const start = performance.now();
      draw(now);
      window.drawn.push(performance.now() - start);
    });
  });
  await page.goto(pathToFileURL(file).href);
  const start = performance.now();
  const since = () => Math.round(performance.now() - start);
  await page.setInputFiles("#files", recording);
  await page.waitForSelector("#work:not([hidden])");
  const opened = since();
  const whileReading = await frames(page, "zoom in");
  await page.keyboard.press("0");
  await read(page);
  const analysed = since();
  const result = { opened_ms: opened, analysed_ms: analysed, worked_s: await worked(), while_reading: whileReading };
  for (const what of ["nothing", "zoom in", "move", "zoom out"]) result[what] = await frames(page, what);
  await page.keyboard.press("0");
  // From a click on a finding's place, or a zoom, until single events are there.
  const detail = performance.now();
  await page.evaluate(() => (document.getElementById("status").textContent = ""));
  for (let zoom = 0; zoom < 14; zoom++) await page.keyboard.press("w");
  await page.waitForFunction(() => /events here/.test(document.getElementById("status").textContent));
  result.single_events_ms = Math.round(performance.now() - detail);
  result.memory_mib = await memory();
  result.heap_mib = await page.evaluate(() => Math.round(performance.memory.usedJSHeapSize / 2 ** 20));
  result.about = await page.locator("#about").innerText();
  result.events = Number(/([\d\s]+) events/.exec(result.about)[1].replace(/\s/g, ""));
  if (page.wrong.length > 0) throw new Error(page.wrong.join("\n"));
  console.log(JSON.stringify(result));
} finally {
  await browser.close();
}
