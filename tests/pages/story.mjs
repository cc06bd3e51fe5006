// The console's page against a service that tells a story.
//
//     node story.mjs MODULES CHROMIUM

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { clean, launch, open, rows, until } from "./browser.mjs";
import { HOSTILE, serve, Story } from "./service.mjs";

const [modules, chromium] = process.argv.slice(2);
let browser;
before(async () => (browser = await launch(modules, chromium)));
after(() => browser.close());

/** Opens a story, and looks at the end whether all was well. */
async function told(story, how, look, options = {}) {
  const service = await serve(new Story(story), options);
  const opened = await open(browser, service.url, how);
  try {
    await look(opened.page, service, opened);
    if (!options.mayFail) await clean(opened);
  } finally {
    await opened.context.close();
    await service.close();
  }
}

const live = (page) => page.locator("#connection[data-state=live]").waitFor();
const left = (page) => page.locator(".toolbar .left").innerText();
const thin = (text) => text.replaceAll("\u2009", " ");

test("what would do harm as markup is text, in every section", async () => {
  const trace = "0".repeat(31) + "1";
  const places = {
    "#overview": 3,
    "#functions?f=0": 2,
    [`#traces?trace=${trace}&span=0000000000000006`]: 5,
    "#logs?line=10": 3,
    "#health": 1,
    "#catalogue?item=metric+story_steps_total+": 2,
    "#configuration": 1,
    [`#logs?trace=${trace}`]: 1,
  };
  await told({ hostile: true }, {}, async (page) => {
    await live(page);
    for (const [hash, least] of Object.entries(places)) {
      await page.goto(page.url().split("#")[0] + hash);
      const found = (
        await until(`${least} hostile texts at ${hash}`, async () => {
          const count = await page
            .locator("main")
            .evaluate(
              (main, text) =>
                [...main.querySelectorAll("*")].filter(
                  (element) => element.children.length === 0 && element.textContent.includes(text),
                ).length,
              HOSTILE,
            );
          return count >= least && { count };
        })
      ).count;
      assert.ok(found >= least);
      assert.equal(await page.locator("main img, main script, main iframe").count(), 0, hash);
    }
    assert.equal(await page.evaluate(() => window.harmed), undefined);
  });
});

test("a thousand functions are sorted, searched, grouped and opened", async () => {
  await told({ functions: 1000 }, { hash: "#functions?group=none&sort=p99" }, async (page) => {
    await until("all functions", async () => thin(await left(page)) === "1 000 functions");
    const table = page.getByRole("table", { name: "Functions" });
    const p99 = async () => (await rows(page, "Functions")).map((cells) => parseFloat(cells[7]));
    await until("the slowest first", async () => (await p99())[0] === 98);
    const down = await p99();
    assert.deepEqual(
      down,
      down.toSorted((one, other) => other - one),
    );
    assert.equal(await table.getAttribute("aria-rowcount"), "1001");
    assert.ok((await table.locator("tbody tr").count()) < 80, "only rows in sight are elements");
    const head = page.getByRole("columnheader", { name: "p99" });
    assert.equal(await head.getAttribute("aria-sort"), "descending");
    await head.getByRole("button").click();
    assert.equal(await head.getAttribute("aria-sort"), "ascending");
    await until("the fastest first", async () => (await p99())[0] === 10);
    await page.getByRole("columnheader", { name: "Function" }).getByRole("button").click();
    await until("the names in order", async () => (await rows(page, "Functions"))[1][0] === "step_1");

    await page.getByRole("searchbox").fill("STEP_99 part_24");
    await until("the filter", async () => thin(await left(page)) === "2 of 1 000 functions");
    assert.deepEqual(
      (await rows(page, "Functions")).map((cells) => cells[0]),
      ["step_99", "step_999"],
    );
    await page.getByRole("searchbox").fill("part_3.rs");
    await page.getByLabel("Group by").selectOption("component");
    await until("the groups", async () =>
      (await rows(page, "Functions")).some(([cell]) => cell.includes("26 functions")),
    );
    await table.getByRole("button", { name: "shop::part_3" }).click();
    await until("the group is folded", async () => (await rows(page, "Functions")).length < 20);
    assert.match(page.url(), /q=part_3\.rs/);
  });
});

test("a link opens the same again", async () => {
  await told({ functions: 50 }, { hash: "#functions?q=step_1&sort=p50&order=up&f=12" }, async (page) => {
    const detail = page.getByRole("complementary", { name: "Function" });
    await detail.getByRole("heading", { name: "step_12" }).waitFor();
    assert.equal(await page.getByRole("searchbox").inputValue(), "step_1");
    assert.match(await detail.innerText(), /Does step 12\.[\s\S]*src\/part_12\.rs:13[\s\S]*together with 1 other/);
    await page.locator("tr[aria-selected=true]", { hasText: "step_12 + 1 other" }).waitFor();
    await page.goto(page.url().replace("f=12", "f=1"));
    await detail.getByRole("heading", { name: "step_1", exact: true }).waitFor();
    assert.match(await detail.innerText(), /in metrics that are not its own/);
    await page.goBack();
    await detail.getByRole("heading", { name: "step_12" }).waitFor();
    await page.goto(`${page.url().split("#")[0]}#nonsense?__proto__=1&constructor=2`);
    await page.getByRole("region", { name: "Busiest functions" }).waitFor();
  });
});

test("the keyboard is enough", async () => {
  await told({ functions: 200 }, {}, async (page) => {
    await live(page);
    await page.keyboard.press("2");
    await until("the section", () => page.url().endsWith("#functions"));
    assert.equal(await page.locator("nav [aria-current=page]").innerText(), "Functions");
    await page.keyboard.press("/");
    const typed = () => page.evaluate(() => document.activeElement.getAttribute("aria-label"));
    assert.match(await typed(), /^Filter by name/);
    await page.keyboard.type("step_1");
    assert.match(page.url(), /q=step_1/, "a digit that is typed is no section");
    await page.keyboard.press("Escape");
    // From the head's last button into the table: one stop, whatever the number of rows.
    await page.getByRole("columnheader", { name: "Calls", exact: true }).getByRole("button").focus();
    await page.keyboard.press("Tab");
    const row = () => page.evaluate(() => document.activeElement.closest("tr")?.getAttribute("aria-rowindex"));
    const first = Number(await row());
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    assert.equal(Number(await row()), first + 2);
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.equal(outline, "solid", "what has the focus shows it");
    await page.keyboard.press("End");
    const table = page.getByRole("table", { name: "Functions" });
    assert.equal(await row(), await table.getAttribute("aria-rowcount"));
    const name = await page.evaluate(() => document.activeElement.textContent);
    await page.keyboard.press("Enter");
    const detail = page.getByRole("complementary", { name: "Function" });
    await detail.getByRole("heading", { name, exact: true }).waitFor();
    const focused = () => page.evaluate(() => document.activeElement.textContent);
    await until("the focus to stay with columns left out", async () => (await focused()) === name);
    await page.keyboard.press("Escape");
    await detail.waitFor({ state: "hidden" });
    await until("the focus to stay with columns back", async () => (await focused()) === name);
    await page.keyboard.press("ArrowUp");
    assert.notEqual(await focused(), name, "and arrows go on from there");
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog", { name: "Keys" }).waitFor({ state: "hidden" });
  });
});

test("a trace is a waterfall, with the span in full and its logs", async () => {
  const id = "0".repeat(30) + "0a";
  await told({}, { hash: `#traces?trace=${id}` }, async (page) => {
    const detail = page.getByRole("complementary", { name: "Trace" });
    const spans = async () =>
      (await rows(page, "Spans of the trace")).map(([name, , duration]) => [name.split(" ")[0], duration]);
    await until("all spans", async () => (await spans()).length === 12);
    assert.deepEqual((await spans()).slice(0, 5), [
      ["step_0", "14.0 ms"],
      ["step_1", "900 µs"],
      ["step_2", "900 µs"],
      ["step_3", "900 µs"],
      ["step_4", "900 µs"],
    ]);
    const depths = await detail
      .locator(".waterfall [data-depth]")
      .evaluateAll((cells) => cells.map((cell) => Number(cell.dataset.depth)));
    assert.deepEqual(depths.slice(0, 7), [0, 1, 1, 2, 1, 1, 2]);
    const bars = await detail
      .locator(".waterfall svg.bar .whole:not(.least)")
      .evaluateAll((bars) =>
        bars.map((bar) => [parseFloat(bar.getAttribute("x")), parseFloat(bar.getAttribute("width"))]),
      );
    assert.deepEqual(bars[0], [0, 100]);
    assert.ok(Math.abs(bars[7][0] - 50) < 0.01 && Math.abs(bars[7][1] - 90 / 14) < 0.01, JSON.stringify(bars[7]));
    assert.match(await detail.innerText(), /12 spans · 1 with errors/);
    await detail.getByRole("link", { name: "step_5" }).click();
    const span = detail.getByRole("region", { name: "Span step_5" });
    await span.waitFor();
    assert.match(thin(await span.innerText()), /error: no stock[\s\S]*900 µs of it its own, from \+5\.00 ms/);
    assert.deepEqual(await rows(page, "Attributes"), [
      ["order.id", "5"],
      ["note", "none"],
    ]);
    assert.deepEqual(await rows(page, "Events of the span"), [["+5.50 ms", "refused"]]);
    assert.deepEqual(await rows(page, "Logs of the trace"), [["+5.00 ms", "WARN", "no stock"]]);
    await detail.getByRole("link", { name: "Logs of this trace (1)" }).click();
    await until("the logs of the trace", async () =>
      (await rows(page, "Log lines, the latest last")).some((cells) => cells[3].startsWith("no stock")),
    );
    assert.match(page.url(), new RegExp(`#logs\\?trace=${id}`));
  });
});

test("traces are filtered by what they are, and the slowest are found", async () => {
  await told({ traces: 500, perSecond: 0 }, { hash: "#traces" }, async (page) => {
    await until("all traces", async () => (await left(page)).startsWith("500 of 500 kept"));
    const column = async (index) => (await rows(page, "Traces")).map((cells) => cells[index]);
    await page.getByLabel("with errors").check();
    await until("those with errors", async () => (await left(page)).startsWith("50 of 500 kept"));
    assert.ok((await column(4)).every((errors) => errors === "1"));
    await page.getByLabel("with errors").uncheck();
    await page.getByLabel("At least").selectOption("100");
    await until("the long ones", async () =>
      (await rows(page, "Traces")).every((cells) => parseFloat(cells[2]) >= 100),
    );
    await page.getByLabel("At least").selectOption("");
    await page.getByLabel("Show").selectOption("slowest");
    await until("the slowest", async () => (await left(page)).startsWith("20 of 500 kept"));
    const durations = (await column(2)).map((text) => (text.endsWith(" s") ? 1000 : 1) * parseFloat(text));
    assert.deepEqual(
      durations,
      durations.toSorted((one, other) => other - one),
    );
  });
});

test("logs are filtered by level and text, held and let go", async () => {
  await told({ lines: 300 }, { hash: "#logs" }, async (page) => {
    const table = "Log lines, the latest last";
    await until("the lines", async () => (await rows(page, table)).length > 10);
    const last = async () => (await rows(page, table)).at(-1)[3];
    const before = await last();
    await until("the tail to go on", async () => (await last()) !== before);
    await page.keyboard.press("Space");
    const held = await last();
    await page.getByRole("button", { name: /Go on \([1-9]\d* new\)/ }).waitFor();
    assert.equal(await last(), held);
    await page.getByRole("button", { name: /Go on/ }).click();
    await until("the tail to go on", async () => (await last()) !== held);
    await page.getByLabel("Level").selectOption("ERROR");
    await until("errors alone", async () => (await rows(page, table)).every((cells) => cells[1] === "ERROR"));
    await page.getByRole("searchbox").fill("order=150");
    await until(
      "the line",
      async () =>
        JSON.stringify((await rows(page, table)).map((cells) => cells[3])) ===
        JSON.stringify(["line 150 of the story order=150 note=none"]),
    );
    await page.getByRole("link", { name: "Trace 00000000" }).click();
    await page
      .getByRole("complementary", { name: "Trace" })
      .getByRole("heading", { name: "step_0", exact: true })
      .first()
      .waitFor();
  });
});

test("the inside is for those who show the token", async () => {
  await told(
    {},
    {},
    async (page) => {
      const alert = page.getByRole("alert");
      await alert.getByLabel("Token").fill("wrong");
      await page.keyboard.press("Enter");
      await alert.getByText("This token is not the service's.").waitFor();
      assert.equal(await page.locator("#connection").innerText(), "refused");
      await alert.getByLabel("Token").fill("open sesame, please");
      await page.keyboard.press("Enter");
      await live(page);
      assert.ok(!page.url().includes("sesame"));
      await page.goto(`${page.url().split("#")[0]}#configuration`);
      await until("what needs the token too", async () => (await rows(page, "Configuration in force")).length === 2);
      await page.reload();
      await live(page);
    },
    { token: "open sesame, please", mayFail: true },
  );
});

test("a lost connection is said, and found again", async () => {
  await told(
    {},
    {},
    async (page, service) => {
      await live(page);
      service.drop();
      await page.getByRole("alert").getByText("The service does not answer.").waitFor();
      await live(page);
      await page.getByRole("alert").waitFor({ state: "hidden" });
      const { host } = new URL(service.url);
      await service.close();
      const text = await page.getByRole("alert").innerText();
      assert.ok(text.includes(`Is it still running, and still on ${host}?`), text);
      await page.getByRole("button", { name: "Try now" }).waitFor();
      assert.equal(await page.locator("#service").innerText(), "story", "what was known stays");
    },
    { mayFail: true },
  );
});

test("what keeps numbers from being what is, is said", async () => {
  await told({}, { zone: "UTC" }, async (page, service) => {
    await live(page);
    const notice = page.locator("#notice");
    await notice.waitFor({ state: "hidden" });
    const tell = (state) => service.clients.forEach((client) => client.tell([["state", state]]));
    tell({ enabled: true, metrics_late_since_ms: Date.UTC(2026, 8, 21, 10, 20, 30) });
    await notice.getByText("Metrics are late since 10:20:30.").waitFor();
    tell({ enabled: false, metrics_late_since_ms: null });
    await notice.getByText("Telemetry is switched off.").waitFor();
    tell({ enabled: true, metrics_late_since_ms: null });
    await notice.waitFor({ state: "hidden" });
  });
});

test("a file is downloaded as it is", async () => {
  await told({}, { hash: "#downloads" }, async (page) => {
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download catalogue" }).click(),
    ]);
    assert.equal(file.suggestedFilename(), "catalog.json");
    assert.deepEqual(JSON.parse(readFileSync(await file.path(), "utf8")), new Story().catalog());
    await page.getByText("catalog.json, ").waitFor();
  });
});

test("times are in the reader's zone, which is named", async () => {
  const shown = {};
  for (const zone of ["UTC", "Asia/Kolkata"]) {
    await told({ traces: 1, perSecond: 0 }, { hash: "#traces", zone }, async (page) => {
      shown[zone] = (await until("a trace", () => rows(page, "Traces")))[0][0];
      assert.match(
        await page.locator("#zone").innerText(),
        zone === "UTC" ? /^UTC$/ : /^Asia\/(Kolkata|Calcutta) \(UTC\+5:30\)$/,
      );
    });
  }
  const at = new Date(1_790_000_000_001);
  const time = (timeZone) => at.toLocaleTimeString("en-GB", { timeZone }) + ".001";
  assert.deepEqual(shown, { UTC: time("UTC"), "Asia/Kolkata": time("Asia/Kolkata") });
});
