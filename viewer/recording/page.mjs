// The page of the viewer: puts its parts together.

import { byId } from "../shared/dom.mjs";
import { bytes, count, percent, zone } from "../shared/format.mjs";
import { themes } from "../shared/theme.mjs";
import { format, parse } from "./address.mjs";
import { analysed, choosing, given } from "./files.mjs";
import { beside, nearest, slicesOf } from "./hits.mjs";
import { keyboard } from "./keys.mjs";
import { Overview } from "./overview.mjs";
import { addResults, clearCounts, clearResults, showCounts, showDetails, showFindings, showProblems, showTrouble, showWaiting } from "./panels.mjs";
import { pointer } from "./pointer.mjs";
import { Timeline } from "./timeline.mjs";
import { duration, time } from "./times.mjs";
import { View } from "./view.mjs";

const OWN_RULES = "By eight of the eleven rules of `spanwright analyze`; leaks, missed wake-ups and imbalance are found by `spanwright view FILE`.";

class Page {
  constructor(worker) {
    Object.assign(this, { worker, id: 0, view: null, origin: 0n, selection: null, find: "", findings: [], current: -1, analysis: null, said: "" });
    worker.onmessage = ({ data }) => this.heard(data);
    themes(byId("theme"));
    byId("zone").textContent = zone();
    this.timeline = new Timeline(byId("timeline"), byId("scroll"), byId("height"), (wanted) => this.ask("picture", wanted));
    this.timeline.drawn = () => this.overview.draw();
    this.overview = new Overview(byId("overview"), { changed: () => this.changed() });
    pointer(this.timeline, byId("hint"), {
      changed: () => this.changed(), selecting: (range, done) => this.select(range, done), picked: (slice) => this.pick(slice),
    });
    choosing((files) => this.load({ files, findings: null }));
    keyboard(this.actions());
    byId("search").addEventListener("submit", (event) => {
      event.preventDefault();
      this.search(byId("find").value);
    });
    window.addEventListener("hashchange", () => this.reopen());
  }

  ask(type, of = {}) {
    this.worker.postMessage({ type, id: ++this.id, ...of });
    return this.id;
  }

  load({ files, findings }) {
    // An address tells of one recording: the next one begins anew.
    if (this.view) history.replaceState(null, "", "#");
    clearTimeout(this.saving);
    this.analysis = findings;
    this.started = performance.now();
    this.ask("open", { files });
  }

  // What the worker says.

  heard(said) {
    const handlers = ["opened", "progress", "analysed", "picture", "describe", "measure", "failed"];
    if (said.type === "search") this.hits(said);
    else if (handlers.includes(said.type)) this[said.type](said);
  }

  opened(said) {
    if (said.blocks === 0) return this.unreadable(said);
    const { origin, length } = said;
    Object.assign(this, { origin, view: new View(length), findings: [], current: -1, selection: null, find: "", said: "", progressed: 0 });
    byId("welcome").hidden = true;
    byId("work").hidden = false;
    byId("details").hidden = true;
    clearCounts();
    clearResults("");
    byId("find").value = "";
    showProblems(said);
    showWaiting("Looking…");
    this.about(said);
    this.timeline.open(this.view, origin);
    this.overview.open(this.view, said.density);
    this.named(said);
    this.reopen();
    this.given();
  }

  unreadable({ problems, size }) {
    byId("welcome").hidden = false;
    byId("work").hidden = true;
    const why = size === 0 ? "it is empty; its process may have just begun to write" : problems[0]?.problem ?? "it holds nothing";
    showTrouble(`No block of a recording can be read of this: ${why}. Is it a recording? \`spanwright recover\` reads what a killed process has left.`);
  }

  about({ processes, events, size, recordings }) {
    const known = processes.filter(Boolean);
    const [process] = known;
    const name = process?.service || "Recording";
    byId("name").textContent = name;
    document.title = `${name} – recording viewer`;
    const pids = [...new Set(known.map(({ pid }) => pid))];
    const numbers = pids.length > 3 ? `${pids.length} processes` : `${pids.length === 1 ? "process" : "processes"} ${pids.join(", ")}`;
    const of = process ? [process.version, numbers, process.host && `on ${process.host}`] : [];
    const more = recordings > 1 ? `${recordings} recordings` : "";
    byId("about").textContent = [...of, more, `${count(events)} events`, bytes(size)].filter(Boolean).join(", ");
    byId("zone").textContent = zone(new Date(Number(this.origin / 1000000n)));
  }

  /** The names of threads, which are learnt as the recording is read. */
  named({ threads }) {
    for (const thread of threads) this.timeline.names.set(thread.of * 2 ** 32 + thread.thread, thread);
  }

  progress(said) {
    this.named(said);
    this.progressed = said.done / said.all;
    // What is painted from sums becomes more with each block.
    if (!this.timeline.picture?.single) this.timeline.request();
    this.status();
  }

  analysed(said) {
    this.named(said);
    this.about(said);
    this.progressed = 1;
    showProblems(said);
    this.timeline.request();
    if (!this.commands) this.found(said, OWN_RULES);
    document.body.dataset.analysed = String(Math.round(performance.now() - this.started));
    this.status();
  }

  /** The command's findings, where it has served or saved the page. */
  async given() {
    this.commands = null;
    const { analysis } = this;
    const text = await analysis;
    // Another recording may have been opened meanwhile.
    if (!text || this.analysis !== analysis) return;
    this.commands = analysed(text, this.origin);
    this.found(this.commands, "By `spanwright analyze`.");
  }

  found({ findings, notes }, whose) {
    this.findings = findings;
    this.overview.findings = findings;
    this.overview.paint();
    showFindings(findings, notes, this.origin, whose, (index) => this.showFinding(index));
  }

  picture(picture) {
    this.timeline.arrived(picture);
    this.status();
  }

  describe(event) {
    showDetails(event, this.origin, (other) => this.jump(other.start, other.end));
  }

  measure(said) {
    showCounts(said, this.origin);
  }

  hits(said) {
    addResults(said, this.origin, (hit) => {
      this.jump(hit.start, hit.end);
      this.ask("describe", { block: hit.block, index: hit.index });
    });
  }

  failed({ message, job }) {
    if (job === "open") return showTrouble(`It can't be read: ${message}`);
    if (job === "picture") this.timeline.asked = 0;
    byId("status").textContent = `Something went wrong (${job}): ${message}`;
  }

  // What the reader does.

  changed() {
    this.timeline.changed();
    // Texts are laid out anew where they change, which takes longer than a frame's drawing.
    this.soon ??= setTimeout(() => {
      this.soon = null;
      this.status();
    }, 100);
    clearTimeout(this.saving);
    this.saving = setTimeout(() => this.save(), 200);
  }

  save() {
    const { view, selection, find, origin } = this;
    history.replaceState(null, "", format({ view: { from: view.from, to: view.to }, selection, find }, origin));
  }

  /** As the address says. */
  reopen() {
    if (!this.view) return;
    const { view, selection, find } = parse(location.hash, this.origin);
    const within = (range) => range && range.to > 0 && range.from < this.view.length;
    if (within(view)) this.view.set(view.from, view.to);
    if (within(selection)) this.select(selection, true);
    if (find !== this.find) {
      byId("find").value = find;
      this.search(find);
    }
    this.changed();
  }

  jump(start, end) {
    this.view.show(start, end);
    this.changed();
  }

  showFinding(index) {
    const finding = this.findings[index];
    if (!finding) return;
    this.current = index;
    const buttons = [...byId("findings").querySelectorAll("button")];
    buttons.forEach((button, at) => (at === index ? button.setAttribute("aria-current", "true") : button.removeAttribute("aria-current")));
    buttons[index]?.scrollIntoView({ block: "nearest" });
    this.selection = finding.end > finding.at ? { from: finding.at, to: finding.end } : null;
    this.timeline.selection = this.selection;
    this.jump(finding.at, finding.end);
    this.said = `${finding.title}: ${finding.subject}`;
  }

  select({ from, to }, done) {
    const range = { from: Math.min(from, to), to: Math.max(from, to) };
    this.selection = this.timeline.selection = range;
    this.timeline.draw();
    if (!done) return;
    this.ask("measure", range);
    this.save();
  }

  pick(slice) {
    this.timeline.picked = slice;
    this.timeline.draw();
    if (!slice) return;
    this.said = `${slice.row.label} ${slice.said}, ${duration(slice.end - slice.start)}`.trim();
    this.status();
    this.ask("describe", { block: slice.block, index: slice.index });
  }

  search(text) {
    this.find = text.trim();
    clearResults(this.find);
    if (this.find !== "" && this.view) this.ask("search", { text: this.find });
    if (this.view) this.save();
  }

  status() {
    if (!this.view) return;
    const { view, timeline, origin, progressed } = this;
    const begins = time(origin + BigInt(Math.max(0, Math.round(view.from))), 6);
    const events = timeline.picture?.events;
    const parts = [`${duration(view.time)} from ${begins}`, events === null || events === undefined ? "" : `${count(events)} events here and beside`,
      progressed < 1 ? `${percent(progressed)} read` : "", this.said];
    const said = parts.filter(Boolean).join(" · ");
    if (byId("status").textContent !== said) byId("status").textContent = said;
  }

  /** The row above or below, and what is nearest to the middle in it. */
  row(step) {
    const { timeline } = this;
    const rows = timeline.rows.filter((row) => timeline.picture && slicesOf(row, timeline.picture).length > 0);
    const now = rows.findIndex(({ y }) => y === timeline.picked?.row.y);
    const row = rows[Math.max(0, Math.min(rows.length - 1, now < 0 ? 0 : now + step))];
    if (!row) return;
    const middle = (this.view.from + this.view.to) / 2;
    const slice = nearest(row, timeline.picture, middle, Infinity);
    this.timeline.scroll.scrollTop = Math.max(0, row.y - this.timeline.scroll.clientHeight / 2);
    this.pick({ ...slice, row });
  }

  beside(step) {
    const { picked, picture } = this.timeline;
    const slice = picked && picture ? beside(picked, picture, step) : null;
    if (!slice) return;
    if (slice.start < this.view.from || slice.end > this.view.to) {
      this.view.set(slice.start - this.view.time / 2, slice.start + this.view.time / 2);
      this.changed();
    }
    this.pick({ ...slice, row: picked.row });
  }

  actions() {
    const moved = (move) => () => {
      if (!this.view) return;
      move(this.view);
      this.changed();
    };
    const scroll = (by) => () => (this.timeline.scroll.scrollTop += by);
    return {
      in: moved((view) => view.zoom(0.7)), out: moved((view) => view.zoom(1 / 0.7)), left: moved((view) => view.move(-0.15)), right: moved((view) => view.move(0.15)),
      all: moved((view) => view.all()), up: scroll(-60), down: scroll(60),
      next: () => this.showFinding(Math.min(this.findings.length - 1, this.current + 1)), before: () => this.showFinding(Math.max(0, this.current - 1)),
      above: () => this.row(-1), below: () => this.row(1), earlier: () => this.beside(-1), later: () => this.beside(1),
      show: () => this.timeline.picked && this.jump(this.timeline.picked.start, this.timeline.picked.end),
      zoom: () => this.selection && this.jump(this.selection.from, this.selection.to),
      count: () => this.view && this.ask("measure", { from: this.view.from, to: this.view.to }),
      find: () => byId("find").focus(), open: () => byId("files").click(), help: () => byId("help").showModal(),
      forget: () => {
        this.selection = this.timeline.selection = null;
        this.pick(null);
        if (this.view) this.save();
      },
    };
  }
}

/** Starts the page; its worker is made from the same script. */
export async function start(script) {
  const worker = new Worker(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
  const page = new Page(worker);
  try {
    const recordings = await given();
    if (recordings) page.load(recordings);
  } catch (error) {
    showTrouble(`The recording can't be had: ${error.message}`);
  }
}
