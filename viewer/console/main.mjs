// The live console: one stream of events, one model, and a section that shows a part of it.

import { byId, el, mark, say } from "../shared/dom.mjs";
import { clock, span, zone } from "../shared/format.mjs";
import { themes } from "../shared/theme.mjs";
import { Catalogue } from "./catalogue.mjs";
import { Configuration } from "./configuration.mjs";
import { Connection } from "./connection.mjs";
import { Downloads } from "./downloads.mjs";
import { Functions } from "./functions.mjs";
import { Health } from "./health.mjs";
import { keys } from "./keys.mjs";
import { Logs } from "./logs.mjs";
import { Model } from "./model.mjs";
import { Notice } from "./notice.mjs";
import { Objectives } from "./objectives.mjs";
import { Overview } from "./overview.mjs";
import { href, Route } from "./route.mjs";
import { Runtime } from "./runtime.mjs";
import { Server } from "./server.mjs";
import { Stream } from "./stream.mjs";
import { Summary } from "./summary.mjs";
import { Traces } from "./traces.mjs";

/** All sections, in their order; a new one is a row here. A class has `element`, `show(params)` and `update(topics)`. */
const SECTIONS = [
  ["overview", "Overview", Overview],
  ["functions", "Functions", Functions],
  ["objectives", "Objectives", Objectives],
  ["traces", "Traces", Traces],
  ["logs", "Logs", Logs],
  ["runtime", "Runtime", Runtime],
  ["health", "Health", Health],
  ["catalogue", "Catalogue", Catalogue],
  ["configuration", "Configuration", Configuration],
  ["downloads", "Downloads", Downloads],
];

class Page {
  constructor() {
    this.topics = new Set();
    this.server = new Server();
    this.model = new Model((topic) => this.changed(topic));
    this.route = new Route(
      SECTIONS.map(([id]) => id),
      () => this.moved(),
    );
    this.notice = new Notice(byId("notice"));
    this.summary = new Summary(byId("summary"));
    this.sections = new Map();
    this.links = new Map(SECTIONS.map(([id, title]) => [id, el("a", { href: href(id), text: title })]));
    byId("sections").append(...[...this.links.values()].map((link) => el("li", {}, link)));
    const connection = new Connection(this.server, () => this.stream.open());
    const take = (name, data) => this.model.take(name, data);
    this.stream = new Stream(this.server, take, (state) => {
      this.isLive = state.is === "live";
      connection.tell(state);
    });
  }

  start() {
    themes(byId("theme"));
    say(byId("zone"), zone());
    keys(
      this.route,
      SECTIONS.map(([id]) => id),
      () => this.section,
    );
    setInterval(() => this.tick(), 1000);
    this.tick();
    this.moved();
    this.stream.open();
  }

  tick() {
    this.model.beat(this.isLive);
    say(byId("clock"), clock(Date.now(), { millis: false }));
    const { hello } = this.model;
    say(byId("uptime"), hello ? `up ${span((this.model.now() - hello.started_ms) / 1000)}` : "");
  }

  /** Shows the section that the URL names. */
  moved() {
    const { section: id, params } = this.route;
    const [, title, Section] = SECTIONS.find(([name]) => name === id);
    if (!this.sections.has(id)) this.sections.set(id, new Section(this));
    const section = this.sections.get(id);
    if (this.section !== section) {
      this.section?.element.remove();
      this.section = section;
      byId("main").append(section.element);
      section.element.dataset.section = id;
      say(byId("title"), title);
      for (const [name, link] of this.links) mark(link, "aria-current", name === id ? "page" : undefined);
      this.named();
    }
    section.show(params);
  }

  /** Names the document: what is shown, and of which service. */
  named() {
    const service = this.model.hello?.service ?? "Spanwright";
    document.title = `${byId("title").textContent} – ${service}`;
    say(byId("service"), service);
    say(byId("version"), this.model.hello?.version ?? "");
  }

  /** Draws what has changed, once for all events of a frame. */
  changed(topic) {
    this.topics.add(topic);
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      const topics = this.topics;
      this.topics = new Set();
      if (topics.has("hello")) this.named();
      this.notice.update(this.model);
      this.summary.update(this.model);
      this.section?.update(topics);
    });
  }
}

new Page().start();
