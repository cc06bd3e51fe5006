// A long table of which only the rows in sight are elements: ten thousand rows cost as much as fifty.
//
// A row belongs to its item while it is in sight, so that focus stays with what was focused when the order changes.

import { el, mark } from "./dom.mjs";

/** The height of a row, in pixels; look.css has the same. */
export const ROW = 28;
/** Rows that are ready above and below those in sight. */
const AHEAD = 4;

/**
 * @typedef {object} Column
 * @property {string} id
 * @property {string} title
 * @property {string} [width] of the column, as CSS has it
 * @property {boolean} [number] right-aligned
 * @property {boolean} [sorts] whether a click on its head sorts by it
 * @property {(cell: HTMLElement) => (item: any) => void} make fills a new cell, and gives what shows an item in it
 */

export class Rows {
  /** The first column's cells hold what opens a row: an element with the class `open`. */
  constructor({ label, columns, key, onsort, onopen, group }) {
    Object.assign(this, { columns, key, onopen, group });
    this.items = [];
    this.live = new Map();
    this.spare = [];
    this.active = 0;
    this.above = gap();
    this.below = gap();
    this.body = el("tbody", {}, this.above.row, this.below.row);
    this.heads = new Map(columns.map((column) => [column.id, head(column, onsort)]));
    this.sizes = new Map(columns.map((column) => [column.id, sized(column)]));
    this.table = el(
      "table",
      { "aria-label": label },
      el("colgroup", {}, [...this.sizes.values()]),
      el("thead", {}, el("tr", { "aria-rowindex": 1 }, [...this.heads.values()])),
      this.body,
    );
    this.element = el("div", { class: "rows", tabindex: -1 }, this.table);
    this.element.addEventListener("scroll", () => this.later(), { passive: true });
    this.element.addEventListener("keydown", (event) => this.press(event));
    this.body.addEventListener("click", (event) => this.click(event));
    this.body.addEventListener("focusin", (event) => this.focused(event));
    new ResizeObserver(() => this.later()).observe(this.element);
    this.hide([]);
  }

  /** Leaves these columns out, as where there is little room. */
  hide(ids) {
    if (this.hidden === ids.join()) return;
    this.hidden = ids.join();
    const hadFocus = this.body.contains(document.activeElement);
    this.seen = this.columns.filter((column) => !ids.includes(column.id));
    for (const parts of [this.heads, this.sizes]) for (const [id, part] of parts) part.hidden = ids.includes(id);
    for (const end of [this.above, this.below]) end.span(this.seen.length);
    const gone = [...this.live.values(), ...this.spare];
    this.live.clear();
    this.spare = [];
    // Those that go make room when the others are there, so that the place is kept; and so is the focus.
    this.draw();
    for (const row of gone) row.element.remove();
    if (hadFocus) this.focusActive();
  }

  /** Gives the active row the focus; where it is out of sight, the table keeps it for the next key. */
  focusActive() {
    const item = this.items[this.active];
    const row = item && this.live.get(this.key(item));
    (row?.element.querySelector(".open") ?? this.element).focus({ preventScroll: true });
  }

  /** Says by which column the items are sorted, and which way. */
  sorted(id, ascending) {
    for (const [column, cell] of this.heads) {
      mark(cell, "aria-sort", column === id ? (ascending ? "ascending" : "descending") : undefined);
    }
  }

  /** Shows these items, in this order. */
  show(items, selected) {
    this.items = items;
    this.selected = selected;
    this.active = Math.min(this.active, Math.max(items.length - 1, 0));
    mark(this.table, "aria-rowcount", items.length + 1);
    this.draw(true);
  }

  /** Whether somebody reads it, so that rows had better stay where they are. */
  get isRead() {
    return this.body.matches(":hover") || this.body.contains(document.activeElement);
  }

  /** Whether the last row is in sight. */
  get isAtEnd() {
    const { scrollTop, clientHeight, scrollHeight } = this.element;
    return scrollTop + clientHeight >= scrollHeight - ROW;
  }

  /** Scrolls to the last row. */
  toEnd() {
    this.element.scrollTop = this.element.scrollHeight;
    this.draw();
  }

  /** Keeps the reader's place where so many rows above it are gone. */
  shift(rows) {
    this.element.scrollTop -= rows * ROW;
    this.active = Math.max(this.active - rows, 0);
  }

  later() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.draw();
    });
  }

  /** Draws the rows in sight: all of them where `isNews`, else those that have come into sight. */
  draw(isNews = false) {
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(Math.floor(scrollTop / ROW) - AHEAD, 0);
    const last = Math.min(Math.ceil((scrollTop + clientHeight) / ROW) + AHEAD, this.items.length);
    const begin = Math.min(first, last);
    const focus = this.body.contains(document.activeElement) ? document.activeElement : undefined;
    const wanted = this.items
      .slice(begin, last)
      .map((item, offset) => ({ item, index: begin + offset, id: this.key(item) }));
    this.letGo(new Set(wanted.map(({ id }) => id)), focus);
    let place = this.above.row.nextSibling;
    for (const { item, index, id } of wanted) {
      const known = this.live.get(id);
      const row = known ?? this.take(item);
      this.live.set(id, row);
      if (row.element === place) place = place.nextSibling;
      else this.body.insertBefore(row.element, place);
      if (isNews || !known || row.index !== index) this.dress(row, item, index);
    }
    for (const row of this.spare) row.element.remove();
    this.above.height(begin * ROW);
    this.below.height((this.items.length - last) * ROW);
    if (focus && document.activeElement !== focus) this.refocus(focus);
  }

  /** Rows that are out of sight are kept to show others; one that has the focus must not turn into another under it. */
  letGo(wanted, focus) {
    for (const [id, row] of this.live) {
      if (wanted.has(id)) continue;
      this.live.delete(id);
      if (row.element.contains(focus ?? null)) row.element.remove();
      else this.spare.push(row);
    }
  }

  /** A row for an item: one that is spare, or a new one. */
  take(item) {
    const isGroup = this.group?.is(item) ?? false;
    const at = this.spare.findLastIndex((row) => row.isGroup === isGroup);
    return at < 0 ? this.make(item, isGroup) : this.spare.splice(at, 1)[0];
  }

  /** Focus goes with a moved row; where the row is out of sight, the table keeps it for the next key. */
  refocus(focus) {
    if (focus.isConnected) focus.focus({ preventScroll: true });
    else this.element.focus({ preventScroll: true });
  }

  make(item, isGroup) {
    const element = el("tr", isGroup ? { class: "group" } : {});
    const columns = isGroup ? [{ ...this.group, span: this.seen.length }] : this.seen;
    const shows = columns.map((column, index) => {
      const name = index === 0 ? "th" : "td";
      const scope = isGroup ? "rowgroup" : index === 0 ? "row" : undefined;
      const cell = el(name, { scope, colspan: column.span, class: column.number ? "number" : undefined });
      element.append(cell);
      return column.make(cell);
    });
    return { element, shows, isGroup };
  }

  dress(row, item, index) {
    for (const show of row.shows) show(item);
    row.index = index;
    row.element.dataset.index = index;
    mark(row.element, "aria-rowindex", index + 2);
    mark(
      row.element,
      "aria-selected",
      this.selected !== undefined && this.key(item) === this.selected ? "true" : undefined,
    );
    const opener = row.element.querySelector(".open");
    if (opener) mark(opener, "tabindex", index === this.active ? 0 : -1);
  }

  focused(event) {
    const row = event.target.closest("tr");
    if (row?.dataset.index === undefined) return;
    this.active = Number(row.dataset.index);
    for (const { element, index } of this.live.values()) {
      const opener = element.querySelector(".open");
      if (opener) mark(opener, "tabindex", index === this.active ? 0 : -1);
    }
  }

  click(event) {
    const row = event.target.closest("tr");
    if (row?.dataset.index === undefined || event.defaultPrevented) return;
    // Another link or button in the row does what it is for; a text that is being selected is not a click.
    const control = event.target.closest("a, button");
    if ((control && !control.classList.contains("open")) || String(getSelection())) return;
    if (control && (event.ctrlKey || event.metaKey || event.shiftKey)) return;
    event.preventDefault();
    this.active = Number(row.dataset.index);
    this.onopen?.(this.items[this.active]);
  }

  press(event) {
    const page = Math.max(Math.floor(this.element.clientHeight / ROW) - 2, 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    const step = steps[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey || this.items.length === 0) return;
    if (event.target.closest("thead")) return;
    event.preventDefault();
    this.active = Math.max(0, Math.min(this.active + step, this.items.length - 1));
    this.reveal(this.active);
    const row = this.live.get(this.key(this.items[this.active]));
    row?.element.querySelector(".open")?.focus({ preventScroll: true });
  }

  /** Brings a row into sight. */
  reveal(index) {
    const { clientHeight } = this.element;
    const top = index * ROW;
    const room = clientHeight - ROW;
    if (top < this.element.scrollTop) this.element.scrollTop = top;
    else if (top + ROW > this.element.scrollTop + room) this.element.scrollTop = top + ROW - room;
    this.draw();
  }
}

function head(column, onsort) {
  const cell = el("th", { scope: "col", class: column.number ? "number" : undefined, title: column.about });
  if (column.sorts) cell.append(el("button", { type: "button", text: column.title, onclick: () => onsort(column.id) }));
  else cell.textContent = column.title;
  return cell;
}

function sized(column) {
  const element = el("col");
  if (column.width) element.style.width = column.width;
  return element;
}

/** A row as high as all those that are not there. */
function gap() {
  const cell = el("td");
  const row = el("tr", { class: "gap", "aria-hidden": "true" }, cell);
  const height = (pixels) => {
    row.hidden = pixels === 0;
    cell.style.height = `${pixels}px`;
  };
  return { row, height, span: (columns) => mark(cell, "colspan", columns) };
}
