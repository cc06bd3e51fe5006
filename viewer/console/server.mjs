// What is asked of the service, with the token where one is needed.

const KEY = "spanwright-token";

export class Server {
  constructor() {
    try {
      this.token = sessionStorage.getItem(KEY) ?? undefined;
    } catch {
      // No storage: the token is asked for again after a reload.
    }
  }

  /** Shows this token from now on, until the browser's tab is closed. */
  use(token) {
    this.token = token;
    try {
      sessionStorage.setItem(KEY, token);
    } catch {
      // As above.
    }
  }

  /** Asks; an answer that is no success is an error that says what the service says. */
  async ask(path, { signal } = {}) {
    const headers = this.token ? { authorization: `Bearer ${this.token}` } : {};
    const answer = await fetch(path, { headers, signal, cache: "no-store", redirect: "error" });
    if (answer.ok) return answer;
    const text = await answer.text();
    let why = `the service answers ${answer.status} to ${path}`;
    try {
      why = JSON.parse(text).error ?? why;
    } catch {
      // It is no JSON; the status says enough.
    }
    throw Object.assign(new Error(why), { status: answer.status });
  }

  async json(path) {
    return (await this.ask(path)).json();
  }

  async text(path) {
    return (await this.ask(path)).text();
  }
}
