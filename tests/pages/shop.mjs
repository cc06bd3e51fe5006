// The console of a running shop: what it shows is what `/metrics` says.
//
//     node shop.mjs MODULES CHROMIUM ADMIN SHOP

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { clean, launch, open, rows, until } from "./browser.mjs";

const [modules, chromium, admin, shop] = process.argv.slice(2);
let browser, opened, page;
before(async () => {
  browser = await launch(modules, chromium);
  opened = await open(browser, admin, { hash: "#traces" });
  page = opened.page;
  await page.locator("#connection[data-state=live]").waitFor();
});
after(() => browser.close());

const go = (hash) => page.goto(`${admin}/${hash}`);
const number = (text) => Number(text.replaceAll(/[\s\u2009]/g, ""));

async function order(card) {
  const body = JSON.stringify({ item: "teapot", quantity: 1, card });
  const answer = await fetch(`${shop}/orders`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  return { status: answer.status, order: await answer.json() };
}

/** The sums of a metric's series by one of its labels. */
async function metric(name, label) {
  const text = await (await fetch(`${admin}/metrics`, { headers: { accept: "text/plain; version=0.0.4" } })).text();
  const sums = {};
  for (const [, labels, value] of text.matchAll(new RegExp(`^${name}\\{(.*)\\} (\\S+)$`, "gm"))) {
    const [, key] = new RegExp(`(?:^|,)${label}="([^"]*)"`).exec(labels) ?? [];
    sums[key] = (sums[key] ?? 0) + Number(value);
  }
  return sums;
}

test("after a load each function's calls are those of the metrics", async () => {
  for (let count = 0; count < 60; count += 1) {
    const { status, order: placed } = await order(count % 3 === 0 ? "4000000000000002" : "4242424242424242");
    assert.equal(status, count % 3 === 0 ? 402 : 201);
    if (status === 201 && count % 5 === 0) await fetch(`${shop}/orders/${placed.id}`);
  }
  await go("#functions?group=none");
  const calls = async () =>
    Object.fromEntries((await rows(page, "Functions")).map((cells) => [cells[0], number(cells.at(-1))]));
  const columns = await page.getByRole("table", { name: "Functions" }).locator("thead th").allInnerTexts();
  assert.equal(columns.at(-1), "Calls");
  await until("the page to say what the metrics say", async () => {
    const [http, database, shown] = [
      await metric("shop_http_calls_total", "route"),
      await metric("shop_db_calls_total", "operation"),
      await calls(),
    ];
    assert.equal(http["POST /orders"], 60);
    assert.equal(http["GET /orders/{id}"], 8);
    for (const [name, count] of [...Object.entries(http), ...Object.entries(database)])
      assert.equal(shown[name], count, name);
    return true;
  });
  // The errors of the last minute are all that there were, as long as it is the same minute; the ratio says which.
  const errors = (await rows(page, "Functions"))
    .find((cells) => cells[0] === "POST /orders")
    .find((cell) => cell.endsWith("%"));
  assert.equal(errors, "33.3%");
});

test("the summary is what the functions that serve say together", async () => {
  await go("#overview");
  const tile = (label) => page.getByRole("region", { name: "Summary" }).getByRole("link", { name: label });
  await until("the errors of all requests", async () => /20 in the last/.test(await tile("Errors").innerText()));
  assert.match(await tile("Errors").innerText(), /29\.4%/);
  assert.match(await tile("Requests a second").innerText(), /3 functions that serve/);
  assert.match(await tile("Health").innerText(), /healthy\s+1 of 1 checks pass/);
  await until("the objectives", async () =>
    /met\s+\d of 2 have budget left/.test(await tile("Objectives").innerText()),
  );
});

test("from a function's exemplar to its trace, and from there to its logs, is a click each", async () => {
  await go("#functions?group=none");
  await page.getByRole("link", { name: /^a slow trace of POST \/orders/ }).click();
  const detail = page.getByRole("complementary", { name: "Trace" });
  const names = () =>
    rows(page, "Spans of the trace").then((spans) => spans.map(([name]) => name.split(/\s+shop::/)[0]));
  const spans = await until("the spans", async () => (await names()).includes("place_order") && names());
  assert.equal(spans[0], "POST /orders");
  assert.ok(
    ["insert_order", "charge", "authorize"].every((name) => spans.includes(name)),
    JSON.stringify(spans),
  );
  await detail.getByRole("link", { name: "insert_order" }).click();
  const attributes = await until("the attributes", async () => Object.fromEntries(await rows(page, "Attributes")));
  assert.equal(attributes["db.system.name"], "sqlite");
  await detail.getByRole("link", { name: /^Logs of this trace/ }).click();
  await until("the logs of that trace alone", () => /#logs\?trace=[0-9a-f]{32}$/.test(page.url()));
  await page.getByText("of the trace").waitFor();
});

test("a failed order's trace has the error, and says where it came from", async () => {
  await go("#traces?errors=1&q=POST");
  await order("4000000000000002");
  const first = await until("a trace with errors", () => rows(page, "Traces").then((traces) => traces[0]));
  assert.deepEqual([first[1], Number(first.at(-1)) > 0], ["POST /orders", true]);
  await page.getByRole("table", { name: "Traces" }).locator("a.open").first().click();
  const detail = page.getByRole("complementary", { name: "Trace" });
  await detail.getByRole("link", { name: "charge", exact: true }).click();
  await detail.getByRole("region", { name: "Span charge" }).getByText("error: the card was declined").waitFor();
  assert.match((await rows(page, "Events of the span"))[0][1], /^exception .*exception\.message=the card was declined/);
  await detail.getByRole("link", { name: "authorize", exact: true }).click();
  await detail
    .getByRole("region", { name: "Span authorize" })
    .getByText("error: shop::payment::PaymentError")
    .waitFor();
});

test("runtime, health, catalogue and configuration are the service's own", async () => {
  await go("#runtime");
  await until(
    "the workers",
    async () =>
      (await rows(page, "Workers")).length > 0 &&
      (await rows(page, "Workers")).every((cells) => /^main \d+$/.test(cells[0]) && /%$/.test(cells[1])),
  );
  await go("#health");
  await until("the check", async () => /^database,ok,/.test(String((await rows(page, "Health checks"))[0])));
  const catalog = await (await fetch(`${admin}/catalog`)).json();
  await go("#catalogue?kind=metric&q=shop_orders_total");
  const [entry] = await until(
    "the metric",
    async () => (await rows(page, "Catalogue")).length === 1 && rows(page, "Catalogue"),
  );
  const { name, kind, help, place } = catalog.metrics.find((metric) => metric.name === "shop_orders_total");
  assert.deepEqual([entry[0], entry[1], entry[3], entry[4]], [name, kind, "status", help]);
  assert.equal(entry[5], place ? `${place.file}:${place.line}` : "");
  await go("#configuration?q=metrics.port");
  const [key, value, from] = (
    await until(
      "the port",
      async () => (await rows(page, "Configuration in force")).length === 1 && rows(page, "Configuration in force"),
    )
  )[0];
  assert.deepEqual([key, value, from], ["metrics.port", "0", "SPANWRIGHT_METRICS_PORT"]);
});

test("nothing went wrong, nobody else was asked, and the policy was kept", async () => {
  await clean(opened);
  const { headers } = await fetch(`${admin}/`);
  assert.match(
    headers.get("content-security-policy"),
    /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'/,
  );
});
