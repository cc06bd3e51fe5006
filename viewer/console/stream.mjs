// Server-sent events by `fetch`, since `EventSource` can't show a token.

/** After so long without as much as a comment, the stream is dead. The server speaks at least every 10 seconds. */
const SILENCE = 25_000;
/** A page that nobody looks at lets go of the stream after so long. */
const HIDDEN = 300_000;

/** Splits a stream's text into events; `feed` takes pieces of any size. */
export class Events {
  constructor(take) {
    this.take = take;
    this.rest = "";
    this.reset();
  }

  reset() {
    this.name = "message";
    this.data = [];
  }

  feed(text) {
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop();
    for (const line of lines) this.line(line.endsWith("\r") ? line.slice(0, -1) : line);
  }

  line(line) {
    if (line === "") {
      if (this.data.length > 0) this.take(this.name, this.data.join("\n"));
      this.reset();
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.name = value;
    else if (field === "data") this.data.push(value);
    else if (field === "retry" && /^\d+$/.test(value)) this.take("retry", value);
  }
}

/**
 * Keeps the stream open. `take(name, data)` gets each event; `tell(state)` what becomes of the connection:
 * `{is: "connecting" | "live" | "resting"}`, `{is: "lost", why, again}` or `{is: "refused", status, why}`.
 */
export class Stream {
  constructor(server, take, tell) {
    Object.assign(this, { server, take, tell, pause: 2000, failures: 0 });
    document.addEventListener("visibilitychange", () => this.seen(!document.hidden));
    // One that was opened in the background.
    if (document.hidden) this.seen(false);
  }

  seen(isSeen) {
    clearTimeout(this.hidden);
    if (isSeen) {
      if (this.isResting) this.open();
      return;
    }
    this.hidden = setTimeout(() => {
      this.isResting = true;
      this.close();
      this.tell({ is: "resting" });
    }, HIDDEN);
  }

  close() {
    clearTimeout(this.timer);
    this.abort?.abort();
  }

  /** Connects now, whatever is under way. */
  async open() {
    this.close();
    this.isResting = false;
    const abort = (this.abort = new AbortController());
    this.tell({ is: "connecting" });
    try {
      await this.read(abort);
      throw new Error("the service has ended the stream");
    } catch (error) {
      // Somebody else has opened it again, or it rests.
      if (this.abort === abort && !this.isResting) this.lost(error);
    }
  }

  async read(abort) {
    const answer = await this.server.ask("/console/stream", { signal: abort.signal });
    const events = new Events((name, data) => this.event(name, data));
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const silent = setTimeout(() => abort.abort(new Error("nothing came for 25 seconds")), SILENCE);
      const { value, done } = await reader.read().finally(() => clearTimeout(silent));
      if (done) return;
      events.feed(value);
    }
  }

  event(name, data) {
    if (name === "retry") {
      this.pause = Math.min(Math.max(Number(data), 500), 60_000);
      return;
    }
    if (name === "hello") {
      this.failures = 0;
      this.tell({ is: "live" });
    }
    this.take(name, JSON.parse(data));
  }

  lost(error) {
    if (error.status === 401 || error.status === 403) {
      this.tell({ is: "refused", status: error.status, why: error.message });
      return;
    }
    this.failures += 1;
    const pause = Math.min(this.pause * 1.5 ** (this.failures - 1), 15_000);
    this.timer = setTimeout(() => this.open(), pause);
    this.tell({ is: "lost", status: error.status, why: error.message, again: Date.now() + pause });
  }
}
