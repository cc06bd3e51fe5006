// The place in the page, in the URL's hash: `#traces?q=order&trace=…`. What is there is text, whoever wrote it.

export class Route {
  /** `moved` is called when the section or its parameters are others. */
  constructor(sections, moved) {
    this.sections = sections;
    this.moved = moved;
    this.read();
    addEventListener("hashchange", () => {
      this.read();
      this.moved();
    });
  }

  read() {
    const [section, query = ""] = location.hash.slice(1).split(/\?(.*)/s);
    this.section = this.sections.includes(section) ? section : this.sections[0];
    this.params = Object.fromEntries(new URLSearchParams(query));
  }

  /** Goes elsewhere; the way back leads here. */
  go(section, params = {}) {
    location.hash = href(section, params);
  }

  /** Changes parameters in place, as while somebody types. `undefined` and empty ones go. */
  set(params) {
    this.params = Object.fromEntries(Object.entries({ ...this.params, ...params }).filter(([, value]) => value));
    history.replaceState(null, "", href(this.section, this.params));
    this.moved();
  }

  /** Changes parameters as a step that the way back undoes. */
  step(params) {
    this.go(this.section, { ...this.params, ...params });
  }
}

/** A link to a section with these parameters. */
export function href(section, params = {}) {
  const given = Object.entries(params).filter(([, value]) => value !== undefined && value !== "");
  const query = new URLSearchParams(given).toString();
  return `#${section}${query ? `?${query}` : ""}`;
}
