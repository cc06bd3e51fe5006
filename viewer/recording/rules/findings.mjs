// Findings by what the engine has gathered: ids, severities, times and places are those of `spanwright analyze`.

import { duration } from "../times.mjs";
import { BOUNDS } from "./engine.mjs";
import { explained } from "./spans.mjs";

/** The command's rules in its order; those that are not here are its own. */
const TITLES = {
  "blocking-in-async": "a task blocks its worker",
  "worker-starvation": "a worker slept while a task waited to be polled",
  "wake-delay": "tasks wait long for a worker once they are woken",
  "task-panic": "tasks panicked",
  "queue-buildup": "more and more tasks wait for a worker",
  "blocking-pool-queue": "calls wait long for a thread of the blocking pool",
  "queued-span": "a request spent most of its time waiting for a worker",
  "slow-span": "a request took much longer than usual",
};
const ORDER = Object.keys(TITLES);
const SEVERITIES = ["error", "warning", "info"];
const SECOND = 1e9;

/** What was found, the worst first. `torn` is whether blocks are missing or damaged. */
export function findings(engine, torn) {
  const all = [];
  const find = (id, severity, at, end, place, subject, said) =>
    all.push({ id, severity, at, end, place, subject, title: TITLES[id], said });
  for (const place of engine.names.places) ofPlace(engine, place, torn, find);
  for (const of of torn ? [] : engine.waits.runtimes.values()) ofRuntime(engine, of, find);
  idleWorkers(engine, find);
  for (const [runtime, of] of engine.queues.runtimes) queue(engine, engine.names.runtime(runtime), of.tasks, find);
  pool(engine, find);
  for (const [name, of] of engine.spans.longestFirst()) requests(engine, name, of, find);
  const key = (one) => [SEVERITIES.indexOf(one.severity), ORDER.indexOf(one.id), one.at];
  return all.sort((a, b) => {
    const [one, other] = [key(a), key(b)];
    const differs = one.findIndex((value, index) => value !== other[index]);
    return differs < 0 ? (a.place < b.place ? -1 : 1) : one[differs] - other[differs];
  });
}

function ofPlace(engine, of, torn, find) {
  if (of.panicked > 0) {
    find("task-panic", "warning", of.panickedAt, of.panickedAt, of.place, of.said, `${of.panicked} of ${of.made + of.before} panicked`);
  }
  const habit = of.long >= 5 && of.long * 20 >= of.polls.count;
  const worst = of.worst.first;
  if (!worst || !(of.veryLong > 0 || habit) || (torn && engine.blocking.areMany())) return;
  const { start, end, span, open } = worst.of;
  let said = `${of.long} of ${of.polls.count} polls took ${duration(BOUNDS.long)} or more, the longest ${duration(worst.length)}`;
  if (open) said += ", in which the process died";
  if (span) said += `, in \`${span.name}\``;
  if (span?.place) said += ` at ${span.place}; the task was spawned at ${of.place || "a place that is not known"}`;
  find("blocking-in-async", of.veryLong > 0 ? "error" : "warning", start, end, span?.place || of.place, of.said, said);
}

function ofRuntime(engine, of, find) {
  const slept = of.slept.first;
  if (slept && of.sleptLong > 0) {
    const { key, place, length, from, to, thread, sleeper } = slept.of;
    const said = `task ${key} ${place.said} waited ${duration(length)} until ${engine.names.thread(thread)} polled it; meanwhile ` +
      `${engine.names.thread(sleeper)} was parked for ${duration(slept.length)}; ${of.sleptLong} times in all`;
    find("worker-starvation", "error", from, to, place.place, `runtime ${of.name}`, said);
  }
  const worst = of.worst.first;
  const several = of.veryLong >= 3 && of.veryLong * 1000 >= of.all.count;
  if (!worst || !(several || worst.length >= BOUNDS.wait * 100)) return;
  const { key, place, from, to } = worst.of;
  const said = `${of.veryLong} of ${of.all.count} waits took ${duration(BOUNDS.wait * 10)} or more, half took ` +
    `${duration(of.all.percentile(50))} or less; the longest was ${duration(worst.length)}, of task ${key} ${place.said}`;
  find("wake-delay", "warning", from, to, place.place, `runtime ${of.name}`, said);
}

/** Who has waited is not known; where it is, that is told instead. */
function idleWorkers(engine, find) {
  const judged = engine.idle.found.kept.map(({ length, of }) => ({ length: length - engine.stalls.within(of.at, of.at + length), of }));
  const worst = judged.reduce((most, one) => (most && most.length >= one.length ? most : one), null);
  const told = [...engine.waits.runtimes.values()].some((of) => of.sleptLong > 0);
  if (!worst || told || worst.length < BOUNDS.wait * 10) return;
  const said = `it was parked for ${duration(worst.length)} while up to ${worst.of.depth} tasks waited in queues`;
  find("worker-starvation", "error", worst.of.at, worst.of.at + worst.length, "", engine.names.thread(worst.of.thread), said);
}

function queue(engine, runtime, samples, find) {
  if (!samples.grows() && !samples.isDeep()) return;
  const quarters = samples.quarters();
  // Who waits longest for a worker is mostly who there is most of.
  const place = engine.names.places.reduce((most, one) => (one.waits.sum >= most.waits.sum ? one : most));
  let said = `${quarters[0]} tasks waited in the first quarter of the time, ${quarters[3]} in the last, ${samples.max} at most`;
  if (place.waits.sum > 0) said += `; those that waited longest together are ${place.said}`;
  find("queue-buildup", "warning", samples.at, samples.at, place.place, `runtime ${runtime}`, said);
}

function pool(engine, find) {
  const { queued, waited, runtimes, parts } = engine.queues;
  const p99 = queued.percentile(99);
  const slow = (queued.count >= 10 && p99 >= SECOND / 10) || queued.max >= SECOND;
  const growing = [...runtimes.values()].find((of) => of.blocking.grows());
  if (!slow && !growing) return;
  const call = waited.first?.of;
  let said = `${queued.count} calls waited, a hundredth of them ${duration(p99)} or more, the longest ${duration(queued.max)}`;
  if (call?.place.name) said += `: ${call.place.name}, which then ran for ${duration(call.ran)}`;
  if (growing) said += `; ${growing.blocking.max} waited at the same time`;
  const at = call?.at ?? parts.first;
  find("blocking-pool-queue", "warning", at, call?.end ?? at, call?.place.place ?? "", "the blocking pool", said);
}

function requests(engine, name, of, find) {
  // The one that was queued the longest may have been in a stall.
  for (const { of: span } of of.mostQueued.kept) {
    const time = span.end - span.start;
    const counted = span.queued - engine.stalls.within(span.start, span.end);
    if (counted < BOUNDS.wait * 10 || counted < Math.floor(time / 2)) continue;
    find("queued-span", "warning", span.start, span.end, span.place, name, `of ${duration(time)} it waited ${duration(counted)} for a worker`);
    break;
  }
  const slow = of.slowest.first?.of;
  const usual = of.durations.percentile(50);
  if (!slow || of.durations.count < 20 || slow.end - slow.start < Math.max(BOUNDS.slow, usual * 10)) return;
  const said = `it took ${duration(slow.end - slow.start)}, half of them take ${duration(usual)} or less; ${explained(slow, duration)}`;
  find("slow-span", "info", slow.start, slow.end, slow.place, name, said);
}

/** What else is to be known. */
export function notes(engine, torn) {
  const { count, sum, longest } = engine.stalls;
  const notes = [];
  if (count > 0) notes.push(`the process did not run for ${duration(sum)} in ${count} stalls, the longest ${duration(longest)}: the machine was too busy, or paused; it was taken off what is judged`);
  if (engine.lost > 0) notes.push(`the recorder lost ${engine.lost} events`);
  if (torn) notes.push("blocks are missing: waits for a worker are not judged");
  return notes;
}
