// A task as a row: when it was polled, and when it was woken and waited for that.

/** Polls that lie closer together than this many columns are one. */
const CLOSE = 0.5;

/** What is drawn of a task: slices as start, end, kind, block and index; kind 0 is a wait. */
export function row(task, { from, to, least }, names) {
  const { of, busy, polls, wakes, made, ended } = task;
  polls.sort((a, b) => a[0] - b[0]);
  wakes.sort((a, b) => a - b);
  const slices = [];
  let [wake, before] = [0, made ?? -Infinity];
  let since = made !== null && made >= from ? made : null;
  for (const [start, end, code, block, index] of polls) {
    // Wake-ups while it was polled are for the next poll, which waits from the end of this one on.
    for (; wake < wakes.length && wakes[wake] <= start; wake++) since ??= Math.max(wakes[wake], before);
    if (since !== null && start - since >= least) slices.push(since, start, 0, block, index);
    since = null;
    before = end;
    join(slices, start, end, code, block, index, least * CLOSE);
  }
  const place = names.of(task.task);
  const known = { name: task.name || place.name, place: task.place || place.place };
  const life = [Math.max(from, made ?? from), Math.min(to, ended?.at ?? to)];
  return { of, task: String(task.task), ...known, busy, polls: polls.length, first: polls[0]?.[0] ?? from, life, how: ended?.how ?? null, slices: Float64Array.from(slices) };
}

function join(slices, start, end, code, block, index, close) {
  const last = slices.length - 5;
  if (last >= 0 && slices[last + 2] === code && start - slices[last + 1] < close && end - start < close * 4) slices[last + 1] = end;
  else slices.push(start, end, code, block, index);
}
