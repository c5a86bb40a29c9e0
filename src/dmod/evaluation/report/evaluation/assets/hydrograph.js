// ---- the chosen place over time
const flow = { series: null, view: null, whole: null, log: false, hidden: new Set() };
const MOST_LINES = 6; // drawn at once until more are asked for
NAMES.forEach((_, k) => { if (k >= MOST_LINES) flow.hidden.add(k); });
const unpacked = new Map();
const seriesOf = async (place) => {
  const entry = DATA.series[place];
  if (!entry) return null;
  if (!unpacked.has(place)) {
    const asSeries = async (list) => (await Promise.all(list.map(unpack))).map((v) => v && regular(entry.start, entry.step, v));
    const [observed, ...simulated] = await asSeries([entry.observed, ...entry.simulated]), bands = await Promise.all(entry.bands.map(asSeries));
    if (unpacked.size > 12) unpacked.clear();
    unpacked.set(place, { observed, simulated, bands });
  }
  return unpacked.get(place);
};
const lines = () => [{ s: flow.series.observed, style: "observed", name: "observed" }, ...flow.series.simulated.map((s, k) => ({ s, style: runColour(k), name: NAMES[k], k }))]
  .filter((line) => line.s && !(line.k !== undefined && flow.hidden.has(line.k)));
// bands of the members of ensembles that are shown, the outer ones first
const bandsShown = () => flow.series.bands.flatMap((list, k) => (flow.hidden.has(k) ? [] : list.slice(0, list.length >> 1).map((low, i) => ({ low, high: list[list.length - 1 - i], k }))));
const reachOfLines = (drawn, a = flow.whole[0], b = flow.whole[1]) => extent(drawn.map((line) => line.s), a, b);
const flowUnit = `[${DATA.unit}]`;
const drawFlow = () => {
  const host = byId("flow");
  if (!flow.series) return;
  const width = Math.max(280, host.clientWidth), narrow = width < 560, height = narrow ? 270 : 350, [a, b] = flow.view;
  const box = { left: narrow ? 46 : 58, right: width - 6, top: 26, bottom: height - 26 }, s = flow.series.observed;
  const svg = canvas(host, width, height), x = linear(a, b, box.left, box.right), drawn = lines(), bands = bandsShown();
  timeAxis(svg, x, a, b, narrow ? 3.5 : width / 115, box);
  const [low, high, least] = extent([...drawn.map((line) => line.s), ...bands.flatMap((band) => [band.low, band.high])], a, b), floor = Math.max(least, high * 1e-5) * 0.9, log = flow.log && high > 0 && floor < high;
  const foot = low < 0 ? low * 1.06 : 0, head = high > 0 ? high * 1.06 : 1;
  const y = log ? logarithmic(floor, high * 1.15, box.bottom, box.top) : linear(foot, head, box.bottom, box.top);
  yAxis(svg, log ? decades(floor, high * 1.15) : ticks(foot, head, narrow ? 4 : 6), y, box, flowUnit);
  add(svg, "line", { class: "axis", x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom });
  const within = inside(svg, "flow-area", { ...box, top: box.top - 4, bottom: box.bottom + 1 });
  for (const band of bands) add(within, "path", { class: `band ${runColour(band.k)}`, d: between(band.low, band.high, a, b, x, y, box.right - box.left) });
  for (const line of [...drawn.slice(1), drawn[0]]) add(within, "path", { class: `line ${line.style}`, d: trace(line.s, a, b, x, y, box.right - box.left), ...(line.k === undefined ? {} : runDash(line.k)) });
  readable(svg, width, box, {
    read: (event, at) => {
      const i = Math.min(s.n - 1, Math.max(0, Math.floor((x.inverse(at) - s.start) / s.dt)));
      say([fullTime(s.at(i)), ...drawn.slice(0, 10).map((line) => `${line.name}  ${number(line.s.v[i], 4)}${spread(line.k, i)}`)].join("\n"), event);
    },
    choose: (from, to) => showTimes(x.inverse(from), x.inverse(to)),
    reset: () => showTimes(...flow.whole),
  });
  drawOverview(box.left, box.right);
};
const spread = (k, i) => {
  const list = k === undefined ? [] : flow.series.bands[k];
  return list.length && Number.isFinite(list[0].v[i]) ? `, members ${number(list[0].v[i])} to ${number(list[list.length - 1].v[i])}` : "";
};
const drawOverview = (left, right) => {
  const host = byId("overview"), { observed, simulated } = flow.series, width = Math.max(280, host.clientWidth), height = 42, svg = canvas(host, width, height);
  const one = observed.v.some(Number.isFinite) ? observed : simulated.find(Boolean) || observed;
  const x = linear(...flow.whole, left, right), y = linear(0, Math.sqrt(Math.max(extent([one], ...flow.whole)[1], 1e-12)), height - 3, 4);
  add(svg, "path", { class: "line faint", d: trace(one, ...flow.whole, x, (v) => y(Math.sqrt(Math.max(v, 0))), right - left) });
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
  const least = Math.min(12 * flow.series.observed.dt, flow.whole[1] - flow.whole[0]), middle = (a + b) / 2;
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
