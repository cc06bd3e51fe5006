// Paints a picture once, when it comes: while it is moved and zoomed it is copied, and painted anew when the next one is there.

import { colour } from "../shared/theme.mjs";

/** What a poll must take to be told of. */
const LONG = 10e6;

export function colours() {
  const names = ["bg", "panel", "raised", "line", "fg", "muted", "accent", "accent-soft", "bad-soft", "good", "warn", "bad", "lane-poll", "lane-park", "lane-block"];
  return Object.fromEntries(names.map((name) => [name, colour(name)]));
}

export function paint(context, picture, rows, width, paints) {
  const scale = width / (picture.to - picture.from);
  const x = (at) => (at - picture.from) * scale;
  for (const row of rows) {
    const brush = { context, picture, row, width, x, paints };
    if (row.type === "lane") lane(brush);
    else if (row.type === "depth") area(brush, picture.depth, paints["lane-block"], Math.max(...picture.depth));
    else if (row.type === "logs") logs(brush);
    else if (row.type === "marks") marks(brush);
    else if (row.type === "task") task(brush);
    else if (row.type === "spans") spans(brush);
  }
}

/** Columns as one shape, which is much faster than as many boxes. */
function area({ context, row, width }, columns, fill, most, from = 0) {
  const [bottom, height, step] = [row.y + row.height - 3, row.height - 6, width / columns.length];
  context.beginPath();
  context.moveTo(0, bottom);
  let before = 0;
  for (let at = 0; at < columns.length; at++) {
    const value = Math.min(1, (columns[at] + (from ? from[at] : 0)) / most);
    if (value === before) continue;
    context.lineTo(at * step, bottom - before * height);
    context.lineTo(at * step, bottom - value * height);
    before = value;
  }
  context.lineTo(width, bottom - before * height);
  context.lineTo(width, bottom);
  context.fillStyle = fill;
  context.fill();
}

function lane(brush) {
  const { context, row, width, x, paints } = brush;
  const { lane } = row;
  area(brush, lane.parked, paints["lane-park"], 1, lane.busy);
  area(brush, lane.busy, row.role === "blocking" ? paints["lane-block"] : paints["lane-poll"], 1);
  // What blocks is seen however small it is.
  const step = width / lane.longest.length;
  context.fillStyle = paints.bad;
  for (let at = 0; at < lane.longest.length; at++) {
    if (lane.longest[at] >= LONG && lane.busy[at] > 0) context.fillRect(at * step, row.y + 3, Math.max(1, step), 3);
  }
  const [top, height] = [row.y + 3, row.height - 6];
  for (let at = 0; at < lane.slices.length; at += 5) {
    const [start, end, code] = lane.slices.subarray(at, at + 3);
    const [left, right] = [x(start), x(end)];
    context.fillStyle = code === 2 ? paints["lane-park"] : code === 8 ? paints["lane-block"] : end - start >= LONG ? paints.bad : paints["lane-poll"];
    const thin = code === 2 ? height / 3 : 0;
    context.fillRect(left, top + thin, Math.max(0.5, right - left - (right - left > 3 ? 1 : 0)), height - 2 * thin);
  }
}

const LEVELS = ["muted", "muted", "muted", "accent", "warn", "bad"];

function logs({ context, picture, row, width, paints }) {
  const step = width / picture.depth.length;
  // The worst are painted last.
  picture.levels.forEach((columns, level) => {
    context.fillStyle = paints[LEVELS[level]];
    for (let at = 0; at < columns.length; at++) {
      if (columns[at] > 0) context.fillRect(at * step, row.y + 4 + (level > 3 ? 0 : 4), Math.max(2, step), row.height - 8 - (level > 3 ? 0 : 4));
    }
  });
}

function marks({ context, picture, row, x, paints }) {
  for (const { at, code } of picture.marks) {
    context.fillStyle = code === 12 ? paints.bad : code === 13 ? paints.warn : paints.accent;
    context.beginPath();
    context.moveTo(x(at), row.y + row.height - 3);
    context.lineTo(x(at) - 4, row.y + 4);
    context.lineTo(x(at) + 4, row.y + 4);
    context.fill();
  }
}

function task({ context, row, x, paints }) {
  const { life, slices, how } = row.task;
  const middle = row.y + row.height / 2;
  context.fillStyle = paints.line;
  context.fillRect(x(life[0]), middle - 0.5, x(life[1]) - x(life[0]), 1);
  for (let at = 0; at < slices.length; at += 5) {
    const [left, right, code] = [x(slices[at]), x(slices[at + 1]), slices[at + 2]];
    if (code === 0) {
      context.fillStyle = paints.warn;
      context.fillRect(left, middle - 1.5, right - left, 3);
    } else {
      context.fillStyle = code === 8 ? paints["lane-block"] : slices[at + 1] - slices[at] >= LONG ? paints.bad : paints["lane-poll"];
      context.fillRect(left, row.y + 2, Math.max(1, right - left), row.height - 4);
    }
  }
  if (how === "panicked" || how === "cancelled") {
    context.fillStyle = how === "panicked" ? paints.bad : paints.muted;
    context.fillRect(x(life[1]) - 1, row.y + 2, 3, row.height - 4);
  }
}

function spans({ context, row, x, paints }) {
  for (const { start, end, status } of row.spans) {
    const [left, right] = [x(start), x(end)];
    context.fillStyle = status === "error" || status === "panicked" ? paints["bad-soft"] : paints["accent-soft"];
    context.fillRect(left, row.y + 1, Math.max(1, right - left - (right - left > 3 ? 1 : 0)), row.height - 2);
  }
}
