// Where a trace's time went: its spans as a tree, each with the part of its time that was its own.

/** A trace's time in milliseconds after its begin; texts of nanoseconds in, since numbers are too small for them. */
function after(start, begin) {
  return Number(BigInt(start) - BigInt(begin)) / 1e6;
}

/**
 * The rows of a waterfall, parents before their children, which come by their start. A span whose parent is not here is a root;
 * none is left out, whatever its parents say.
 */
export function layout(trace) {
  const spans = trace.spans.map((told) => {
    // What is empty is not told.
    const span = { attributes: {}, events: [], links: [], ...told };
    const from = after(span.start_ns, trace.start_ns);
    return { span, from, to: from + Number(BigInt(span.duration_ns)) / 1e6, children: [], depth: 0 };
  });
  const byId = new Map(spans.map((row) => [row.span.span_id, row]));
  const roots = [];
  for (const row of spans) {
    const parent = byId.get(row.span.parent);
    if (parent && parent !== row) parent.children.push(row);
    else roots.push(row);
  }
  const rows = [];
  const seen = new Set();
  const visit = (root) => {
    // A stack of its own: a deep trace must not exhaust JavaScript's.
    const stack = [[root, 0]];
    while (stack.length > 0) {
      const [row, depth] = stack.pop();
      if (seen.has(row)) continue;
      seen.add(row);
      row.depth = depth;
      rows.push(row);
      row.children.sort((one, other) => one.from - other.from);
      for (const child of row.children.toReversed()) stack.push([child, depth + 1]);
    }
  };
  roots.sort((one, other) => one.from - other.from).forEach(visit);
  // Spans that are each other's parents have no root.
  spans.forEach((row) => !seen.has(row) && visit(row));
  for (const row of rows) row.own = own(row);
  return rows;
}

/** The times in which none of a span's children ran. */
function own({ from, to, children }) {
  const parts = [];
  let at = from;
  for (const child of children) {
    if (child.from > at) parts.push([at, Math.min(child.from, to)]);
    at = Math.max(at, child.to);
    if (at >= to) break;
  }
  if (at < to) parts.push([at, to]);
  return parts.filter(([begin, end]) => end > begin);
}

/** When the first span begins and the last one ends: a task may go on after its parent's end. */
export function extent(rows) {
  let from = 0,
    to = 0;
  for (const row of rows) {
    from = Math.min(from, row.from);
    to = Math.max(to, row.to);
  }
  return { from, to: to > from ? to : from + 0.001 };
}

/** How long a span's own work took, in milliseconds. */
export function ownTime(row) {
  return row.own.reduce((sum, [from, to]) => sum + to - from, 0);
}
