"use strict";
addEventListener("DOMContentLoaded", () => {
  const DATA = JSON.parse(document.getElementById("compare-data").textContent);
  const RUNS = DATA.runs;
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const SPANS = [900, 3600, 10800, 21600, 43200, 86400, 172800, 432000, 864000];
  const floats = (text) => new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
  const series = (s) => (s ? { start: s.start, step: s.step, v: floats(s.values) } : null);

  // ---- drawing
  const NS = "http://www.w3.org/2000/svg";
  const add = (parent, tag, attributes = {}, text) => {
    const node = document.createElementNS(NS, tag);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    parent.appendChild(node);
    return node;
  };
  const canvas = (host, width, height) => {
    host.querySelectorAll("svg").forEach((old) => old.remove());
    return add(host, "svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": host.dataset.label });
  };
  const number = (x, digits = 3) => {
    if (!Number.isFinite(x)) return "–";
    if (x === 0) return "0";
    const size = Math.abs(x);
    if (size >= 1e5 || size < 1e-3) return x.toExponential(digits - 2).replace(/-/g, "−").replace("+", "");
    return Number(x.toPrecision(digits)).toLocaleString("en", { maximumSignificantDigits: digits }).replace("-", "−");
  };
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
    for (let k = Math.ceil(low / step - 1e-9); k * step <= high * (1 + 1e-9) + step * 1e-9; k++) found.push(Number((k * step).toPrecision(12)));
    return found;
  };
  const decades = (low, high) => {
    const found = [], wide = Math.log10(high / low) > 3;
    for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e++) for (const k of wide ? [1] : [1, 2, 5]) {
      const x = k * 10 ** e;
      if (x >= low * 0.999 && x <= high * 1.001) found.push(x);
    }
    return found;
  };
  const two = (x) => String(x).padStart(2, "0");
  const fullTime = (t) => {
    const d = new Date(t * 1000);
    return `${d.getUTCDate()} ${MONTHS[d.getUTCMonth()]} ${d.getUTCFullYear()} ${two(d.getUTCHours())}:${two(d.getUTCMinutes())} UTC`;
  };
  const timeTicks = (a, b, count) => {
    const raw = (b - a) / count, step = SPANS.find((s) => s >= raw), found = [];
    if (step) {
      for (let t = Math.ceil(a / step) * step; t <= b; t += step) {
        const d = new Date(t * 1000);
        found.push([t, t % 86400 ? `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}` : `${d.getUTCDate()} ${MONTHS[d.getUTCMonth()]}`]);
      }
      return found;
    }
    const months = [1, 2, 3, 6, 12, 24, 60, 120].find((m) => m * 30.4 * 86400 >= raw) || 240;
    const first = new Date(a * 1000), from = Math.ceil((first.getUTCFullYear() * 12 + first.getUTCMonth()) / months) * months;
    for (let k = from; ; k += months) {
      const t = Date.UTC(Math.floor(k / 12), k % 12, 1) / 1000;
      if (t > b) return found;
      if (t >= a) found.push([t, k % 12 === 0 || months >= 12 ? String(Math.floor(k / 12)) : MONTHS[k % 12]]);
    }
  };
  const yAxis = (svg, marks, y, left, right, title, top) => {
    for (const mark of marks) {
      add(svg, "line", { class: "gridline", x1: left, x2: right, y1: y(mark), y2: y(mark) });
      add(svg, "text", { x: left - 8, y: y(mark) + 4, "text-anchor": "end" }, number(mark));
    }
    if (title) add(svg, "text", { class: "title", x: left, y: top - 9 }, title);
  };
  const tip = document.getElementById("tip");
  const say = (text, event) => {
    tip.textContent = text;
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    const x = event.clientX + 16 + box.width > innerWidth ? event.clientX - 16 - box.width : event.clientX + 16;
    tip.style.transform = `translate(${Math.max(4, x)}px, ${Math.max(4, event.clientY - box.height - 12)}px)`;
  };
  const hush = () => { tip.hidden = true; };
  const colour = (k) => `r${k % 6}`;
  const style = (k) => (k >= 6 ? { "stroke-dasharray": "6 3" } : {});

  // ---- series of the chosen place, and what they differ by
  const difference = (other, reference) => {
    if (!other || !reference || other.step !== reference.step) return null;
    const start = Math.max(other.start, reference.start), step = reference.step;
    const end = Math.min(other.start + other.v.length * step, reference.start + reference.v.length * step);
    const count = Math.max(0, Math.round((end - start) / step));
    const i = Math.round((start - other.start) / step), j = Math.round((start - reference.start) / step);
    return { start, step, v: Float32Array.from({ length: count }, (_, k) => other.v[i + k] - reference.v[j + k]), i, j };
  };
  let place = null;
  const choose = (index) => {
    const point = DATA.points[index];
    const runs = point.runs.map(series);
    place = { ...point, runs, apart: runs.map((run, k) => (k ? difference(run, runs[0]) : null)) };
    const known = runs.filter(Boolean);
    place.whole = [Math.min(...known.map((s) => s.start)), Math.max(...known.map((s) => s.start + s.v.length * s.step))];
    place.view = [...place.whole];
    place.label = `${point.variable}${point.unit ? ` [${point.unit}]` : ""}`;
    charts.forEach((draw) => draw());
  };
  const part = (s, a, b) => [Math.max(0, Math.floor((a - s.start) / s.step)), Math.min(s.v.length, Math.ceil((b - s.start) / s.step))];
  const extent = (list, a, b) => {
    let low = Infinity, high = -Infinity, least = Infinity;
    for (const s of list) if (s) for (let [i, end] = part(s, a, b); i < end; i++) {
      const v = s.v[i];
      if (!Number.isFinite(v)) continue;
      if (v < low) low = v;
      if (v > high) high = v;
      if (v > 0 && v < least) least = v;
    }
    return low > high ? [0, 1, 0.1] : [low, high, least];
  };
  const trace = (s, a, b, x, y, width) => {
    const [first, last] = part(s, a, b), bucket = Math.max(1, Math.ceil((last - first) / (2 * width)));
    let path = "", pen = false;
    const put = (i) => {
      if (!Number.isFinite(s.v[i])) { pen = false; return; }
      path += `${pen ? "L" : "M"}${x(s.start + (i + 0.5) * s.step).toFixed(1)} ${y(s.v[i]).toFixed(1)}${pen ? "" : "h.01"}`;
      pen = true;
    };
    for (let i = first; i < last; i += bucket) {
      let low = i, high = i;
      for (let j = i; j < Math.min(last, i + bucket); j++) { if (!(s.v[j] >= s.v[low])) low = j; if (!(s.v[j] <= s.v[high])) high = j; }
      if (low === high) put(low); else { put(Math.min(low, high)); put(Math.max(low, high)); }
    }
    return path;
  };

  // ---- time chart: all runs, and below them each minus the reference
  let log = false;
  const timeChart = (host) => () => {
    const width = Math.max(280, host.clientWidth), narrow = width < 560, left = narrow ? 52 : 66, right = width - 6;
    const top = 24, middle = narrow ? 230 : 320, below = middle + 40, bottom = below + (narrow ? 80 : 120), height = bottom + 28;
    const svg = canvas(host, width, height), [a, b] = place.view, x = linear(a, b, left, right);
    for (const [t, label] of timeTicks(a, b, narrow ? 4 : width / 110)) {
      add(svg, "line", { class: "gridline", x1: x(t), x2: x(t), y1: top, y2: bottom });
      if (x(t) > left + 8 && x(t) < right - 12) add(svg, "text", { x: x(t), y: bottom + 18, "text-anchor": "middle" }, label);
    }
    const [low, high, least] = extent(place.runs, a, b), room = (high - low) * 0.05 || Math.abs(high) * 0.05 || 1;
    const floor = Math.max(least, high * 1e-6);
    const useLog = log && high > 0 && floor < high;
    const bottomValue = low >= 0 && low < 0.5 * high ? 0 : low - room;
    const y = useLog ? logarithmic(floor * 0.9, high * 1.15, middle, top) : linear(bottomValue, high + room, middle, top);
    yAxis(svg, useLog ? decades(floor * 0.9, high * 1.15) : ticks(bottomValue, high + room, narrow ? 4 : 6), y, left, right, place.label, top);
    add(svg, "line", { class: "axis", x1: left, x2: right, y1: middle, y2: middle });
    place.runs.forEach((s, k) => { if (s) add(svg, "path", { class: `line run ${k ? "" : "reference"} ${colour(k)}`, d: trace(s, a, b, x, y, right - left), ...style(k) }); });
    const [dl, dh] = extent(place.apart, a, b), most = Math.max(Math.abs(dl), Math.abs(dh)), none = place.apart.every((s) => !s) || most === 0 || !place.apart.some((s) => s && s.v.some((v) => v !== 0));
    const room0 = most * 0.05 || 1, ends = none ? [-1, 1] : [Math.min(dl, 0) - room0, Math.max(dh, 0) + room0], z = linear(...ends, bottom, below);
    yAxis(svg, none ? [0] : ticks(...ends, 3), z, left, right, none ? "no difference here" : `minus ${RUNS[0]}`, below);
    add(svg, "line", { class: "zero", x1: left, x2: right, y1: z(0), y2: z(0) });
    place.apart.forEach((s, k) => { if (s) add(svg, "path", { class: `line run ${colour(k)}`, d: trace(s, a, b, x, z, right - left), ...style(k) }); });
    const cursor = add(svg, "line", { class: "cursor", y1: top, y2: bottom, visibility: "hidden" });
    const chosen = add(svg, "rect", { class: "select", y: top, height: bottom - top, width: 0, visibility: "hidden" });
    const surface = add(svg, "rect", { class: "surface", x: left, y: top, width: right - left, height: bottom - top });
    const pixel = (event) => { const box = svg.getBoundingClientRect(); return Math.min(right, Math.max(left, (event.clientX - box.left) * width / box.width)); };
    let from = null;
    surface.onpointerdown = (event) => { if (event.pointerType === "mouse" && event.button === 0) { from = pixel(event); surface.setPointerCapture(event.pointerId); } };
    surface.onpointermove = (event) => {
      const px = pixel(event), t = x.inverse(px), reference = place.runs.find(Boolean);
      const stamp = reference.start + Math.floor((t - reference.start) / reference.step) * reference.step;
      for (const [key, value] of [["x1", px], ["x2", px], ["visibility", "visible"]]) cursor.setAttribute(key, value);
      if (from !== null) { chosen.setAttribute("visibility", "visible"); chosen.setAttribute("x", Math.min(from, px)); chosen.setAttribute("width", Math.abs(px - from)); }
      const at = (s) => (s ? s.v[Math.round((stamp - s.start) / s.step)] : NaN);
      say([fullTime(stamp), ...place.runs.map((s, k) => `${RUNS[k]} ${number(at(s), 5)}${k && place.apart[k] ? ` (${number(at(place.apart[k]), 3)})` : ""}`)].join("\n"), event);
    };
    surface.onpointerup = (event) => {
      const to = pixel(event);
      if (from !== null && Math.abs(to - from) > 5) { place.view = [x.inverse(Math.min(from, to)), x.inverse(Math.max(from, to))]; timeDraw(); }
      from = null;
    };
    surface.onpointerleave = () => { hush(); cursor.setAttribute("visibility", "hidden"); };
    surface.ondblclick = () => { place.view = [...place.whole]; timeDraw(); };
  };

  // ---- duration curves: the share of time for which a value is exceeded
  const durationChart = (host) => () => {
    const width = Math.max(260, host.clientWidth), height = Math.round(Math.min(400, width * 0.72)), left = 66, right = width - 8, top = 24, bottom = height - 42;
    const svg = canvas(host, width, height);
    const sorted = place.runs.map((s) => (s ? s.v.filter(Number.isFinite).sort().reverse() : null));
    const count = Math.max(...sorted.filter(Boolean).map((v) => v.length)), normal = DATA.normal;
    const reach = Math.max(0.5, ...normal.z.filter((_, i) => normal.p[i] <= count / (count + 1)));
    const x = linear(-reach, reach, left, right), [low, high, least] = extent(place.runs, ...place.whole);
    const useLog = low >= 0 && high > 30 * Math.max(least, high * 1e-6), floor = Math.max(least, high * 1e-6) * 0.85, room = (high - low) * 0.05 || 1;
    const y = useLog ? logarithmic(floor, high * 1.2, bottom, top) : linear(low - room, high + room, bottom, top);
    yAxis(svg, useLog ? decades(floor, high * 1.2) : ticks(low - room, high + room, 5), y, left, right, place.label, top);
    let end = -99;
    for (const [at, label] of normal.ticks) {
      const z = x(at);
      if (z < left || z > right) continue;
      add(svg, "line", { class: "gridline", x1: z, x2: z, y1: top, y2: bottom });
      if (z - end > 32) { add(svg, "text", { x: z, y: bottom + 17, "text-anchor": "middle" }, label); end = z; }
    }
    add(svg, "text", { class: "title", x: (left + right) / 2, y: height - 6, "text-anchor": "middle" }, "Time that the value is exceeded [%]");
    sorted.forEach((v, k) => {
      if (!v || !v.length) return;
      let path = "";
      normal.p.forEach((p, i) => { // Weibull's plotting position, rank / (n + 1)
        const rank = p * (v.length + 1) - 1, low = Math.floor(rank);
        if (rank < 0 || rank > v.length - 1) return;
        const value = v[low] + (rank - low) * ((v[low + 1] ?? v[low]) - v[low]);
        path += `${path ? "L" : "M"}${x(normal.z[i]).toFixed(1)} ${y(value).toFixed(1)}`;
      });
      add(svg, "path", { class: `line run ${k ? "" : "reference"} ${colour(k)}`, d: path, ...style(k) });
    });
  };

  // ---- every run against the reference
  const scatterChart = (host) => () => {
    const width = Math.max(260, host.clientWidth), height = Math.round(Math.min(400, width * 0.72)), left = 66, right = width - 8, top = 24, bottom = height - 42;
    const svg = canvas(host, width, height), [low, high, least] = extent(place.runs, ...place.whole);
    const useLog = low >= 0 && high > 30 * Math.max(least, high * 1e-6), floor = Math.max(least, high * 1e-6) * 0.85, room = (high - low) * 0.05 || 1;
    const scale = (from, to) => (useLog ? logarithmic(floor, high * 1.15, from, to) : linear(low - room, high + room, from, to));
    const x = scale(left, right), y = scale(bottom, top), marks = useLog ? decades(floor, high * 1.15) : ticks(low - room, high + room, 5);
    yAxis(svg, marks, y, left, right, "Other runs", top);
    let end = -99;
    for (const mark of marks) {
      add(svg, "line", { class: "gridline", x1: x(mark), x2: x(mark), y1: top, y2: bottom });
      if (x(mark) - end > 44) { add(svg, "text", { x: x(mark), y: bottom + 17, "text-anchor": "middle" }, number(mark)); end = x(mark); }
    }
    add(svg, "text", { class: "title", x: (left + right) / 2, y: height - 6, "text-anchor": "middle" }, `${RUNS[0]}, ${place.label}`);
    add(svg, "line", { class: "diagonal", x1: left, x2: right, y1: bottom, y2: top });
    place.apart.forEach((s, k) => {
      if (!s) return;
      const every = Math.max(1, Math.ceil(s.v.length / 3000));
      let path = "";
      for (let i = 0; i < s.v.length; i++) {
        const r = place.runs[0].v[s.j + i], o = place.runs[k].v[s.i + i];
        if (Number.isFinite(r) && Number.isFinite(o) && (i % every === 0 || r > 0.7 * high || o > 0.7 * high)) path += `M${x(r).toFixed(1)} ${y(o).toFixed(1)}h.01`;
      }
      add(svg, "path", { class: `dots run ${colour(k)}`, d: path });
    });
  };

  // ---- map: catchments by how far they lie from the reference
  const paintMap = () => {
    const map = document.querySelector(".map svg");
    if (!map || !DATA.map.length) return;
    const picks = Object.fromEntries(["run", "variable", "measure"].map((name) => [name, document.getElementById(`map-${name}`)]));
    const paths = [...map.querySelectorAll(".catchment")].map((path) => [path, path.dataset.tip.split("\n")[0]]);
    const ramp = document.getElementById("map-ramp"), frame = document.getElementById("map-frame");
    const fill = (select, names) => { select.replaceChildren(...names.map((name, i) => new Option(name, i))); };
    fill(picks.run, DATA.map.map((run) => run.name));
    const variables = () => {
      const run = DATA.map[picks.run.value];
      fill(picks.variable, run.variables.map((v) => v.name));
      picks.variable.value = run.first;
    };
    const paint = () => {
      const run = DATA.map[picks.run.value], variable = run.variables[picks.variable.value], measure = picks.measure.value;
      const values = floats(variable[measure]), known = [...values].filter(Number.isFinite), sizes = known.map(Math.abs).sort((p, q) => p - q);
      const sides = measure !== "largest", cut = sizes.length >= 50 ? sizes[Math.floor(0.98 * (sizes.length - 1))] : sizes[sizes.length - 1];
      const most = cut || sizes[sizes.length - 1] || 0, each = sides ? 3 : 6;
      const step = most ? nice(most / each, [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10]) : 1, count = Math.max(1, Math.ceil(most / step - 1e-9));
      const tone = (v) => {
        if (!Number.isFinite(v)) return "unknown";
        if (v === 0) return "qz";
        const k = Math.min(count - 1, Math.floor(Math.abs(v) / step));
        if (!sides) return `q${Math.round(k * 5 / Math.max(1, count - 1))}`;
        const shade = count === 1 ? 1 : Math.round(k * 2 / (count - 1));
        return `q${v > 0 ? 3 + shade : 2 - shade}`;
      };
      frame.classList.toggle("diverging", sides);
      const row = new Map(run.ids.map((id, i) => [id, i])), unit = measure === "relative" ? " %" : variable.unit ? ` ${variable.unit}` : "";
      const word = picks.measure.selectedOptions[0].textContent.toLowerCase();
      for (const [path, id] of paths) {
        const v = row.has(id) ? values[row.get(id)] : NaN;
        path.setAttribute("class", `catchment ${tone(v)}`);
        path.dataset.tip = `${id}\n${variable.name}: ${word} ${Number.isFinite(v) ? (v > 0 && sides ? "+" : "") + number(v) + unit : "not known"}`;
      }
      const limits = [];
      for (let k = sides ? -count : 0; k < count; k++) limits.push([tone((k + 0.5) * step), k * step]);
      const open = (k) => (sizes[sizes.length - 1] > count * step * (1 + 1e-9) && (k === limits.length || (sides && k === 0)));
      const items = most ? limits.map(([q, low], k) => `<li><i class="${q}"></i>${open(k) && sides ? "…" : number(low)}</li>`).join("") : "";
      const last = most ? `<li class="last">${open(limits.length) ? "…" : number(count * step)}</li>` : "";
      ramp.innerHTML = `<span></span><ol>${items}${last}</ol><ol><li style="width:auto"><i class="qz" style="width:22px"></i>no difference</li></ol>`;
      ramp.firstChild.textContent = `${variable.name}: ${word}${unit && ` [${unit.trim()}]`}`;
    };
    picks.run.onchange = () => { variables(); paint(); };
    picks.variable.onchange = paint;
    picks.measure.onchange = paint;
    variables();
    paint();
  };

  // ---- start
  const hosts = ["series", "durations", "dots"].map((id) => document.getElementById(id)).filter(Boolean);
  const kinds = { series: timeChart, durations: durationChart, dots: scatterChart };
  const charts = hosts.map((host) => kinds[host.id](host)), timeDraw = charts[hosts.findIndex((host) => host.id === "series")];
  const select = document.getElementById("place");
  if (select && DATA.points.length) {
    select.onchange = () => choose(Number(select.value));
    document.getElementById("log").onclick = (event) => { log = !log; event.target.setAttribute("aria-pressed", log); timeDraw(); };
    document.getElementById("whole").onclick = () => { place.view = [...place.whole]; timeDraw(); };
    choose(0);
    let drawn = hosts[0].clientWidth;
    new ResizeObserver(() => { if (hosts[0].clientWidth !== drawn) { drawn = hosts[0].clientWidth; charts.forEach((draw) => draw()); } }).observe(hosts[0]);
  }
  paintMap();
  document.documentElement.dataset.compared = "yes";
});
