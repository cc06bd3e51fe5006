// Opens a trace in speedscope, in a browser, and says what it made of it: each thread's slices, from its own export.
//
//     node open_in_speedscope.mjs MODULES CHROMIUM TRACE
//
// MODULES is a folder with `playwright-core` and `speedscope`.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, chromium, trace] = process.argv.slice(2);
const playwright = createRequire(join(modules, "x.js"))("playwright-core");
const browser = await playwright.chromium.launch({
  executablePath: chromium,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
});
try {
  const page = await browser.newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("dialog", (dialog) => (wrong.push(dialog.message()), dialog.dismiss()));
  page.on("console", (said) => said.type() === "error" && wrong.push(said.text()));
  await page.goto(pathToFileURL(join(modules, "speedscope/dist/release/index.html")).href);
  await page.setInputFiles("input[type=file]", trace);
  const button = page.getByText("Export", { exact: false }).first();
  await button.waitFor({ timeout: 30000 }).catch(() => {});
  const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
  const { profiles, shared } = JSON.parse(readFileSync(await download.path(), "utf8"));
  const slices = ({ events, name, unit }) => {
    const open = [], done = [];
    for (const { type, frame, at } of events) {
      if (type === "O") open.push([shared.frames[frame].name, at]);
      else {
        const [called, since] = open.pop();
        if (called !== shared.frames[frame].name) throw new Error(`${called} ends as another`);
        done.push([called, Math.round((at - since) * 1000)]);
      }
    }
    return { name, unit, slices: done };
  };
  console.log(JSON.stringify({ wrong, title: await page.title(), profiles: profiles.map(slices) }));
} finally {
  await browser.close();
}
