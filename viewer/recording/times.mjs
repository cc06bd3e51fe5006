// Times and durations for people.

/** About three digits, and a unit. */
export function duration(nanos) {
  const value = Math.abs(nanos);
  const [scale, unit] = value < 1e3 ? [1, "ns"] : value < 999.5e3 ? [1e3, "µs"] : value < 999.5e6 ? [1e6, "ms"]
    : value < 600e9 ? [1e9, "s"] : value < 36e12 ? [60e9, "min"] : [3600e9, "h"];
  if (scale === 1) return `${Math.round(nanos)}ns`;
  const of = value / scale;
  return `${nanos < 0 ? "−" : ""}${of.toFixed(of < 9.995 ? 2 : of < 99.95 ? 1 : 0)}${unit}`;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

const millis = (at) => Number(at / 1000000n);

/** A time of day in the reader's zone, with so many digits of its seconds. */
export function time(of, digits) {
  const at = of < 0n ? 0n : of;
  const fraction = (at % 1000000000n).toString().padStart(9, "0").slice(0, digits);
  return clock.format(millis(at)) + (digits > 0 ? `.${fraction}` : "");
}

export const date = (at) => day.format(millis(at));

/** The number of digits of seconds that steps of so many nanoseconds need. */
export const digits = (step) => Math.max(0, Math.min(9, 9 - Math.floor(Math.log10(Math.max(1, step)) + 1e-9)));

/** 1, 2 or 5 and zeros: the least that is no less than this. */
export function round(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * [1, 2, 5, 10].find((times) => power * times >= least * 0.9999);
}
