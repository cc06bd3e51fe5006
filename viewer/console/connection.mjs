// Whether the page hears from the service; where it doesn't, what to do.

import { byId, el, fill, mark, say } from "../shared/dom.mjs";
import { clock } from "../shared/format.mjs";

const WORDS = {
  connecting: "connecting…",
  live: "live",
  resting: "paused: nobody looked",
  lost: "disconnected",
  refused: "refused",
};

export class Connection {
  /** `open` connects at once. */
  constructor(server, open) {
    Object.assign(this, { server, open });
    this.status = byId("connection");
    this.trouble = byId("trouble");
  }

  tell(state) {
    // While it tries again, what was said stays.
    if (state.is === "connecting" && this.lost) return;
    say(this.status, WORDS[state.is]);
    mark(this.status, "data-state", state.is);
    mark(document.body, "data-connection", state.is);
    this.trouble.hidden = !["lost", "refused"].includes(state.is);
    if (state.is === "live") this.lost = undefined;
    if (state.is === "lost") this.disconnected(state);
    if (state.is === "refused") this.refused(state);
  }

  disconnected({ why, status }) {
    // Said once, not at each attempt: it would be read out again and again.
    if (this.lost) return;
    this.lost = clock(Date.now(), { millis: false });
    const what =
      status === 503 ? "The service has as many consoles open as it serves." : "The service does not answer.";
    const remedy =
      status === 503
        ? "Close another one; this page tries again by itself."
        : `Is it still running, and still on ${location.host}? What is shown is from before; this page tries again by itself.`;
    fill(
      this.trouble,
      el("strong", { text: what }),
      ` Since ${this.lost} (${why}). ${remedy} `,
      el("button", { type: "button", text: "Try now", onclick: () => this.open() }),
    );
  }

  refused({ status, why }) {
    this.lost = undefined;
    if (status !== 401) {
      fill(this.trouble, el("strong", { text: "The service does not show its inside here." }), ` It says: ${why}`);
      return;
    }
    const field = el("input", { type: "password", autocomplete: "off", required: true, size: 32 });
    const submit = (event) => {
      event.preventDefault();
      this.server.use(field.value);
      this.open();
    };
    const wrong = this.server.token ? "This token is not the service's." : "This service shows its inside for a token.";
    fill(
      this.trouble,
      el(
        "form",
        { onsubmit: submit },
        el("strong", { text: wrong }),
        " ",
        el("label", {}, "Token ", field),
        " ",
        el("button", { text: "Show" }),
      ),
    );
    field.focus();
  }
}
