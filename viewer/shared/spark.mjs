// Small lines of what has just been. A gap, where nothing is known, is a gap in the line.

import { svg } from "./dom.mjs";
import { isNumber } from "./format.mjs";

/** The paths of a line and of what is below it; values are equally apart, the last one at the right end. */
export function paths(values, width, height, top) {
  const scale = top > 0 ? top : 1;
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  let line = "",
    area = "",
    begin;
  const close = (x) => {
    if (begin !== undefined) area += `L${x.toFixed(1)} ${height}L${begin.toFixed(1)} ${height}Z`;
    begin = undefined;
  };
  for (let index = 0; index < values.length; index += 1) {
    const x = index * step;
    if (!isNumber(values[index])) {
      close(x - step);
      continue;
    }
    const y = (height - Math.min(values[index] / scale, 1) * height).toFixed(1);
    const command = `${begin === undefined ? "M" : "L"}${x.toFixed(1)} ${y}`;
    if (begin === undefined) begin = x;
    line += command;
    area += command;
  }
  close((values.length - 1) * step);
  return { line, area };
}

/** A line that is drawn again with other values. It says nothing to those who listen: its number is beside it. */
export class Spark {
  constructor(width, height, { stretch = false } = {}) {
    this.size = [width, height];
    this.area = svg("path", { class: "fill" });
    this.line = svg("path", { class: "line" });
    this.element = svg(
      "svg",
      {
        class: "spark",
        width: stretch ? "100%" : width,
        height,
        viewBox: `0 0 ${width} ${height}`,
        preserveAspectRatio: "none",
        "aria-hidden": "true",
      },
      this.area,
      this.line,
    );
  }

  /** Draws these values, on a scale up to `top`, or to their own greatest. */
  draw(values, top) {
    let greatest = 0;
    for (const value of values) if (value > greatest) greatest = value;
    const { line, area } = paths(values, ...this.size, top ?? greatest);
    this.line.setAttribute("d", line);
    this.area.setAttribute("d", area);
  }
}
