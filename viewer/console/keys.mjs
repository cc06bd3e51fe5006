// The keyboard: sections by number, the filter by `/`. Nothing is taken from a field that somebody types in.

import { byId } from "../shared/dom.mjs";

export function keys(route, sections, section) {
  const help = byId("help");
  byId("help-button").addEventListener("click", () => help.showModal());
  byId("skip").addEventListener("click", () => byId("main").focus());
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    const isTyping = event.target.matches("input, select, textarea");
    if (event.key === "Escape") {
      if (isTyping) event.target.blur();
      else section().close?.();
      return;
    }
    if (isTyping) return;
    const number = "1234567890".indexOf(event.key);
    if (number >= 0 && sections[number]) route.go(sections[number]);
    else if (event.key === "/") byId("main").querySelector("input[type=search]")?.focus();
    else if (event.key === "?") help.showModal();
    else if (event.key === " " && !event.target.matches("button, a, summary")) {
      if (!section().pause?.()) return;
    } else return;
    event.preventDefault();
  });
}
