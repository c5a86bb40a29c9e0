// ---- the chosen place: one series against the other, and duration curves
const MOST_DOTS = 2500;
const chartSize = (host) => { const width = Math.max(250, host.clientWidth); return [width, Math.round(Math.min(330, Math.max(240, width * 0.8)))]; };
const boxIn = (width, height) => ({ left: 50, right: width - 8, top: 24, bottom: height - 42 });
const bothSidesLog = (low, least, high) => low >= 0 && high > 30 * Math.max(least, high * 1e-5);
const drawAgainst = () => {
  const host = byId("against");
  if (!flow.series) return;
  const [width, height] = chartSize(host), box = boxIn(width, height), svg = canvas(host, width, height), observed = flow.series.observed.v, n = observed.length;
  const drawn = lines(), [low, high, least] = reachOfLines(drawn), log = bothSidesLog(low, least, high);
  const a = log ? Math.max(least, high * 1e-4) * 0.85 : Math.min(low, 0), b = high * (log ? 1.2 : 1.05) || 1;
  const scale = log ? logarithmic : linear, x = scale(a, b, box.left, box.right), y = scale(a, b, box.bottom, box.top), marks = log ? decades(a, b) : ticks(a, b, 4);
  yAxis(svg, marks, y, box, `Simulated ${flowUnit}`);
  xAxis(svg, labelled(marks), x, box, 36, `Observed ${flowUnit}`);
  add(svg, "line", { class: "diagonal", x1: box.left, x2: box.right, y1: box.bottom, y2: box.top });
  // every n-th pair, and the highest observed always
  const every = Math.ceil(n / MOST_DOTS), top100 = quantile(sorted(observed), 1 - 100 / Math.max(n, 101));
  for (const line of drawn.slice(1)) {
    let d = "";
    for (let i = 0; i < n; i++) {
      const o = observed[i], v = line.s.v[i];
      if ((i % every && !(o >= top100)) || !Number.isFinite(o) || !Number.isFinite(v)) continue;
      d += `M${x(o).toFixed(1)} ${y(v).toFixed(1)}h.01`;
    }
    add(svg, "path", { class: `dots ${line.style}`, d });
  }
};
const EXCEEDED = [0.01, 0.1, 1, 5, 20, 50, 80, 95, 99, 99.9, 99.99];
const drawExceedance = () => {
  const host = byId("exceedance");
  if (!flow.series) return;
  const [width, height] = chartSize(host), box = boxIn(width, height), svg = canvas(host, width, height), observed = flow.series.observed.v;
  const drawn = lines(), [low, high, least] = reachOfLines(drawn), log = bothSidesLog(low, least, high);
  // only times that are observed, so that the curves are of the same times
  const common = drawn.map((line) => ({ ...line, o: line.s.v.filter((v, i) => Number.isFinite(v) && Number.isFinite(observed[i])).sort() }));
  const any = common.some((line) => line.o.length) ? common : drawn.map((line) => ({ ...line, o: sorted(line.s.v) }));
  const count = Math.max(...any.map((line) => line.o.length), 2), reach = normalQuantile(count / (count + 1));
  const a = log ? Math.max(least, high * 1e-5) * 0.85 : Math.min(low, 0), b = high * (log ? 1.2 : 1.05) || 1;
  const x = linear(-reach, reach, box.left, box.right), y = (log ? logarithmic : linear)(a, b, box.bottom, box.top);
  yAxis(svg, log ? decades(a, b) : ticks(a, b, 4), y, box, flowUnit);
  xAxis(svg, EXCEEDED.map((p) => [normalQuantile(p / 100), String(p)]), x, box, 34, "Time exceeded [%]");
  const steps = 160;
  for (const line of [...any.slice(1), ...any.slice(0, 1)]) {
    const n = line.o.length;
    if (!n) continue;
    let d = "";
    for (let k = 0; k <= steps; k++) {
      const z = -reach + 2 * reach * k / steps, at = Math.min(n - 1, Math.max(0, n - normalShare(z) * (n + 1)));
      d += `${k ? "L" : "M"}${x(z).toFixed(1)} ${y(line.o[Math.floor(at)] + (line.o[Math.min(n - 1, Math.floor(at) + 1)] - line.o[Math.floor(at)]) * (at % 1)).toFixed(1)}`;
    }
    add(svg, "path", { class: `line ${line.style}`, d, ...(line.k === undefined ? {} : runDash(line.k)) });
  }
};
