// Damages a recording in every byte, and cuts it off at every byte: the viewer reads what is whole, and fails nowhere. Says how many
// events were read at least and at most, as JSON.
//
//     node damage_viewer.mjs FILE STEP

import { readFileSync } from "node:fs";
import { Analysis } from "../../../viewer/recording/analysis.mjs";
import { measure } from "../../../viewer/recording/measure.mjs";
import { picture } from "../../../viewer/recording/picture.mjs";
import { Recording } from "../../../viewer/recording/recording.mjs";

const [path, step] = process.argv.slice(2);
const bytes = readFileSync(path);

async function readAll(bytes, name) {
  const recording = await Recording.open([new File([bytes], name)]);
  if (recording.blocks.length === 0) return { events: 0, problems: recording.problems.length };
  const analysis = new Analysis(recording);
  while (await analysis.step());
  analysis.result();
  const range = { from: 0, to: recording.length };
  const drawn = picture(recording, analysis, { ...range, columns: 200, sight: range });
  let shown = await drawn.next();
  while (!shown.done) shown = await drawn.next();
  let events = 0;
  for await (const { tables } of measure(recording, analysis, { from: -Infinity, to: Infinity })) events = tables?.events ?? events;
  return { events, problems: recording.problems.length, finished: recording.finished };
}

const whole = await readAll(bytes, "whole");
const seen = { whole: whole.events, problems: whole.problems, flipped: [Infinity, 0], silent: 0, cut: [] };
for (let at = 0; at < bytes.length; at += Number(step)) {
  const flipped = Uint8Array.from(bytes);
  flipped[at] ^= 1 << at % 8;
  const { events, problems, finished } = await readAll(flipped, "flipped");
  seen.flipped = [Math.min(seen.flipped[0], events), Math.max(seen.flipped[1], events)];
  // What is lost must be told.
  if (problems === 0 && finished && events < whole.events) seen.silent++;
  seen.cut.push((await readAll(bytes.subarray(0, at), "cut")).events);
}
console.log(JSON.stringify(seen));
