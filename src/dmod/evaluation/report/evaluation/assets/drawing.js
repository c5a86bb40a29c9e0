// ---- drawing: elements, numbers, colours
const NS = "http://www.w3.org/2000/svg";
const byId = (id) => document.getElementById(id);
const add = (parent, tag, attributes = {}, text) => {
  const node = document.createElementNS(NS, tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  parent.appendChild(node);
  return node;
};
const make = (tag, attributes = {}, text) => {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
};
const canvas = (host, width, height) => {
  host.querySelectorAll("svg, p").forEach((old) => old.remove());
  return add(host, "svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": host.dataset.label });
};
const empty = (host, text) => {
  host.querySelectorAll("svg, p").forEach((old) => old.remove());
  host.appendChild(make("p", { class: "soft" }, text));
};
const number = (x, digits = 3) => {
  if (x === null || !Number.isFinite(x)) return "–";
  if (x === 0) return "0";
  const size = Math.abs(x);
  if (size >= 1e5 || size < 1e-3) return x.toExponential(Math.max(digits - 2, 0)).replace(/-/g, "−").replace("+", "");
  return Number(x.toPrecision(digits)).toLocaleString("en", { maximumSignificantDigits: digits }).replace("-", "−");
};
// in tables numbers of one column have the same digits
const even = (x, digits = 3) => {
  const size = Math.abs(x);
  if (x === null || !Number.isFinite(x) || x === 0 || size >= 1e5 || size < 1e-3) return number(x, digits);
  return Number(x.toPrecision(digits)).toLocaleString("en", { minimumSignificantDigits: digits, maximumSignificantDigits: Math.max(digits, Math.ceil(Math.log10(size))) }).replace("-", "−");
};
const signed = (x, digits = 3) => (x > 0 ? `+${number(x, digits)}` : number(x, digits));
const short = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
const unitOf = (measure) => (measure.unit ? ` ${measure.unit.replace("m3", "m³").replace("s-1", "s⁻¹")}` : "");

const tip = byId("tip");
const say = (text, event) => {
  tip.textContent = text;
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  const x = event.clientX + 16 + box.width > innerWidth ? event.clientX - 16 - box.width : event.clientX + 16;
  const above = event.clientY - box.height - 12;
  tip.style.transform = `translate(${Math.max(4, x)}px, ${above < 4 ? event.clientY + 16 : above}px)`;
};
const hush = () => { tip.hidden = true; };

// palettes by tone, from -1 to 1 (plain: 0 to 1); told apart by people who do not see red or green
const PALETTES = {
  light: {
    quality: ["#7f3f0a", "#b8742a", "#dfb67a", "#f1e4cd", "#cfe5e4", "#7dbcc0", "#2f8792", "#0b4f5e"],
    signed: ["#a34a06", "#e08b36", "#f6c98d", "#eceaee", "#c9c2e2", "#8f80bd", "#4d2f86"],
    plain: ["#e9f2e4", "#b9ddc5", "#7fc0ba", "#4a9bab", "#2a6c91", "#1d3f6e"],
  },
  dark: {
    quality: ["#f0a94e", "#c07f33", "#8a5f30", "#54483a", "#34505a", "#2f8094", "#4fb3c8", "#9be8f2"],
    signed: ["#ffa84d", "#c77a2c", "#80562d", "#4a4a55", "#5d5490", "#8d7cd0", "#c7b6ff"],
    plain: ["#253640", "#285563", "#2f7780", "#469c9a", "#79c2ab", "#c4ecc9"],
  },
};
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
  const stops = PALETTES[isDark() ? "dark" : "light"][scale.palette];
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
