// Says what the viewer's own rules find in a recording, as JSON: without what only the command finds.
//
//     node findings_of.mjs FILE-OR-FOLDER

import { openAsBlob, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { Analysis } from "../../../viewer/recording/analysis.mjs";
import { Recording } from "../../../viewer/recording/recording.mjs";

const path = process.argv[2];
const names = statSync(path).isDirectory() ? readdirSync(path).filter((name) => name.endsWith(".spwr")).map((name) => join(path, name)) : [path];
const recording = await Recording.open(await Promise.all(names.map((name) => openAsBlob(name))));
const analysis = new Analysis(recording);
while (await analysis.step());
const all = analysis.result().findings.map(({ id, severity, place, subject, said, at }) => {
  return { id, severity, place, subject, said, at: String(recording.origin + BigInt(Math.round(at))) };
});
console.log(JSON.stringify(all));
