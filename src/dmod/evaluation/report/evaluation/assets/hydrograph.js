// ---- the chosen place over time
const flow = { series: null, view: null, whole: null, log: false, hidden: new Set() };
const MOST_LINES = 6; // drawn at once until more are asked for
NAMES.forEach((_, k) => { if (k >= MOST_LINES) flow.hidden.add(k); });
const unpacked = new Map();
const seriesOf = async (place) => {
  const entry = DATA.series[place];
  if (!entry) return null;
  if (!unpacked.has(place)) {
    const [observed, ...simulated] = await Promise.all([entry.observed, ...entry.simulated].map(unpack));
    if (unpacked.size > 12) unpacked.clear();
    unpacked.set(place, { start: entry.start, step: entry.step, observed, simulated, n: observed.length });
  }
  return unpacked.get(place);
};
const lines = () => [{ v: flow.series.observed, style: "observed", name: "observed" }, ...flow.series.simulated.map((v, k) => ({ v, style: runColour(k), name: NAMES[k], k }))]
  .filter((line) => line.v && !(line.k !== undefined && flow.hidden.has(line.k)));
const part = (s, a, b) => [Math.max(0, Math.floor((a - s.start) / s.step)), Math.min(s.n, Math.ceil((b - s.start) / s.step))];
const extent = (list, first, last) => {
  let low = Infinity, high = -Infinity, least = Infinity;
  for (const { v } of list) for (let i = first; i < last; i++) {
    const x = v[i];
    if (!Number.isFinite(x)) continue;
    if (x < low) low = x;
    if (x > high) high = x;
    if (x > 0 && x < least) least = x;
  }
  return low > high ? [0, 1, 0.1] : [low, high, least];
};
// a path that keeps the lowest and the highest value of every pixel
const trace = (s, v, a, b, x, y, width) => {
  const [first, last] = part(s, a - s.step, b + s.step), bucket = Math.max(1, Math.ceil((last - first) / (2 * width)));
  let path = "", pen = false;
  const put = (i) => {
    if (!Number.isFinite(v[i])) { pen = false; return; }
    path += `${pen ? "L" : "M"}${x(s.start + (i + 0.5) * s.step).toFixed(1)} ${y(v[i]).toFixed(1)}${pen ? "" : "h.01"}`;
    pen = true;
  };
  for (let i = first; i < last; i += bucket) {
    let low = i, high = i;
    for (let j = i; j < Math.min(last, i + bucket); j++) { if (!(v[j] >= v[low])) low = j; if (!(v[j] <= v[high])) high = j; }
    if (low === high) put(low); else { put(Math.min(low, high)); put(Math.max(low, high)); }
  }
  return path;
};
const flowUnit = `[${DATA.unit}]`;
const drawFlow = () => {
  const host = byId("flow"), s = flow.series;
  if (!s) return;
  const width = Math.max(280, host.clientWidth), narrow = width < 560, height = narrow ? 270 : 350;
  const left = narrow ? 46 : 58, right = width - 6, top = 26, bottom = height - 26, [a, b] = flow.view;
  const svg = canvas(host, width, height), x = linear(a, b, left, right), drawn = lines();
  for (const [t, label] of timeTicks(a, b, narrow ? 3.5 : width / 115)) {
    add(svg, "line", { class: "gridline", x1: x(t), x2: x(t), y1: top, y2: bottom });
    if (x(t) > left + 14 && x(t) < right - 22) add(svg, "text", { x: x(t), y: bottom + 18, "text-anchor": "middle" }, label);
  }
  const [low, high, least] = extent(drawn, ...part(s, a, b)), floor = Math.max(least, high * 1e-5) * 0.9, log = flow.log && high > 0 && floor < high;
  const foot = low < 0 ? low * 1.06 : 0, head = high > 0 ? high * 1.06 : 1;
  const y = log ? logarithmic(floor, high * 1.15, bottom, top) : linear(foot, head, bottom, top);
  yAxis(svg, log ? decades(floor, high * 1.15) : ticks(foot, head, narrow ? 4 : 6), y, left, right, flowUnit, top);
  add(svg, "line", { class: "axis", x1: left, x2: right, y1: bottom, y2: bottom });
  add(add(svg, "clipPath", { id: "flow-area" }), "rect", { x: left, y: top - 4, width: right - left, height: bottom - top + 5 });
  const inside = add(svg, "g", { "clip-path": "url(#flow-area)" });
  for (const line of [...drawn.slice(1), ...drawn.slice(0, 1)]) add(inside, "path", { class: `line ${line.style}`, d: trace(s, line.v, a, b, x, y, right - left), ...(line.k === undefined ? {} : runDash(line.k)) });

  const cursor = add(svg, "line", { class: "cursor", y1: top, y2: bottom, visibility: "hidden", "data-live": 1 });
  const chosen = add(svg, "rect", { class: "select", y: top, height: bottom - top, width: 0, visibility: "hidden", "data-live": 1 });
  const sheet = add(svg, "rect", { class: "surface", x: left, y: top, width: right - left, height: bottom - top, "data-live": 1 });
  const pixel = (event) => { const box = svg.getBoundingClientRect(); return Math.min(right, Math.max(left, (event.clientX - box.left) * width / box.width)); };
  let from = null;
  sheet.onpointerdown = (event) => { if (event.pointerType === "mouse" && event.button === 0) { from = pixel(event); sheet.setPointerCapture(event.pointerId); event.preventDefault(); } };
  sheet.onpointermove = (event) => {
    const at = pixel(event), i = Math.min(s.n - 1, Math.max(0, Math.floor((x.inverse(at) - s.start) / s.step)));
    for (const [key, value] of [["x1", at], ["x2", at], ["visibility", "visible"]]) cursor.setAttribute(key, value);
    if (from !== null) { chosen.setAttribute("visibility", "visible"); chosen.setAttribute("x", Math.min(from, at)); chosen.setAttribute("width", Math.abs(at - from)); }
    say([fullTime(s.start + i * s.step), ...drawn.slice(0, 10).map((line) => `${line.name}  ${number(line.v[i], 4)}`)].join("\n"), event);
  };
  sheet.onpointerup = (event) => {
    const to = pixel(event), begun = from;
    from = null;
    if (begun !== null && Math.abs(to - begun) > 5) showTimes(x.inverse(Math.min(begun, to)), x.inverse(Math.max(begun, to)));
    else chosen.setAttribute("visibility", "hidden");
  };
  sheet.onpointerleave = () => { hush(); cursor.setAttribute("visibility", "hidden"); };
  sheet.ondblclick = () => showTimes(...flow.whole);
  drawOverview(left, right);
};
const drawOverview = (left, right) => {
  const host = byId("overview"), s = flow.series, width = Math.max(280, host.clientWidth), height = 42, svg = canvas(host, width, height);
  const one = Number.isFinite(s.observed.find(Number.isFinite)) ? s.observed : s.simulated.find(Boolean);
  const x = linear(...flow.whole, left, right), y = linear(0, Math.sqrt(Math.max(extent([{ v: one }], 0, s.n)[1], 1e-12)), height - 3, 4);
  add(svg, "path", { class: "line faint", d: trace(s, one, ...flow.whole, x, (v) => y(Math.sqrt(Math.max(v, 0))), right - left) });
  add(svg, "line", { class: "axis", x1: left, x2: right, y1: height - 2, y2: height - 2 });
  const [a, b] = flow.view, grip = add(svg, "rect", { class: "window", x: x(a), y: 2, width: Math.max(6, x(b) - x(a)), height: height - 4 });
  for (const edge of [x(a), x(b)]) add(svg, "line", { class: "window-edge", x1: edge, x2: edge, y1: 2, y2: height - 2 });
  grip.style.touchAction = "none";
  grip.onpointerdown = (down) => {
    const ratio = svg.getBoundingClientRect().width / width;
    const slide = (event) => showTimes(...shifted(a, b, (event.clientX - down.clientX) / ratio * (flow.whole[1] - flow.whole[0]) / (right - left)));
    const drop = () => { removeEventListener("pointermove", slide); removeEventListener("pointerup", drop); };
    addEventListener("pointermove", slide);
    addEventListener("pointerup", drop);
  };
};
const shifted = (a, b, by) => { const limited = Math.min(flow.whole[1] - b, Math.max(flow.whole[0] - a, by)); return [a + limited, b + limited]; };
const showTimes = (a, b) => {
  const least = Math.min(12 * flow.series.step, flow.whole[1] - flow.whole[0]), middle = (a + b) / 2;
  if (b - a < least) { a = middle - least / 2; b = middle + least / 2; }
  flow.view = [Math.max(flow.whole[0], a), Math.min(flow.whole[1], b)];
  drawFlow();
};
const zoomTimes = (factor) => { if (!flow.series) return; const [a, b] = flow.view, m = (a + b) / 2, h = (b - a) / 2 * factor; showTimes(m - h, m + h); };
byId("flow-in").onclick = () => zoomTimes(0.5);
byId("flow-out").onclick = () => zoomTimes(2);
byId("flow-all").onclick = () => { if (flow.series) showTimes(...flow.whole); };
byId("flow-log").onclick = (event) => { flow.log = !flow.log; event.currentTarget.setAttribute("aria-pressed", flow.log); drawFlow(); };
byId("flow").tabIndex = 0;
byId("flow").onkeydown = (event) => {
  if (!flow.series) return;
  const [a, b] = flow.view, by = (b - a) / 5;
  const keys = { ArrowLeft: () => showTimes(...shifted(a, b, -by)), ArrowRight: () => showTimes(...shifted(a, b, by)), "+": () => zoomTimes(0.5), "=": () => zoomTimes(0.5), "-": () => zoomTimes(2), 0: () => showTimes(...flow.whole) };
  if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
};
