// Why the numbers may not be what is, while the service is heard.

import { el, fill } from "../shared/dom.mjs";
import { clock } from "../shared/format.mjs";
import { prose } from "./controls.mjs";

export class Notice {
  constructor(place) {
    this.place = place;
  }

  /** Said once where it changes: it is read out. */
  update({ state }) {
    if (this.state === state) return;
    this.state = state;
    const [what, more] = said(state ?? {});
    this.place.hidden = !what;
    fill(this.place, what && [el("strong", { text: what }), prose(more)]);
  }
}

function said({ enabled, metrics_late_since_ms: since }) {
  if (enabled === false) {
    return ["Telemetry is switched off.", " Nothing is counted or recorded until `on` is put to `/telemetry`."];
  }
  if (!since) return [];
  return [
    `Metrics are late since ${clock(since, { millis: false })}.`,
    " A metric's callback or a source does not return: functions, objectives and runtimes are from before. Traces and logs go on.",
  ];
}
