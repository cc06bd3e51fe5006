// Scales: where a value is, and which values are worth a mark.

/** Steps of 1, 2 and 5 that divide a range into at most so many parts. */
export function ticks(from, to, most) {
  const range = to - from;
  if (!(range > 0) || most < 1) return [];
  const rough = range / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999999);
  const marks = [];
  // Counted rather than added up, so that no error grows; what is left of one must not cost the first or the last mark, nor make a zero negative.
  const slack = step * 1e-6;
  for (let index = Math.ceil((from - slack) / step); index * step <= to + slack; index += 1)
    marks.push(index * step + 0);
  return marks;
}

/** A round number that is not below this one, for the end of a scale. */
export function ceiling(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((factor) => factor * power).find((size) => size >= value * 0.999999);
}
