// Reads a profile by DataDog's `pprof-format`, and says what is in it.
//
//     node read_profile.mjs MODULES PROFILE

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

const [modules, file] = process.argv.slice(2);
const { Profile } = createRequire(join(modules, "x.js"))("pprof-format");
const profile = Profile.decode(gunzipSync(readFileSync(file)));
const text = (place) => {
  const known = profile.stringTable.strings[Number(place)];
  if (known === undefined) throw new Error(`there is no text ${place}`);
  return known;
};
const byId = (all) => {
  const found = new Map(all.map((one) => [Number(one.id), one]));
  if (found.size !== all.length || found.has(0)) throw new Error("ids are not those of one each");
  return found;
};
const [locations, functions] = [byId(profile.location), byId(profile.function)];
const frame = (id) => {
  const [line] = locations.get(Number(id)).line;
  const { name, filename } = functions.get(Number(line.functionId));
  return `${text(name)} ${text(filename)}:${line.line}`;
};
const samples = profile.sample.map(({ locationId, value, label }) => ({
  stack: locationId.map(frame),
  values: value.map(Number),
  labels: Object.fromEntries(label.map(({ key, str }) => [text(key), text(str)])),
}));
const types = profile.sampleType.map(({ type, unit }) => [text(type), text(unit)]);
const [time, duration] = [profile.timeNanos, profile.durationNanos].map(String);
console.log(JSON.stringify({ types, shown: text(profile.defaultSampleType), time, duration, samples }));
