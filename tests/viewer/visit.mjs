// Visits to the viewer: does what a reader would, and says what is there then, as JSON.
//
//     node visit.mjs MODULES CHROMIUM VISIT ADDRESS FILE…

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { launch, newPage, PATIENCE, read, text } from "./browser.mjs";

const [modules, chromium, visit, address, ...files] = process.argv.slice(2);

/** Drops files on the page, as a reader would. */
async function drop(page, paths) {
  const given = paths.map((path) => ({ name: basename(path), bytes: readFileSync(path).toString("base64") }));
  const data = await page.evaluateHandle((given) => {
    const transfer = new DataTransfer();
    for (const { name, bytes } of given) {
      transfer.items.add(new File([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], name));
    }
    return transfer;
  }, given);
  await page.dispatchEvent("body", "drop", { dataTransfer: data });
}

/** Counts what is in sight: the tables, row by row. */
async function counted(page) {
  await page.keyboard.press("c");
  await page.locator("#counts table").first().waitFor();
  await page.waitForFunction(() => / events, /.test(document.getElementById("selected").textContent));
  return { selected: await text(page, "#selected"), ...(await tables(page)) };
}

const tables = (page) => page.locator("#counts table").evaluateAll((all) => ({
  tables: Object.fromEntries(all.map((table) => [table.caption.textContent, [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent))])),
}));

/** How many different colours the timeline shows: of an empty one few. */
const painted = (page) => page.evaluate(() => {
  const canvas = document.getElementById("timeline");
  const { data } = canvas.getContext("2d").getImageData(200, 24, canvas.width - 200, canvas.height - 24);
  const seen = new Map();
  for (let at = 0; at < data.length; at += 4) {
    const colour = (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
    seen.set(colour, (seen.get(colour) ?? 0) + 1);
  }
  return [...seen.values()].filter((count) => count > 50).length;
});

const common = async (page) => ({
  wrong: page.wrong, asked: page.asked, title: await page.title(), name: await text(page, "#name"), about: await text(page, "#about"),
  trouble: await page.locator("#trouble").textContent(), findings: await page.locator("#findings li").allInnerTexts(), painted: await painted(page),
  zone: await text(page, "#zone"), markup: await page.locator("img, script:not([type]) ~ script").count(),
});

/** Waits until a place of the page says this. */
const says = (page, id, expected) => page.waitForFunction(([id, expected]) => document.getElementById(id).textContent.includes(expected), [id, expected], { timeout: PATIENCE });

const status = async (page) => (await text(page, "#status")).split(" · ")[0];

const visits = {
  async dropped(page) {
    await page.goto(address);
    await drop(page, files);
    await read(page);
    return { ...(await common(page)), ...(await counted(page)) };
  },

  /** A recording after another, which was searched and selected in; then the folder that it is in. */
  async another(page) {
    await page.goto(address);
    await drop(page, [files[0]]);
    await read(page);
    await page.fill("#find", "basket");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => /^[0-9]+ found$/.test(document.getElementById("hits").textContent));
    const box = await page.locator("#timeline").boundingBox();
    await page.mouse.move(box.x + 300, box.y + 10);
    await page.mouse.down();
    await page.mouse.move(box.x + 400, box.y + 10, { steps: 5 });
    await page.mouse.up();
    await says(page, "selected", "polls");
    await page.evaluate(() => document.activeElement.blur());
    const whole = (await status(page)).split(" ")[0];
    await page.keyboard.press("w");
    await page.waitForFunction((whole) => location.hash.includes("select=") && !document.getElementById("status").textContent.startsWith(whole), whole);
    const now = async () => ({ time: (await status(page)).split(" ")[0], hits: await page.locator("#hits").textContent(), selected: await page.locator("#selected").textContent(), hash: new URL(page.url()).hash });
    const before = await now();
    await page.evaluate(() => delete document.body.dataset.analysed);
    await drop(page, [files[0]]);
    await read(page);
    const after = await now();
    const session = await page.context().newCDPSession(page);
    const data = { items: [], files: [files[1]], dragOperationsMask: 1 };
    for (const type of ["dragEnter", "dragOver", "drop"]) await session.send("Input.dispatchDragEvent", { type, x: 400, y: 400, data });
    await page.locator("#trouble:not([hidden])").waitFor();
    return { wrong: page.wrong, before, after, trouble: await text(page, "#trouble") };
  },

  /** What is no recording. */
  async refused(page) {
    await page.goto(address);
    await drop(page, files);
    await page.locator("#trouble:not([hidden])").waitFor();
    return { wrong: page.wrong, trouble: await text(page, "#trouble"), welcome: await page.locator("#welcome").isVisible() };
  },

  async given(page) {
    await page.goto(address);
    await read(page);
    await says(page, "whose", "analyze");
    return { ...(await common(page)), whose: await text(page, "#whose") };
  },

  /** By the keyboard alone: to the finding, into its row, to its details. */
  async keys(page) {
    await page.goto(address);
    await read(page);
    await page.keyboard.press("n");
    await page.waitForFunction(() => location.hash.includes("select="));
    const whole = await status(page);
    await page.keyboard.press("j");
    // Queues and logs come first.
    for (let row = 0; row < 10 && !(await text(page, "#status")).includes("worker-0"); row++) await page.keyboard.press("j");
    await says(page, "said", "shop::serve");
    const details = await text(page, "#said");
    await page.keyboard.press(".");
    await page.waitForFunction((before) => document.getElementById("said").innerText !== before, details);
    for (const key of ["w", "w", "d", "ArrowLeft", "s", "c"]) await page.keyboard.press(key);
    await page.locator("#counts table").first().waitFor();
    await page.keyboard.press("?");
    const help = await page.locator("#help[open] tbody tr").count();
    await page.keyboard.press("Escape");
    await page.keyboard.press("0");
    // What was in sight took milliseconds; it is said a moment after each key.
    await page.waitForFunction(() => /^[0-9.]+s from/.test(document.getElementById("status").textContent));
    return { wrong: page.wrong, details, help, whole, all: await status(page) };
  },

  /** An address opens the same view again; back and forth. */
  async address(page) {
    await page.goto(address);
    await read(page);
    await page.locator("#findings button").first().click();
    await page.waitForFunction(() => location.hash.includes("select="));
    await page.locator("#find").fill("basket");
    await page.keyboard.press("Enter");
    await says(page, "hits", "found");
    await page.waitForFunction(() => location.hash.includes("find=basket"));
    const first = { url: page.url(), status: await status(page), found: await page.locator("#found li").count() };
    const other = await newPage(page.context().browser());
    await other.goto(first.url);
    await read(other);
    await other.waitForFunction((found) => document.querySelectorAll("#found li").length === found, first.found);
    await says(other, "selected", "polls");
    const again = { url: other.url(), status: await status(other), found: await other.locator("#found li").count(), selected: await text(other, "#selected"), ...(await tables(other)) };
    return { wrong: [...page.wrong, ...other.wrong], first, again };
  },

  /** From what was looked for to its details, and from a span to its log. */
  async search(page) {
    await page.goto(address);
    await read(page);
    await page.keyboard.press("/");
    await page.keyboard.type(files[0]);
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => /found$/.test(document.getElementById("hits").textContent));
    const found = await page.locator("#found li").allInnerTexts();
    await page.locator("#found button").first().click();
    await page.locator("#details:not([hidden])").waitFor();
    return { ...(await common(page)), found, details: await text(page, "#said"), status: await status(page) };
  },

  /** By the mouse: zooms by the wheel, moves by dragging, selects over the axis, picks by a click. */
  async mouse(page) {
    await page.goto(address);
    await read(page);
    const box = await page.locator("#timeline").boundingBox();
    const [x, y] = [box.x + box.width * 0.55, box.y + 12];
    const before = await status(page);
    await page.mouse.move(x, y + 100);
    await page.mouse.wheel(0, -600);
    await page.waitForFunction((before) => !document.getElementById("status").textContent.startsWith(before), before);
    const zoomed = await status(page);
    await page.mouse.down();
    await page.mouse.move(x - 200, y + 100, { steps: 5 });
    await page.mouse.up();
    await page.waitForFunction((before) => !document.getElementById("status").textContent.startsWith(before), zoomed);
    const moved = await status(page);
    await page.mouse.move(x - 150, y);
    await page.mouse.down();
    await page.mouse.move(x + 150, y, { steps: 5 });
    await page.mouse.up();
    await says(page, "selected", "polls");
    return { wrong: page.wrong, before, zoomed, moved, selected: await text(page, "#selected"), ...(await tables(page)) };
  },

  /** Light and dark: what is behind, and pictures where a folder is given. */
  async themes(page) {
    await page.goto(address);
    await read(page);
    await says(page, "whose", "analyze");
    const seen = {};
    for (const [theme, width, height] of [["light", 1280, 800], ["dark", 1920, 1080]]) {
      await page.setViewportSize({ width, height });
      await page.selectOption("#theme", theme);
      await page.evaluate(() => document.activeElement.blur());
      await page.locator("#findings button").first().click();
      await page.waitForFunction(() => / events here/.test(document.getElementById("status").textContent));
      await counted(page);
      const behind = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth && document.documentElement.scrollHeight <= window.innerHeight);
      seen[theme] = { behind, fits: wide, painted: await painted(page) };
      if (files[0]) await page.screenshot({ path: `${files[0]}/viewer-${theme}.png` });
    }
    return { wrong: page.wrong, ...seen };
  },
};

const browser = await launch(modules, chromium);
try {
  console.log(JSON.stringify(await visits[visit](await newPage(browser))));
} finally {
  await browser.close();
}
