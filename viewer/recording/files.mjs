// Where recordings come from: dropped, chosen, within the page (`spanwright view --save`), or from `spanwright view`.

import { byId } from "../shared/dom.mjs";
import { showTrouble } from "./panels.mjs";

/** Those of a rotated recording are in their order: the ninth before the tenth. */
const inOrder = (files) => [...files].sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));

export function choosing(open) {
  const input = byId("files");
  for (const button of [byId("open"), byId("choose")]) button.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    if (input.files.length > 0) open(inOrder(input.files));
    // The same may be chosen again.
    input.value = "";
  });
  const { body } = document;
  body.addEventListener("dragover", (event) => {
    event.preventDefault();
    body.classList.add("dragged");
  });
  body.addEventListener("dragleave", (event) => event.relatedTarget === null && body.classList.remove("dragged"));
  body.addEventListener("drop", (event) => {
    event.preventDefault();
    body.classList.remove("dragged");
    const { files, items } = event.dataTransfer;
    // Browsers let no page that is opened from disk look into one.
    const folder = [...items].map((item) => item.webkitGetAsEntry()).find((entry) => entry?.isDirectory);
    if (folder) showTrouble(`${folder.name} is a folder: drop the files that are in it, or say \`spanwright view ${folder.name}\`.`);
    else if (files.length > 0) open(inOrder(files));
  });
}

/** What came with the page: { files, findings }, or nothing. */
export async function given() {
  const saved = byId("recordings");
  if (saved) {
    const files = JSON.parse(saved.textContent).map(({ name, bytes }) => new File([unbase64(bytes)], name));
    return { files, findings: byId("analysis").textContent };
  }
  if (!location.protocol.startsWith("http")) return null;
  const list = await fetch("recordings.json");
  if (!list.ok) return null;
  const files = [];
  for (const { name, path } of await list.json()) {
    const answer = await fetch(path);
    if (!answer.ok) throw new Error(`${name} can't be had: ${answer.status} ${answer.statusText}`);
    files.push(new File([await answer.blob()], name));
  }
  return { files, findings: fetch("findings.json").then((answer) => (answer.ok ? answer.text() : null)) };
}

function unbase64(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

/** The command's findings, at times since `origin`. */
export function analysed(text, origin) {
  // Nanoseconds since 1970 are more than a Number holds.
  const all = JSON.parse(text.replace(/("at": )(\d{16,})/g, '$1"$2"'));
  const findings = all.findings.map((finding) => {
    const at = Number(BigInt(finding.at) - origin);
    const { longest, duration, waited, silent, slept } = finding.numbers;
    const end = at + (longest ?? duration ?? waited ?? silent ?? slept ?? 0);
    return { ...finding, at, end };
  });
  return { findings, notes: all.notes };
}
