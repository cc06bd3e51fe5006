// Prints the events of files as lines of JSON, as `to_json` does, in the order of their time:
//
//     node lines.mjs FILE…

import { readFile } from "node:fs/promises";
import { decode } from "./decoder.mjs";

const isNothing = (value) =>
  value === null || value === "" || (typeof value === "object" && Object.keys(value).length === 0);

// JSON.stringify knows no BigInts.
function json(value) {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return `[${value.map(json).join(",")}]`;
  if (value !== null && typeof value === "object") {
    return `{${Object.entries(value).map(([key, of]) => `${JSON.stringify(key)}:${json(of)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

for (const path of process.argv.slice(2)) {
  const { events, problems } = await decode(new Uint8Array(await readFile(path)));
  for (const problem of problems) console.error(`${path}: bytes ${problem.from} to ${problem.to}: ${problem.problem}`);
  const own = events.filter((event) => !event.repeated);
  own.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  for (const { at, thread, kind, fields } of own) {
    const shown = Object.entries(fields).filter(([, value]) => !isNothing(value));
    console.log(json({ at, thread, kind, ...Object.fromEntries(shown) }));
  }
}
