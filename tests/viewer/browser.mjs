// A browser that opens the viewer, and what it says while it does.

import { createRequire } from "node:module";
import { join } from "node:path";

/** Long beyond what anything takes: machines are shared. */
export const PATIENCE = 120000;

export async function launch(modules, chromium) {
  const playwright = createRequire(join(modules, "x.js"))("playwright-core");
  return playwright.chromium.launch({
    executablePath: chromium,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  });
}

/** A page, in whose `wrong` is what went wrong, and in whose `asked` is whom it asked for anything. */
export async function newPage(browser, options = {}) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, timezoneId: "Europe/Rome", locale: "en-GB", ...options });
  page.setDefaultTimeout(PATIENCE);
  page.wrong = [];
  page.asked = [];
  page.on("pageerror", (error) => page.wrong.push(error.message));
  page.on("console", (said) => said.type() === "error" && page.wrong.push(said.text()));
  page.on("request", (request) => page.asked.push(request.url()));
  return page;
}

/** Waits until all of a recording was read and is in sight. */
export const read = (page) => page.waitForFunction(() => document.body.dataset.analysed, null, { timeout: PATIENCE });

export const text = (page, selector) => page.locator(selector).innerText();
