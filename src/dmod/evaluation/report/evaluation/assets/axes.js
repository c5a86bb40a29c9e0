// ---- axes: scales, ticks, time
const linear = (a, b, from, to) => {
  const slope = (to - from) / ((b - a) || 1);
  const f = (x) => from + (x - a) * slope;
  f.inverse = (y) => a + (y - from) / slope;
  return f;
};
const logarithmic = (a, b, from, to) => {
  const inner = linear(Math.log10(a), Math.log10(b), from, to);
  return (x) => inner(Math.log10(Math.max(x, a)));
};
const nice = (raw, steps = [1, 2, 2.5, 5, 10]) => {
  const size = 10 ** Math.floor(Math.log10(raw));
  return steps.find((k) => k * size >= raw * (1 - 1e-9)) * size;
};
const ticks = (low, high, count) => {
  const step = nice((high - low) / count || 1), found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) found.push(Number((k * step).toPrecision(12)));
  return found;
};
const decades = (low, high) => {
  const found = [], span = Math.log10(high / low);
  for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e++) for (const k of span > 2.5 ? [1] : [1, 2, 5]) {
    const x = k * 10 ** e;
    if (x >= low * 0.999 && x <= high * 1.001) found.push(x);
  }
  return found;
};
const yAxis = (svg, marks, y, left, right, title, top, words = number) => {
  for (const mark of marks) {
    add(svg, "line", { class: "gridline", x1: left, x2: right, y1: y(mark), y2: y(mark) });
    add(svg, "text", { x: left - 8, y: y(mark) + 4, "text-anchor": "end" }, words(mark));
  }
  if (title) add(svg, "text", { class: "title", x: 2, y: top - 9 }, title);
};
const xAxis = (svg, marks, x, top, bottom, room, words = number) => {
  let end = -99;
  for (const mark of marks) {
    add(svg, "line", { class: "gridline", x1: x(mark), x2: x(mark), y1: top, y2: bottom });
    if (x(mark) - end > room) { add(svg, "text", { x: x(mark), y: bottom + 17, "text-anchor": "middle" }, words(mark)); end = x(mark); }
  }
};
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const SPANS = [900, 3600, 10800, 21600, 43200, 86400, 172800, 432000, 864000];
const two = (x) => String(x).padStart(2, "0");
const fullTime = (t) => {
  const d = new Date(t * 1000);
  return `${d.getUTCDate()} ${MONTHS[d.getUTCMonth()]} ${d.getUTCFullYear()} ${two(d.getUTCHours())}:${two(d.getUTCMinutes())} UTC`;
};
const timeTicks = (a, b, count) => {
  const raw = (b - a) / count, step = SPANS.find((s) => s >= raw), found = [];
  const withYear = (label, t) => (found.length || /^\d{4}$/.test(label) ? label : `${label} ${new Date(t * 1000).getUTCFullYear()}`);
  if (step) {
    for (let t = Math.ceil(a / step) * step; t <= b; t += step) {
      const d = new Date(t * 1000);
      found.push([t, t % 86400 ? `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}` : withYear(`${d.getUTCDate()} ${MONTHS[d.getUTCMonth()]}`, t)]);
    }
    return found;
  }
  const months = [1, 2, 3, 6, 12, 24, 60, 120].find((m) => m * 30.4 * 86400 >= raw) || 240;
  const first = new Date(a * 1000), from = Math.ceil((first.getUTCFullYear() * 12 + first.getUTCMonth()) / months) * months;
  for (let k = from; ; k += months) {
    const t = Date.UTC(Math.floor(k / 12), k % 12, 1) / 1000;
    if (t > b) return found;
    if (t >= a) found.push([t, k % 12 === 0 || months >= 12 ? String(Math.floor(k / 12)) : withYear(MONTHS[k % 12], t)]);
  }
};
const normalQuantile = (p) => { // Acklam's form is not needed: bisection on the error function is exact enough to draw
  let low = -6, high = 6;
  for (let i = 0; i < 40; i++) { const middle = (low + high) / 2; if (normalShare(middle) < p) low = middle; else high = middle; }
  return (low + high) / 2;
};
const normalShare = (z) => {
  const t = 1 / (1 + 0.2316419 * Math.abs(z)), density = Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
  const tail = density * t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return z > 0 ? 1 - tail : tail;
};
