// The address that reopens the same view: `#from=…&to=…&select=…,…&find=…`, times in nanoseconds since 1970.

const NUMBER = /^-?[0-9]{1,20}$/;

/** What an address says; whatever is not understood is left out. */
export function parse(hash, origin) {
  const said = new URLSearchParams(hash.replace(/^#/, ""));
  const time = (text) => (NUMBER.test(text ?? "") ? Number(BigInt(text) - origin) : null);
  const pair = (from, to) => {
    const [start, end] = [time(from), time(to)];
    return start !== null && end !== null && start < end ? { from: start, to: end } : null;
  };
  const selected = (said.get("select") ?? "").split(",");
  return { view: pair(said.get("from"), said.get("to")), selection: pair(selected[0], selected[1]), find: said.get("find") ?? "" };
}

export function format({ view, selection, find }, origin) {
  const time = (at) => String(origin + BigInt(Math.round(at)));
  const said = new URLSearchParams();
  if (view) {
    said.set("from", time(view.from));
    said.set("to", time(view.to));
  }
  if (selection) said.set("select", `${time(selection.from)},${time(selection.to)}`);
  if (find) said.set("find", find);
  return `#${said.toString().replace("%2C", ",")}`;
}
