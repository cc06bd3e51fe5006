// A headless browser, and a page that is watched: whatever goes wrong in it, and whatever it asks for, is kept.

import { createRequire } from "node:module";
import { join } from "node:path";

/** Starts Chromium with playwright-core of the folder `modules`. */
export async function launch(modules, chromium) {
  const playwright = createRequire(join(modules, "x.js"))("playwright-core");
  return playwright.chromium.launch({
    executablePath: chromium,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  });
}

/** A page at an address. `wrong` has errors and violations of the policy, `elsewhere` requests that left the origin. */
export async function open(
  browser,
  url,
  { width = 1280, height = 800, dark = false, zone = "Europe/Berlin", hash = "" } = {},
) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? "dark" : "light",
    timezoneId: zone,
    acceptDownloads: true,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const wrong = [];
  const elsewhere = [];
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("console", (said) => said.type() === "error" && wrong.push(said.text()));
  const isOwn = (address) =>
    address.startsWith(`${url}/`) || address.startsWith(`blob:${url}/`) || address.startsWith("data:");
  page.on("request", (request) => isOwn(request.url()) || elsewhere.push(request.url()));
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) =>
      window.violations.push(`${event.violatedDirective} ${event.blockedURI}`),
    );
  });
  await page.goto(`${url}/${hash}`);
  return { page, wrong, elsewhere, context };
}

/** The texts of a table's rows, cell by cell, of those that are elements now. */
export function rows(page, label) {
  return page
    .getByRole("table", { name: label, exact: true })
    .evaluate((table) =>
      [...table.tBodies[0].rows]
        .filter((row) => !row.hidden && !row.classList.contains("gap"))
        .map((row) => [...row.cells].map((cell) => cell.innerText.replaceAll("\u2009", " ").trim())),
    );
}

/** Waits until something is so, and gives it. It is asked again and again, since pages draw when they can. */
export async function until(what, ask, patience = 60_000) {
  const end = Date.now() + patience;
  let last;
  for (;;) {
    try {
      const found = await ask();
      if (found) return found;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`waited for ${what}${last ? `: ${last.message}` : ""}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** That nothing went wrong, nothing was asked of others, and the policy was kept. */
export async function clean({ page, wrong, elsewhere }) {
  const violations = await page.evaluate(() => window.violations);
  if (wrong.length + elsewhere.length + violations.length > 0) {
    throw new Error(JSON.stringify({ wrong, elsewhere, violations }, undefined, 1));
  }
}
