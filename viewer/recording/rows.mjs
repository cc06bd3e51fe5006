// The rows of a picture, from top to bottom: what is on each, how high it is, what it is called.

const HEIGHTS = { depth: 34, logs: 22, marks: 18, lane: 26, heading: 22, task: 17, spans: 17 };
/** A canvas is only so high. */
const MOST_LANES = 400;
const ROLES = ["worker", "other", "unknown", "blocking"];

/** Gives { rows, height }. `names` are those of threads, by recording and thread. */
export function rowsOf(picture, names, axis) {
  const rows = [];
  let y = axis;
  const put = (type, label, of = {}) => {
    rows.push({ type, label, y, height: HEIGHTS[type], ...of });
    y += HEIGHTS[type];
  };
  const some = (columns) => columns.some((value) => value > 0);
  if (some(picture.depth)) put("depth", "Tasks in queues");
  if (picture.logs.length > 0 || picture.levels.some(some)) put("logs", "Logs");
  if (picture.marks.length > 0) put("marks", "Triggers, gaps, own events");
  lanes(picture, names, put);
  const { rows: tasks, hidden } = picture.tasks;
  if (tasks.length > 0) {
    put("heading", hidden > 0 ? `Tasks: the ${tasks.length} that were polled longest, ${hidden} more` : "Tasks");
    for (const task of tasks) put("task", `${task.task} ${task.name}`, { task });
  }
  if (picture.spanRows > 0) {
    put("heading", picture.hiddenSpans > 0 ? `Spans: the longest, ${picture.hiddenSpans} more` : picture.single ? "Spans" : "Spans: the longest");
    for (let row = 0; row < picture.spanRows; row++) put("spans", "", { spans: picture.spans.filter((span) => span.row === row) });
  }
  if (!picture.single) put("heading", "Zoom in to see tasks, single polls and logs");
  return { rows, height: y + 8 };
}

function lanes(picture, names, put) {
  const known = picture.lanes.map((lane) => {
    const of = names.get(lane.of * 2 ** 32 + lane.thread) ?? { name: `thread ${lane.thread}`, role: "unknown", runtime: "" };
    return { lane, ...of, key: [of.runtime === "" ? 1 : 0, `${lane.of}${of.runtime}`, ROLES.indexOf(of.role)] };
  });
  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  known.sort((a, b) => a.key.reduce((by, value, at) => by || compare(value, b.key[at]), 0) || a.name.localeCompare(b.name, "en", { numeric: true }));
  let runtime = null;
  for (const one of known.slice(0, MOST_LANES)) {
    if (one.runtime !== runtime) put("heading", one.runtime ? `Runtime ${one.runtime}` : "Other threads");
    runtime = one.runtime;
    // Those of the blocking pool have one name.
    const same = known.some((other) => other !== one && other.name === one.name && other.lane.of === one.lane.of);
    put("lane", same ? `${one.name}, thread ${one.lane.thread}` : one.name, { lane: one.lane, role: one.role });
  }
  if (known.length > MOST_LANES) put("heading", `${known.length - MOST_LANES} more threads`);
}
