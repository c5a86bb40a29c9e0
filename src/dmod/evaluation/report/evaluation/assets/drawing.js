// ---- drawing: elements, numbers, colours; what all pages of dmod draw with is CHART
const { add, number, linear, logarithmic, nice, ticks, decades, fullTime, timeAxis, yAxis, xAxis, inside, regular, extent, trace, say, hush, readable } = CHART;
const NS = "http://www.w3.org/2000/svg";
const byId = (id) => document.getElementById(id);
const make = (tag, attributes = {}, text) => {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
};
const canvas = (host, width, height) => {
  host.querySelectorAll("p").forEach((old) => old.remove());
  const svg = CHART.canvas(host, width, height);
  svg.setAttribute("width", width);
  svg.setAttribute("height", height);
  return svg;
};
const empty = (host, text) => {
  host.querySelectorAll("svg, p").forEach((old) => old.remove());
  host.appendChild(make("p", { class: "soft" }, text));
};
// in tables numbers of one column have the same digits
const even = (x, digits = 3) => {
  const size = Math.abs(x);
  if (x === null || !Number.isFinite(x) || x === 0 || size >= 1e5 || size < 1e-3) return number(x, digits);
  return Number(x.toPrecision(digits)).toLocaleString("en", { minimumSignificantDigits: digits, maximumSignificantDigits: Math.max(digits, Math.ceil(Math.log10(size))) }).replace("-", "−");
};
const short = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
const unitOf = (measure) => (measure.unit ? ` ${measure.unit}` : "");

// colours by tone, from -1 to 1 (plain: 0 to 1)
const darkness = matchMedia("(prefers-color-scheme: dark)");
const paper = { on: false }; // what is saved has the light colours
const isDark = () => darkness.matches && !paper.on && !matchMedia("print").matches;
const channels = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
const mixed = (stops, at) => {
  const x = Math.min(1, Math.max(0, at)) * (stops.length - 1), i = Math.min(Math.floor(x), stops.length - 2), f = x - i;
  const a = channels(stops[i]), b = channels(stops[i + 1]);
  return `rgb(${a.map((v, k) => Math.round(v + (b[k] - v) * f)).join(",")})`;
};
const coloursOf = (scale) => {
  const stops = DATA.palettes[isDark() ? "dark" : "light"][scale.palette];
  return scale.tones.map((tone) => mixed(stops, scale.palette === "plain" ? tone : (tone + 1) / 2));
};
const classOf = (scale, v) => {
  let k = 0;
  while (k < scale.edges.length && v >= scale.edges[k]) k++;
  return k;
};
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const runColour = (k) => `c${k % 6}`;
const runDash = (k) => (k >= 6 ? { "stroke-dasharray": k >= 12 ? "2 3" : "7 3" } : {});
