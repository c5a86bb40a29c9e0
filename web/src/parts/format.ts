/** How numbers and times are written. */

const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** A number with about four significant digits. */
export function number(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 10_000) return WHOLE.format(value);
  if (size < 1e-4) return value.toExponential(2);
  return String(Number(value.toPrecision(digits)));
}

export function count(value: number): string {
  return WHOLE.format(value);
}

/** A unit as people write it: `m3 s-1` is m³/s; one that is no product of powers stays as it is. */
export function unitInWords(unit: string): string {
  const parts = unit.trim().split(/[ .]+/).map((part) => /^([A-Za-zµ°%]+)\^?(-?\d+)?$/.exec(part));
  if (!parts.every((part) => part !== null)) return unit;
  const powers = parts.map((part) => ({ base: part[1] ?? "", power: Number(part[2] ?? 1) }));
  const said = (of: typeof powers) => of.map(({ base, power }) => base + raised(Math.abs(power))).join(" ");
  const [above, below] = [powers.filter(({ power }) => power > 0), powers.filter(({ power }) => power < 0)];
  if (!below.length) return said(above);
  return `${said(above) || "1"}/${below.length > 1 ? `(${said(below)})` : said(below)}`;
}

function raised(power: number): string {
  return power === 1 ? "" : [...String(power)].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]).join("");
}

/** Bytes, in powers of a thousand. */
export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let at = 0;
  let size = value;
  while (size >= 1000 && at < units.length - 1) {
    size /= 1000;
    at += 1;
  }
  return `${at === 0 ? size : Number(size.toPrecision(3))} ${units[at]}`;
}

/** A length of time in words: 850 ms, 27.8 s, 3 min 20 s, 2 h 5 min. */
export function span(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${Number(seconds.toPrecision(3))} s`;
  const whole = Math.round(seconds);
  const [days, hours, minutes] = [Math.floor(whole / 86400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60];
  if (days) return `${days} d ${hours} h`;
  if (hours) return `${hours} h ${minutes} min`;
  return `${minutes} min ${whole % 60} s`;
}

/** A moment as the server's users write it, UTC. */
export function moment(text: string | number | null | undefined): string {
  if (text === null || text === undefined) return "–";
  const time = typeof text === "number" ? new Date(text * 1000) : new Date(text);
  return Number.isNaN(time.getTime()) ? String(text) : time.toISOString().slice(0, 16).replace("T", " ");
}

/** How long ago something was. */
export function ago(text: string, now = Date.now()): string {
  const past = now - new Date(text).getTime();
  return past < 5_000 ? "just now" : `${span(past - (past % 1000))} ago`;
}
