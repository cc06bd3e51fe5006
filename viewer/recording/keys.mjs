// The keyboard.

import { byId, el, fill } from "../shared/dom.mjs";

/** Keys, what they do as people read it, and the names of what is done. */
const KEYS = [
  [["w", "+", "="], "zoom in", "in"], [["s", "-"], "zoom out", "out"], [["a", "ArrowLeft"], "to the left", "left"], [["d", "ArrowRight"], "to the right", "right"],
  [["ArrowUp"], "up", "up"], [["ArrowDown"], "down", "down"], [["0", "Home"], "all of it", "all"],
  [["n"], "the next finding", "next"], [["p"], "the finding before", "before"],
  [["k"], "the row above", "above"], [["j"], "the row below", "below"], [[","], "what is before in the row", "earlier"], [["."], "what is next in the row", "later"],
  [["Enter"], "show what was picked", "show"], [["z"], "zoom to the selection", "zoom"], [["c"], "count what is in sight", "count"],
  [["/"], "search", "find"], [["o"], "open a recording", "open"], [["Escape"], "forget selection and pick", "forget"], [["?"], "show this", "help"],
];
const NAMES = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc" };
const BY_KEY = new Map(KEYS.flatMap(([keys, , does]) => keys.map((key) => [key, does])));

export function keyboard(actions) {
  const row = ([keys, said]) => el("tr", {}, el("th", { scope: "row" }, keys.flatMap((key) => [el("kbd", {}, NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key)), " "])), el("td", {}, said));
  fill(byId("keys"), KEYS.map(row));
  byId("help-button").addEventListener("click", () => actions.help());
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
    const { target } = event;
    if (target.matches("input, select, textarea")) {
      if (event.key === "Escape") target.blur();
      return;
    }
    const does = BY_KEY.get(event.key.length === 1 ? event.key.toLowerCase() : event.key);
    // Buttons and lists have keys of their own.
    const own = target.id !== "timeline" && target !== document.body;
    if (!does || (own && ["Enter", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home"].includes(event.key))) return;
    event.preventDefault();
    actions[does]();
  });
}
