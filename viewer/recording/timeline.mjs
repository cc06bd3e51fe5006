// The timeline: a canvas on which the last picture is shown as the view is now, with names, axis and selection. A frame is one copy of
// what was painted, whatever the number of events.

import { colours, paint } from "./paint.mjs";
import { rowsOf } from "./rows.mjs";
import { date, digits, round, time } from "./times.mjs";

export const NAMES = 190;
export const AXIS = 24;
/** How much more than what is in sight is asked for, at each side. */
const MARGIN = 0.25;
/** While the view changes there is a new picture each so many milliseconds; frames between show the one before. */
const PAUSE = 80;

export class Timeline {
  constructor(canvas, scroll, spacer, ask) {
    Object.assign(this, { canvas, scroll, spacer, ask, context: canvas.getContext("2d", { alpha: false }) });
    Object.assign(this, { view: null, picture: null, rows: [], height: 0, names: new Map(), selection: null, picked: null, frame: 0, scrolled: 0, asked: 0, pause: null, wanted: false });
    this.back = document.createElement("canvas");
    this.paints = colours();
    new ResizeObserver(() => this.resize()).observe(scroll);
    scroll.addEventListener("scroll", () => {
      this.scrolled = scroll.scrollTop;
      this.draw();
    });
    document.addEventListener("themechange", () => {
      this.paints = colours();
      this.repaint();
    });
  }

  open(view, origin) {
    Object.assign(this, { view, origin, picture: null, rows: [], selection: null, picked: null, names: new Map(), asked: 0, height: 0 });
    this.scroll.scrollTop = 0;
    this.resize();
  }

  resize() {
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [this.scroll.clientWidth, this.scroll.clientHeight];
    Object.assign(this.canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    // Asked for once: each time may lay out the page.
    Object.assign(this, { ratio, across: width, high: height, width: Math.max(100, width - NAMES) });
    this.changed();
  }

  /** The view is another: it is drawn from what there is, and what it needs is asked for. */
  changed() {
    if (!this.view) return;
    this.draw();
    this.request();
  }

  /** One picture at a time, always of the newest view. */
  request() {
    this.wanted = true;
    if (this.asked > 0 || this.pause) return;
    this.pause = setTimeout(() => {
      this.pause = null;
      if (this.wanted) this.request();
    }, PAUSE);
    this.wanted = false;
    const { from, to, time } = this.view;
    this.asked = this.ask({ from: from - time * MARGIN, to: to + time * MARGIN, columns: Math.round(this.width * (1 + 2 * MARGIN)), sight: { from, to } });
  }

  arrived(picture) {
    this.asked = 0;
    this.picture = picture;
    this.repaint();
    if (this.wanted) this.request();
  }

  repaint() {
    if (!this.picture) return;
    Object.assign(this, rowsOf(this.picture, this.names, AXIS));
    this.spacer.style.height = `${Math.max(0, this.height - this.high)}px`;
    const width = Math.round(this.width * (1 + 2 * MARGIN));
    Object.assign(this.back, { width: width * this.ratio, height: Math.max(1, this.height * this.ratio) });
    const context = this.back.getContext("2d");
    context.scale(this.ratio, this.ratio);
    paint(context, this.picture, this.rows, width, this.paints);
    this.draw();
  }

  draw() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      if (this.view) this.drawNow();
    });
  }

  x(at) {
    return NAMES + ((at - this.view.from) / this.view.time) * this.width;
  }

  /** The time at a place. */
  at(x) {
    return this.view.from + ((x - NAMES) / this.width) * this.view.time;
  }

  drawNow() {
    const { context, ratio, paints } = this;
    const [width, height, top] = [this.across, this.high, this.scrolled];
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = paints.bg;
    context.fillRect(0, 0, width, height);
    this.grid(height);
    if (this.picture) this.copy(top, height);
    context.save();
    context.beginPath();
    context.rect(NAMES, AXIS, width - NAMES, height - AXIS);
    context.clip();
    if (this.picture) this.texts(top, height);
    this.marked(height, top);
    context.restore();
    this.gutter(top, height);
    this.axis(width);
    this.drawn?.();
  }

  /** The part of the picture that is in sight, which may be smaller or larger now than when it was painted. */
  copy(top, height) {
    const { picture, back, ratio, view } = this;
    const perNano = back.width / (picture.to - picture.from);
    const from = Math.max(view.from, picture.from), to = Math.min(view.to, picture.to);
    const rows = Math.min(this.height - top, height);
    if (from >= to || rows <= AXIS) return;
    const [left, right] = [this.x(from), this.x(to)];
    // It is for a moment, and several times as fast.
    this.context.imageSmoothingEnabled = false;
    this.context.drawImage(back, (from - picture.from) * perNano, (top + AXIS) * ratio, (to - from) * perNano, (rows - AXIS) * ratio,
      left, AXIS, right - left, rows - AXIS);
  }

  ticks() {
    const step = round((this.view.time / this.width) * 120);
    // At round times of day.
    const offset = step >= 1 ? Number(this.origin % BigInt(step)) : 0;
    const first = Math.ceil((this.view.from + offset) / step) * step - offset;
    return { step, all: Array.from({ length: Math.floor((this.view.to - first) / step) + 1 }, (_, index) => first + index * step) };
  }

  grid(height) {
    this.context.fillStyle = this.paints.line;
    for (const at of this.ticks().all) this.context.fillRect(Math.round(this.x(at)), AXIS, 1, height);
  }

  axis(width) {
    const { context, paints, origin } = this;
    context.fillStyle = paints.panel;
    context.fillRect(0, 0, width, AXIS);
    context.fillStyle = paints.line;
    context.fillRect(0, AXIS - 1, width, 1);
    context.font = "11px system-ui, sans-serif";
    context.textBaseline = "middle";
    context.fillStyle = paints.muted;
    const { step, all } = this.ticks();
    for (const at of all) {
      const x = this.x(at);
      if (x >= NAMES) context.fillText(time(origin + BigInt(Math.round(at)), digits(step)), x + 4, AXIS / 2);
    }
    context.fillStyle = paints.panel;
    context.fillRect(0, 0, NAMES, AXIS - 1);
    context.fillStyle = paints.muted;
    context.fillText(date(origin + BigInt(Math.max(0, Math.round(this.view.from)))), 10, AXIS / 2);
  }

  gutter(top, height) {
    const { context, paints } = this;
    context.fillStyle = paints.panel;
    context.fillRect(0, AXIS, NAMES - 1, height);
    context.fillStyle = paints.line;
    context.fillRect(NAMES - 1, 0, 1, height);
    context.textBaseline = "middle";
    for (const row of this.rows) {
      const y = row.y - top;
      if (y + row.height < AXIS || y > height || row.label === "") continue;
      const heading = row.type === "heading";
      context.font = `${heading ? "600 11px" : "12px"} system-ui, sans-serif`;
      context.fillStyle = heading ? paints.muted : paints.fg;
      const shown = heading ? row.label : row.type === "task" ? tail(context, row.label, NAMES - 20) : cut(context, row.label, NAMES - 20);
      context.fillText(shown, 10, y + row.height / 2);
      if (row === this.picked?.row) {
        context.fillStyle = paints.accent;
        context.fillRect(0, y, 3, row.height);
      }
    }
  }

  /** What is wide enough to have its name in it. */
  texts(top, height) {
    const { context, paints } = this;
    context.font = "11px system-ui, sans-serif";
    context.textBaseline = "middle";
    for (const row of this.rows) {
      const y = row.y - top;
      if (row.type !== "spans" || y + row.height < AXIS || y > height) continue;
      for (const { start, end, name } of row.spans) {
        const [left, right] = [Math.max(NAMES, this.x(start)), this.x(end)];
        if (right - left < 40 || left > NAMES + this.width) continue;
        context.fillStyle = paints.fg;
        context.fillText(cut(context, name, Math.min(right, NAMES + this.width) - left - 8), left + 4, y + row.height / 2 + 0.5);
      }
    }
  }

  /** What is selected, and what was picked. */
  marked(height, top) {
    const { context, paints, selection, picked } = this;
    if (selection) {
      const [left, right] = [this.x(Math.min(selection.from, selection.to)), this.x(Math.max(selection.from, selection.to))];
      context.globalAlpha = 0.18;
      context.fillStyle = paints.accent;
      context.fillRect(left, AXIS, right - left, height);
      context.globalAlpha = 1;
      context.fillRect(left, AXIS, 1, height);
      context.fillRect(right, AXIS, 1, height);
    }
    if (picked) {
      context.strokeStyle = paints.fg;
      context.lineWidth = 1.5;
      const [left, right] = [this.x(picked.start), this.x(picked.end)];
      const row = this.rows.find(({ label, type, y }) => label === picked.row.label && type === picked.row.type && (label !== "" || y === picked.row.y));
      if (row) context.strokeRect(left - 1, row.y - top + 1, Math.max(3, right - left + 1), row.height - 2);
    }
  }
}

/** A task's number, and the end of its name: what is before it others have, too. */
function tail(context, label, width) {
  if (context.measureText(label).width <= width) return label;
  const [number, name] = [label.split(" ", 1)[0], label.slice(label.indexOf(" ") + 1)];
  let from = 1;
  while (from < name.length && context.measureText(`${number} …${name.slice(from)}`).width > width) from++;
  return `${number} …${name.slice(from)}`;
}

function cut(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let [least, most] = [0, text.length];
  while (least < most) {
    const middle = (least + most + 1) >> 1;
    if (context.measureText(`${text.slice(0, middle)}…`).width <= width) least = middle;
    else most = middle - 1;
  }
  return least > 1 ? `${text.slice(0, least)}…` : "";
}
