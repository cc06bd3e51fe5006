// Takes the pictures of `docs/pictures` from the console of a service under load, such as `shop --load --seconds 600`.
//
//     node pictures.mjs MODULES CHROMIUM ADMIN FOLDER [SECONDS]
//
// The lines of the last minutes begin when the page is opened: it looks on for so many seconds first.

import { join } from "node:path";
import { launch, open } from "./browser.mjs";

const [modules, chromium, admin, folder, seconds = "130"] = process.argv.slice(2);
const browser = await launch(modules, chromium);
const looks = await Promise.all([
  open(browser, admin, { zone: "Europe/London" }),
  open(browser, admin, { zone: "Europe/London", dark: true, width: 1920, height: 1080 }),
]);

/** The page of a look at a section. */
async function at({ page }, section) {
  await page.goto(`${admin}/#${section}`);
  await page.mouse.move(1, 1);
  await page.waitForTimeout(2_500);
  return page;
}

try {
  await looks[0].page.waitForTimeout(Number(seconds) * 1000);
  const [light, dark] = looks;
  await (await at(light, "overview")).screenshot({ path: join(folder, "console.png") });
  const page = await at(dark, "traces?view=slowest");
  await page.locator("main .rows a.open").first().click();
  const failed = page.locator(".waterfall a[data-outcome=error]");
  await page.locator(".waterfall a.open").nth(3).waitFor();
  await ((await failed.count()) > 0 ? failed.last() : page.locator(".waterfall a.open").nth(3)).click();
  await page.mouse.move(1, 1);
  await page.waitForTimeout(1_000);
  await page.screenshot({ path: join(folder, "console-trace-dark.png") });
  await (await at(light, "functions?f=2")).screenshot({ path: join(folder, "console-functions.png") });
} finally {
  await browser.close();
}
