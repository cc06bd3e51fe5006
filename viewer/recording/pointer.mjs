// The mouse on the timeline: wheel, drag, click.

import { nearest, rowAt } from "./hits.mjs";
import { AXIS, NAMES } from "./timeline.mjs";
import { duration } from "./times.mjs";

/** What moved less is a click. */
const CLICK = 4;
/** What is farther away is not meant. */
const NEAR = 4;

export function pointer(timeline, hint, { changed, selecting, picked }) {
  const { canvas, scroll } = timeline;
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  canvas.addEventListener("wheel", (event) => {
    const { x } = place(event);
    if (!timeline.view || x < NAMES) return;
    event.preventDefault();
    const by = event.deltaMode === 1 ? 16 : 1;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) timeline.view.move(((event.deltaX || event.deltaY) * by) / timeline.width);
    else timeline.view.zoom(1.0015 ** (event.deltaY * by), timeline.at(x));
    changed();
  }, { passive: false });

  let drag = null;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !timeline.view) return;
    const { x, y } = place(event);
    const selects = event.shiftKey || y < AXIS;
    drag = { x, from: timeline.view.from, start: timeline.at(x), selects, moved: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    const { x, y } = place(event);
    if (!drag) return hover(timeline, hint, event, x, y);
    if (!drag.moved && Math.abs(x - drag.x) < CLICK) return;
    drag.moved = true;
    hint.hidden = true;
    if (drag.selects) return selecting({ from: drag.start, to: timeline.at(x) }, false);
    const from = drag.from - ((x - drag.x) / timeline.width) * timeline.view.time;
    timeline.view.set(from, from + timeline.view.time);
    changed();
  });
  canvas.addEventListener("pointerup", (event) => {
    const { x, y } = place(event);
    if (drag?.moved && drag.selects) selecting({ from: drag.start, to: timeline.at(x) }, true);
    else if (drag && !drag.moved) picked(at(timeline, x, y));
    drag = null;
  });
  canvas.addEventListener("pointercancel", () => (drag = null));
  canvas.addEventListener("pointerleave", () => (hint.hidden = true));
  scroll.addEventListener("scroll", () => (hint.hidden = true));
}

/** What is at a place of the canvas. */
function at(timeline, x, y) {
  const { picture, view, width } = timeline;
  if (!picture || x < NAMES || y < AXIS) return null;
  const row = rowAt(timeline.rows, y + timeline.scroll.scrollTop);
  const slice = row && nearest(row, picture, timeline.at(x), (view.time / width) * NEAR);
  return slice ? { ...slice, row } : null;
}

function hover(timeline, hint, event, x, y) {
  const row = timeline.picture && rowAt(timeline.rows, y + timeline.scroll.scrollTop);
  const found = at(timeline, x, y);
  const said = found ? sayOf(found) : row?.type === "lane" && x >= NAMES ? laneOf(timeline, row, x) : x < NAMES ? row?.label : "";
  hint.hidden = !said;
  hint.textContent = said ?? "";
  hint.style.left = `${Math.min(event.clientX + 14, window.innerWidth - 440)}px`;
  hint.style.top = `${Math.min(event.clientY + 14, window.innerHeight - 80)}px`;
}

function sayOf({ row, said, start, end }) {
  const of = row.type === "task" ? `${row.label}${row.task.place ? `\n${row.task.place}` : ""}\n` : row.type === "lane" ? `${row.label}: ` : "";
  return `${of}${said}${end > start ? `, ${duration(end - start)}` : ""}`;
}

/** Where single polls are too small to be seen. */
function laneOf(timeline, { label, lane }, x) {
  const { picture } = timeline;
  const column = Math.floor(((timeline.at(x) - picture.from) / (picture.to - picture.from)) * lane.busy.length);
  if (!(lane.longest[column] > 0)) return label;
  return `${label}: busy ${Math.round(Math.min(1, lane.busy[column]) * 100)} %, the longest poll ${duration(lane.longest[column])}`;
}
