// What lies at a place of the timeline, and what lies next to it.

/** What a row has, from left to right: { start, end, block, index, said }. */
export function slicesOf(row, picture) {
  switch (row.type) {
    case "lane": return fromArray(row.lane.slices, (code) => (code === 2 ? "parked" : code === 8 ? "ran a blocking call" : "poll"));
    case "task": return fromArray(row.task.slices, (code) => (code === 0 ? "waited for a worker" : code === 8 ? "ran" : "poll"));
    case "spans": return row.spans.map((span) => ({ ...span, said: span.name }));
    case "logs": return picture.logs.map((log) => ({ start: log.at, end: log.at, block: log.block, index: log.index, said: log.message }));
    case "marks": return picture.marks.map((mark) => ({ start: mark.at, end: mark.at, block: mark.block, index: mark.index, said: SAID[mark.code] }));
    default: return [];
  }
}

const SAID = { 11: "own event", 12: "events were lost", 13: "trigger", 14: "open when the process died" };

function fromArray(slices, said) {
  return Array.from({ length: slices.length / 5 }, (_, at) => {
    const [start, end, code, block, index] = slices.subarray(at * 5, at * 5 + 5);
    return { start, end, block, index, said: said(code) };
  }).sort((a, b) => a.start - b.start);
}

/** What is nearest to a time in a row, no farther away than this. */
export function nearest(row, picture, at, away) {
  let best = null, least = away;
  for (const slice of slicesOf(row, picture)) {
    const distance = Math.max(0, slice.start - at, at - slice.end);
    // Of those that lie in each other the shortest.
    if (distance < least || (distance === least && best && slice.end - slice.start < best.end - best.start)) [best, least] = [slice, distance];
  }
  return best;
}

/** The row at a height. */
export const rowAt = (rows, y) => rows.find((row) => y >= row.y && y < row.y + row.height) ?? null;

/** The slice before or after the one that was picked. */
export function beside(picked, picture, step) {
  const slices = slicesOf(picked.row, picture);
  const place = slices.findIndex(({ block, index, start }) => block === picked.block && index === picked.index && start === picked.start);
  return slices[place + step] ?? null;
}
