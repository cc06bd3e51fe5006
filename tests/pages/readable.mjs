// Whether everybody can use the page: names, roles, landmarks, contrast, and the reader's preferences.
//
//     node readable.mjs MODULES CHROMIUM

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { clean, launch, open } from "./browser.mjs";
import { serve, Story } from "./service.mjs";

const [modules, chromium] = process.argv.slice(2);
const SECTIONS = [
  "overview",
  "functions?f=1",
  "objectives",
  "traces?trace=00000000000000000000000000000001&span=0000000000000001",
  "logs?line=3",
  "runtime",
  "health",
  "catalogue",
  "configuration",
  "downloads",
];
let browser, service;
before(async () => {
  browser = await launch(modules, chromium);
  service = await serve(new Story());
});
after(async () => {
  await browser.close();
  await service.close();
});

/** What is wrong in the document as it is: each with its markup. */
function faults() {
  const found = [];
  const fault = (what, element) => found.push(`${what}: ${element.outerHTML.slice(0, 160)}`);
  const seen = (element) => element.checkVisibility() && !element.closest("[aria-hidden=true]");
  const named = (element) =>
    Boolean(
      (element.getAttribute("aria-label") ?? "").trim() ||
      element.innerText?.trim() ||
      element.labels?.[0]?.innerText.trim() ||
      element.getAttribute("aria-labelledby"),
    );
  for (const element of document.querySelectorAll("a[href], button, input, select, dialog")) {
    if (seen(element) && !named(element)) fault("has no name", element);
  }
  for (const table of document.querySelectorAll("table")) {
    if (!seen(table)) continue;
    if (!table.getAttribute("aria-label")) fault("a table without a name", table);
    for (const head of table.querySelectorAll("th")) if (!head.scope) fault("a head without a scope", head);
  }
  for (const element of document.querySelectorAll("[tabindex]"))
    if (element.tabIndex > 0) fault("jumps the queue", element);
  for (const element of document.querySelectorAll("aside, section, nav")) {
    if (seen(element) && !element.getAttribute("aria-label") && !element.getAttribute("aria-labelledby"))
      fault("a landmark without a name", element);
  }
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  if (new Set(ids).size !== ids.length) found.push("an id is there twice");
  if (document.querySelectorAll("h1").length !== 1) found.push("not one h1");
  if (!document.documentElement.lang) found.push("no language");
  for (const landmark of ["header", "nav", "main"])
    if (document.querySelectorAll(landmark).length !== 1) found.push(`not one ${landmark}`);
  const wide = document.documentElement.scrollWidth > window.innerWidth;
  if (wide) found.push(`wider than the window: ${document.documentElement.scrollWidth}`);
  return found;
}

/** Texts whose contrast with what is behind them is below WCAG's 4.5. */
function faint() {
  const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    probe.clearRect(0, 0, 1, 1);
    probe.fillStyle = colour;
    probe.fillRect(0, 0, 1, 1);
    return [...probe.getImageData(0, 0, 1, 1).data];
  };
  const light = ([red, green, blue]) => {
    const [r, g, b] = [red, green, blue]
      .map((part) => part / 255)
      .map((part) => (part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
    if (!text || !element.checkVisibility() || element.closest("noscript, option, :disabled")) continue;
    const [one, other] = [light(rgba(getComputedStyle(element).color)), light(behind(element))].sort((a, b) => b - a);
    const contrast = (one + 0.05) / (other + 0.05);
    if (contrast < 4.5) found.push(`${contrast.toFixed(2)} ${element.outerHTML.slice(0, 120)}`);
  }
  return found;
}

for (const [name, how] of [
  ["light at 1280", { dark: false }],
  ["dark at 1920", { dark: true, width: 1920, height: 1080 }],
]) {
  test(`every section has names, roles, landmarks and contrast, ${name}`, async () => {
    const opened = await open(browser, service.url, how);
    const { page, context } = opened;
    await page.locator("#connection[data-state=live]").waitFor();
    for (const section of SECTIONS) {
      await page.goto(`${service.url}/#${section}`);
      await page.locator(`[data-section=${section.split("?")[0]}]`).waitFor();
      // Until what is asked for has come, and is drawn.
      await page.waitForFunction(() => !document.querySelector("main").innerText.includes("…\n"));
      assert.deepEqual(await page.evaluate(faults), [], section);
      assert.deepEqual(await page.evaluate(faint), [], section);
    }
    await clean(opened);
    await context.close();
  });
}

test("the reader's choice of light and dark is kept, and the system's is the default", async () => {
  const { page, context } = await open(browser, service.url, { dark: true });
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await ground();
  await page.getByLabel("Theme").selectOption("light");
  const light = await ground();
  assert.notEqual(light, dark);
  await page.reload();
  await page.getByLabel("Theme").waitFor();
  await page.waitForFunction((wanted) => getComputedStyle(document.body).backgroundColor === wanted, light);
  assert.equal(await page.getByLabel("Theme").inputValue(), "light");
  await page.getByLabel("Theme").selectOption("system");
  assert.equal(await ground(), dark);
  await context.close();
});

test("nothing moves for those who want that", async () => {
  const { page, context } = await open(browser, service.url);
  const moving = () =>
    page.evaluate(
      () =>
        [...document.querySelectorAll("*")].filter(
          (element) =>
            parseFloat(getComputedStyle(element).transitionDuration) > 0 ||
            getComputedStyle(element).animationName !== "none",
        ).length,
    );
  await page.locator("#connection[data-state=live]").waitFor();
  assert.ok((await moving()) > 0);
  await page.emulateMedia({ reducedMotion: "reduce" });
  assert.equal(await moving(), 0);
  await context.close();
});
