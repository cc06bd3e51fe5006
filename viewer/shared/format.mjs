// Numbers and times as people read them.

const THIN = "\u2009";
const NONE = "–";

/** Whether it is a number that can be shown. */
export function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}

/** Three significant digits, without an exponent. */
function digits(value) {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 100) return String(Math.round(value));
  return value.toFixed(size >= 10 ? 1 : size >= 0.995 ? 2 : 3);
}

/** A count, with its thousands apart. */
export function count(value) {
  if (!isNumber(value)) return NONE;
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, THIN);
}

/** A rate per second. */
export function rate(value) {
  if (!isNumber(value)) return NONE;
  return value >= 10_000 ? short(value) : digits(value);
}

/** A number in thousands, millions or billions. */
export function short(value) {
  if (!isNumber(value)) return NONE;
  for (const [unit, size] of [
    ["G", 1e9],
    ["M", 1e6],
    ["k", 1e3],
  ]) {
    if (Math.abs(value) >= size) return `${digits(value / size)}${THIN}${unit}`;
  }
  return digits(value);
}

/** A ratio as a percentage. What is more than nothing is never shown as nothing, nor what is less than all as all. */
export function percent(ratio) {
  if (!isNumber(ratio)) return NONE;
  const value = ratio * 100;
  if (value > 0 && value < 0.01) return "<0.01%";
  if (value < 100 && value > 99.99) return ">99.99%";
  if (value < 0) return `−${percent(-ratio)}`;
  if (value === 0 || value >= 100) return `${Math.round(value)}%`;
  // Where promises are made, near all, the second digit counts.
  return `${value < 1 || value >= 99 ? value.toFixed(2) : value.toFixed(1)}%`;
}

/** A duration in milliseconds, in the unit that suits it. */
export function duration(ms) {
  if (!isNumber(ms)) return NONE;
  const size = Math.abs(ms);
  if (size === 0) return "0";
  if (size < 0.001) return `${digits(ms * 1e6)}${THIN}ns`;
  if (size < 1) return `${digits(ms * 1000)}${THIN}µs`;
  if (size < 1000) return `${digits(ms)}${THIN}ms`;
  if (size < 120_000) return `${digits(ms / 1000)}${THIN}s`;
  return span(ms / 1000);
}

/** A long time in seconds: two units of it. */
export function span(seconds) {
  if (!isNumber(seconds)) return NONE;
  const parts = [
    ["d", 86_400],
    ["h", 3600],
    ["min", 60],
    ["s", 1],
  ];
  let rest = Math.floor(seconds);
  const said = [];
  for (const [unit, size] of parts) {
    const whole = Math.floor(rest / size);
    rest -= whole * size;
    if (whole > 0) said.push(`${whole}${THIN}${unit}`);
    // A second unit is the next one, or none.
    else if (said.length > 0) break;
    if (said.length === 2) break;
  }
  return said.join(" ") || `0${THIN}s`;
}

/** A size in bytes. */
export function bytes(value) {
  if (!isNumber(value)) return NONE;
  for (const [unit, power] of [
    ["GiB", 30],
    ["MiB", 20],
    ["KiB", 10],
  ]) {
    if (value >= 2 ** power) return `${digits(value / 2 ** power)}${THIN}${unit}`;
  }
  return `${Math.round(value)}${THIN}B`;
}

const pad = (value, width = 2) => String(value).padStart(width, "0");

/** The time of day in the reader's zone, to the millisecond. */
export function clock(ms, { millis = true } = {}) {
  if (!isNumber(ms)) return NONE;
  const at = new Date(ms);
  const seconds = `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
  return millis ? `${seconds}.${pad(at.getMilliseconds(), 3)}` : seconds;
}

/** Day, time and zone. */
export function moment(ms) {
  if (!isNumber(ms)) return NONE;
  const at = new Date(ms);
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} ${clock(ms)} ${zone(at)}`;
}

let zoneKnown;

/** The zone's name, which takes the browser long to find. */
function zoneName() {
  zoneKnown ??= Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
  return zoneKnown;
}

/** The reader's zone: its name where it is known, and its distance from UTC at that time. */
export function zone(at = new Date()) {
  const name = zoneName();
  const minutes = -at.getTimezoneOffset();
  if (minutes === 0) return name && name !== "UTC" ? `${name} (UTC)` : "UTC";
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  const offset = `UTC${minutes < 0 ? "−" : "+"}${hours}${rest ? `:${pad(rest)}` : ""}`;
  return name ? `${name} (${offset})` : offset;
}

/** A value of an attribute or a field, as text on one line. */
export function plain(value) {
  if (value === null || value === undefined) return NONE;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
