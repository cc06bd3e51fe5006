// Looks through a recording for tasks, functions, places, spans, logs, threads, and ids.

import { KIND } from "./block.mjs";

const MOST = 200;
/** The fields in which texts are looked for, by kind. */
const FIELDS = {
  [KIND.task_spawn]: ["name", "place"], [KIND.blocking_spawn]: ["name", "place"], [KIND.span]: ["name", "place", "target", "error"],
  [KIND.log]: ["message", "target", "place"], [KIND.user]: ["name"], [KIND.trigger]: ["why"], [KIND.open]: ["name"], [KIND.thread]: ["name"],
};

/** Gives what it finds, block by block: { hits, done, all }. */
export async function* search(recording, { text }) {
  const wanted = text.trim().toLowerCase();
  const { blocks } = recording;
  let found = 0;
  for (let place = 0; place < blocks.length && found < MOST; place++) {
    const block = await recording.block(place, false);
    const hits = [];
    if (block) look(block, place, blocks[place].of, wanted, MOST - found, hits);
    found += hits.length;
    yield { hits, done: place + 1, all: blocks.length, full: found >= MOST };
  }
}

function look(block, place, of, wanted, most, hits) {
  const { columns } = block;
  // Most blocks need no closer look.
  const texts = columns.texts.map((text) => text.toLowerCase().includes(wanted));
  const number = /^(task )?[0-9]+$/.test(wanted) ? Number(wanted.replace("task ", "")) : null;
  const id = /^[0-9a-f]{16,32}$/.test(wanted) ? wanted : null;
  if (number === null && id === null && !texts.includes(true)) return;
  for (let index = 0; index < block.count && hits.length < most; index++) {
    if (block.repeated[index]) continue;
    const code = block.code(index);
    const fields = block.fields[columns.kind[index]];
    const row = columns.row[index];
    const matches = (FIELDS[code] ?? []).some((name) => fields[name] && texts[fields[name].values[row]]) ||
      (number !== null && code === KIND.task_spawn && block.number(index, "task") === number) ||
      (id !== null && (code === KIND.span || code === KIND.log) && [block.value(index, "trace"), block.value(index, "span")].includes(id)) ||
      (code === KIND.log || code === KIND.span ? hasField(block.value(index, code === KIND.log ? "fields" : "attributes"), wanted) : false);
    if (matches) hits.push(hit(block, index, place, of, code));
  }
}

const hasField = (fields, wanted) =>
  Object.entries(fields ?? {}).some(([, value]) => typeof value === "string" && value.toLowerCase().includes(wanted));

function hit(block, index, place, of, code) {
  const [start, end] = [block.start(index), block.time[index]];
  const said = code === KIND.log ? block.text(index, "message") : block.text(index, code === KIND.trigger ? "why" : "name");
  const task = block.number(index, "task");
  const number = code === KIND.task_spawn || code === KIND.blocking_spawn ? ` (task ${task})` : "";
  return { start, end, kind: block.columns.kinds[block.columns.kind[index]].name, said: said + number, at: block.place(index), of, block: place, index };
}
