// What stands beside the timeline: findings, details, counts, search. All that comes from a recording is text.

import { byId, el, fill } from "../shared/dom.mjs";
import { bytes, count, percent, plain } from "../shared/format.mjs";
import { duration, time } from "./times.mjs";

const at = (origin, nanos) => time(origin + BigInt(Math.round(nanos)), 6);

/** Text in which code stands between backticks. */
const prose = (text) => text.split("`").map((part, index) => (index % 2 ? el("code", {}, part) : part));

const NONE = "None. Polls may be long all the same: during those under `block_in_place` another thread goes on as the worker.";

/** The findings as buttons, each of which shows its place. */
export function showFindings(list, notes, origin, whose, show) {
  fill(byId("whose"), prose(whose));
  const item = (finding, index) => {
    const { severity, id, title, subject, place, said } = finding;
    const tint = { error: "bad", warning: "warn" }[severity] ?? "";
    const button = el("button", { type: "button", class: severity, onclick: () => show(index), title: finding.try ? `Try: ${finding.try}` : undefined },
      el("span", { class: `badge ${tint}` }, severity), " ", el("strong", {}, title), el("br"),
      el("span", { class: "mono" }, subject), place && place !== subject ? [" at ", el("span", { class: "mono" }, place)] : "", el("br"),
      prose(said), el("br"), el("span", { class: "muted" }, `${id}, ${at(origin, finding.at)}`));
    return el("li", {}, button);
  };
  fill(byId("findings"), list.length > 0 ? list.map(item) : el("li", { class: "muted" }, prose(NONE)));
  fill(byId("notes"), notes.map((note) => el("p", {}, prose(note))));
}

/** Nothing could be opened. */
export function showTrouble(said) {
  byId("trouble").hidden = false;
  byId("trouble").textContent = said;
}

export function showWaiting(said) {
  fill(byId("findings"), el("li", { class: "muted" }, said));
}

/** What is wrong with the files, in short and then one by one. */
export function showProblems({ problems, finished, blocks, size }) {
  const box = byId("trouble");
  box.hidden = problems.length === 0 && finished;
  if (box.hidden) return;
  const lost = problems.reduce((sum, { lost }) => sum + (lost ?? 0), 0);
  const short = problems.length > 0
    ? `${problems.length === 1 ? "Something" : `${problems.length} things`} could not be read${lost > 0 ? `, ${count(lost)} events among it` : ""}. All that is whole is shown: ${count(blocks)} blocks of ${bytes(size)}.`
    : "The recording has no index: its process was killed, or it goes on. All of it is shown.";
  const line = ({ file, from, to, problem, lost }) =>
    el("li", {}, `${[file, to >= 0 ? `bytes ${count(from)} to ${count(to)}` : ""].filter(Boolean).join(", ")}${file ? ": " : ""}${problem}${lost ? `; ${count(lost)} events are lost` : ""}`);
  fill(box, problems.length > 0 ? el("details", {}, el("summary", {}, short), el("ul", {}, problems.slice(0, 200).map(line))) : short);
}

const fields = (pairs) => el("dl", { class: "fields" }, pairs.filter(([, value]) => value !== null && value !== undefined && value !== "")
  .flatMap(([name, value]) => [el("dt", {}, name), el("dd", { class: "mono" }, plain(value))]));

const NANOS = ["duration", "queued", "busy", "idle", "waited"];

/** All that an event says, and what else its trace has. */
export function showDetails(event, origin, jump) {
  byId("details").hidden = false;
  const { kind, start, end, thread, task, made } = event;
  const head = [[end > start ? "began" : "at", at(origin, start)], end > start ? ["took", duration(end - start)] : ["", null], ["thread", thread],
    ["task", task === null ? null : [task, made?.name].filter(Boolean).join(" ")], ["made at", made?.place]];
  const { attributes, fields: own, links, frames, duration: _, task: __, ...rest } = event.fields;
  const shown = Object.entries(rest).map(([name, value]) => [name.replaceAll("_", " "), NANOS.includes(name) && value !== null ? duration(Number(value)) : value]);
  const lists = [frames, links].filter((list) => list?.length > 0).map((list) => el("ol", { class: "mono" }, list.map((one) => el("li", {}, plain(one)))));
  const related = event.related.map((other) => el("li", {}, el("button", { type: "button", class: "plain", onclick: () => jump(other) },
    `${other.kind}${other.own ? ", of this span" : ""}: ${other.said}`)));
  fill(byId("said"), el("h3", {}, kind.replaceAll("_", " ")), fields(head), fields(shown), fields(Object.entries(attributes ?? own ?? {})), lists,
    related.length > 0 ? [el("h3", {}, "Of the same trace"), el("ul", { class: "related" }, related)] : "");
}

function table(caption, head, rows) {
  if (rows.length === 0) return "";
  const cell = (value, index) => (index === 0 ? el("th", { scope: "row" }, value) : el("td", { class: "number" }, value));
  return el("table", {}, el("caption", {}, caption),
    el("thead", {}, el("tr", {}, head.map((name, index) => el("th", { scope: "col", class: index > 0 ? "number" : undefined }, name)))),
    el("tbody", {}, rows.map((row) => el("tr", {}, row.map(cell)))));
}

export function clearCounts() {
  byId("selected").textContent = "";
  byId("counts").replaceChildren();
}

/** What was counted in a part of the time. */
export function showCounts({ from, to, done, all, tables }, origin) {
  const range = `${duration(to - from)} from ${at(origin, from)}`;
  if (!tables) return void (byId("selected").textContent = `${range}: ${percent(done / Math.max(1, all))} counted…`);
  const { events, polls, busy, longest, time, threads, places, spans, logs } = tables;
  byId("selected").textContent = `${range}: ${count(events)} events, ${count(polls)} polls, ${duration(busy)} busy, the longest ${duration(longest)}`;
  const share = (nanos) => percent(Math.min(1, nanos / time));
  fill(byId("counts"),
    table("Threads", ["Thread", "Busy", "Parked", "Polls", "Longest"], threads.map((one) => [one.name, share(one.busy), share(one.parked), count(one.polls), duration(one.longest)])),
    table("Tasks, by where they were made", ["Task", "Busy", "Polls", "Longest"], places.map((one) => [[one.name, one.place && one.place !== one.name ? el("div", { class: "muted" }, one.place) : ""], duration(one.busy), count(one.polls), duration(one.longest)])),
    table("Spans", ["Function", "Calls", "Errors", "Mean", "Longest"], spans.map((one) => [one.name, count(one.count), count(one.errors), duration(one.sum / one.count), duration(one.longest)])),
    table("Logs", ["Level", "Lines"], logs.map((one) => [one.level, count(one.count)])));
}

export function clearResults(text) {
  byId("results").hidden = text === "";
  byId("found").replaceChildren();
  byId("hits").textContent = text === "" ? "" : "looking…";
}

/** Adds what a part of the recording has. */
export function addResults({ hits, done, all, full }, origin, show) {
  const list = byId("found");
  for (const hit of hits) {
    const button = el("button", { type: "button", onclick: () => show(hit) },
      el("span", { class: "badge" }, hit.kind.replaceAll("_", " ")), " ", hit.said, el("br"),
      el("span", { class: "muted" }, [at(origin, hit.start), hit.end > hit.start ? duration(hit.end - hit.start) : "", hit.at].filter(Boolean).join(", ")));
    list.append(el("li", {}, button));
  }
  const found = `${list.children.length} found`;
  byId("hits").textContent = full ? `${found}, and there may be more` : done < all ? `${found}, ${percent(done / all)} looked at` : found;
}
