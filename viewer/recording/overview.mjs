// The whole recording in a strip: how many events of each kind there are, by the index alone; findings; and what is in sight.

import { NAMES } from "./timeline.mjs";
import { colours } from "./paint.mjs";

export class Overview {
  constructor(canvas, { changed }) {
    Object.assign(this, { canvas, density: null, findings: [], view: null, context: canvas.getContext("2d", { alpha: false }) });
    this.back = document.createElement("canvas");
    new ResizeObserver(() => this.paint()).observe(canvas);
    document.addEventListener("themechange", () => this.paint());
    const at = (event) => {
      const box = canvas.getBoundingClientRect();
      return ((event.clientX - box.left - NAMES) / (box.width - NAMES)) * this.view.length;
    };
    let start = null;
    canvas.addEventListener("pointerdown", (event) => {
      if (!this.view) return;
      start = at(event);
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (start === null || Math.abs(at(event) - start) < this.view.length / 500) return;
      this.view.set(Math.min(start, at(event)), Math.max(start, at(event)));
      changed();
    });
    canvas.addEventListener("pointerup", (event) => {
      // A click moves what is in sight there.
      if (start !== null && Math.abs(at(event) - start) < this.view.length / 500) this.view.set(start - this.view.time / 2, start + this.view.time / 2);
      start = null;
      changed();
    });
  }

  open(view, density) {
    Object.assign(this, { view, density, findings: [] });
    this.paint();
  }

  /** What stays while the view changes. */
  paint() {
    if (!this.view) return;
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [this.canvas.clientWidth, this.canvas.clientHeight];
    Object.assign(this, { ratio, width, height, paints: colours() });
    for (const canvas of [this.canvas, this.back]) Object.assign(canvas, { width: width * ratio, height: height * ratio });
    const context = this.back.getContext("2d");
    context.scale(ratio, ratio);
    context.fillStyle = this.paints.panel;
    context.fillRect(0, 0, width, height);
    context.fillStyle = this.paints.muted;
    context.font = "12px system-ui, sans-serif";
    context.textBaseline = "middle";
    context.fillText("All of it: events", 10, height / 2);
    columns(context, this.density, width - NAMES, height, this.paints);
    for (const { at, severity } of this.findings) {
      context.fillStyle = severity === "error" ? this.paints.bad : severity === "warning" ? this.paints.warn : this.paints.accent;
      context.fillRect(this.x(at) - 1, 0, 3, 8);
    }
    this.draw();
  }

  x(at) {
    return NAMES + (Math.max(0, Math.min(this.view.length, at)) / this.view.length) * (this.width - NAMES);
  }

  draw() {
    if (!this.view) return;
    const { context, ratio, paints, height } = this;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.drawImage(this.back, 0, 0, this.width, height);
    const [left, right] = [this.x(this.view.from), this.x(this.view.to)];
    context.globalAlpha = 0.15;
    context.fillStyle = paints.accent;
    context.fillRect(left, 0, Math.max(2, right - left), height);
    context.globalAlpha = 1;
    context.strokeStyle = paints.accent;
    context.strokeRect(left + 0.5, 0.5, Math.max(2, right - left - 1), height - 1);
  }
}

function columns(context, density, width, height, paints) {
  const colour = { poll: "lane-poll", blocking_run: "lane-block", park: "lane-park", span: "good", log: "warn" };
  const kinds = Object.entries(density).sort(([a], [b]) => (colour[b] ? 1 : 0) - (colour[a] ? 1 : 0));
  const parts = kinds[0]?.[1].length ?? 0;
  const sums = new Float32Array(parts);
  for (const [, counts] of kinds) counts.forEach((count, part) => (sums[part] += count));
  const most = Math.max(1, ...sums);
  const step = width / parts;
  sums.fill(0);
  for (const [kind, counts] of kinds) {
    context.fillStyle = paints[colour[kind] ?? "accent-soft"];
    for (let part = 0; part < parts; part++) {
      const size = (counts[part] / most) * (height - 10);
      if (size > 0) context.fillRect(NAMES + part * step, height - 1 - sums[part] - size, Math.ceil(step), size);
      sums[part] += size;
    }
  }
}
