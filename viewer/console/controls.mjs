// Controls whose state is in the URL, so that a link reopens what somebody has narrowed down.

import { el } from "../shared/dom.mjs";
import { plain } from "../shared/format.mjs";

/** A field that filters by text. */
export function search(route, label, param = "q") {
  const input = el("input", {
    type: "search",
    placeholder: label,
    "aria-label": label,
    size: 28,
    spellcheck: "false",
    autocomplete: "off",
    oninput: () => route.set({ [param]: input.value }),
  });
  const show = (params) => {
    if (document.activeElement !== input || (params[param] ?? "") === "") input.value = params[param] ?? "";
  };
  return { element: input, show };
}

/** A choice of one of several: `[[value, title], …]`; the first is what holds without a word. */
export function choice(route, label, param, options) {
  const select = el(
    "select",
    { onchange: () => route.set({ [param]: select.value === options[0][0] ? undefined : select.value }) },
    options.map(([value, title]) => el("option", { value, text: title })),
  );
  const show = (params) => {
    const value = params[param] ?? options[0][0];
    select.value = options.some(([known]) => known === value) ? value : options[0][0];
  };
  return { element: el("label", {}, `${label} `, select), show, value: () => select.value };
}

/** Something that is on or off. */
export function toggle(route, label, param) {
  const box = el("input", { type: "checkbox", onchange: () => route.set({ [param]: box.checked ? "1" : undefined }) });
  return {
    element: el("label", { class: "choice" }, box, label),
    show: (params) => (box.checked = params[param] === "1"),
    value: () => box.checked,
  };
}

/** Controls in a row, with what they leave. `shown` is said to those who listen when the reader pauses. */
export function toolbar(controls, ...more) {
  const left = el("span", { class: "muted left", role: "status" });
  const element = el(
    "div",
    { class: "toolbar", role: "search" },
    controls.map((control) => control.element),
    more,
    left,
  );
  let later;
  return {
    element,
    show: (params) => controls.forEach((control) => control.show(params)),
    /** Says how much is left, once it has stayed so for a moment. */
    left(text) {
      if (left.dataset.text === text) return;
      left.dataset.text = text;
      clearTimeout(later);
      later = setTimeout(() => (left.textContent = text), left.textContent ? 300 : 0);
    },
  };
}

/** Whether a text has all words of a filter, in any case and order. */
export function matcher(filter) {
  const words = (filter ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  return (...texts) => {
    if (words.length === 0) return true;
    const text = texts.join("\n").toLowerCase();
    return words.every((word) => text.includes(word));
  };
}

/** The head of a detail: its title, and the way to close it. */
export function detailHead(title, close) {
  const label = "Close the detail";
  const button = el("button", { type: "button", class: "plain", "aria-label": label, text: "✕", onclick: close });
  return el("div", { class: "head" }, title, button);
}

/** Names and what stands for each, in two columns. */
export function facts(pairs) {
  const pair = ([name, value]) => [el("dt", { text: name }), el("dd", { text: plain(value) })];
  return el("dl", { class: "facts" }, pairs.map(pair));
}

/** A text in which code stands between backticks. */
export function prose(text) {
  return text.split("`").map((part, index) => (index % 2 === 1 ? el("code", { text: part }) : part));
}

/** What is shown where there is nothing yet: what would make some. */
export function nothing(title, ...more) {
  return el("div", { class: "nothing" }, el("p", {}, el("strong", { text: title })), more);
}

/** Sorts by a value; what has none comes last, either way. Equals stay in the order of their names. */
export function sortBy(items, value, ascending, name = (item) => item.name) {
  const keyed = items.map((item) => [value(item), item]);
  const isMissing = (key) => key === null || key === undefined || Number.isNaN(key);
  keyed.sort(([one, first], [other, second]) => {
    if (isMissing(one) || isMissing(other)) return Number(isMissing(one)) - Number(isMissing(other));
    const order = typeof one === "string" ? one.localeCompare(other) : one - other;
    return (ascending ? order : -order) || String(name(first)).localeCompare(String(name(second)));
  });
  return keyed.map(([, item]) => item);
}
