"use strict";
addEventListener("DOMContentLoaded", () => {
  const DATA = JSON.parse(document.getElementById("compare-data").textContent);
  const RUNS = DATA.runs;
  const {
    add, canvas, inside, number, linear, logarithmic, nice, ticks, decades, fullTime, yAxis, xAxis, timeAxis, regular, floats, unpack, valueAt,
    extent, trace, say, readable, keepDrawn,
  } = CHART;
  const colour = (k) => `r${k % 6}`;
  const style = (k) => (k >= 6 ? { "stroke-dasharray": "6 3" } : {});

  // ---- series of the chosen place, and what they differ by
  const difference = (other, reference) => {
    if (!other || !reference || other.dt !== reference.dt) return null;
    const start = Math.max(other.start, reference.start), step = reference.dt;
    const count = Math.max(0, Math.round((Math.min(other.end, reference.end) - start) / step));
    const i = Math.round((start - other.start) / step), j = Math.round((start - reference.start) / step);
    return { ...regular(start, step, Float32Array.from({ length: count }, (_, k) => other.v[i + k] - reference.v[j + k])), i, j };
  };
  let place = null;
  const choose = (index) => {
    const point = DATA.points[index];
    const runs = point.runs.map(unpack);
    place = { ...point, runs, apart: runs.map((run, k) => (k ? difference(run, runs[0]) : null)) };
    const known = runs.filter(Boolean);
    place.whole = [Math.min(...known.map((s) => s.start)), Math.max(...known.map((s) => s.end))];
    place.view = [...place.whole];
    place.label = `${point.variable}${point.unit ? ` [${point.unit}]` : ""}`;
    charts.forEach((draw) => draw());
  };

  // ---- time chart: all runs, and below them each minus the reference
  let log = false;
  const timeChart = (host) => () => {
    const width = Math.max(280, host.clientWidth), narrow = width < 560, left = narrow ? 52 : 66, right = width - 6;
    const top = 24, middle = narrow ? 230 : 320, below = middle + 40, bottom = below + (narrow ? 80 : 120), height = bottom + 28;
    const svg = canvas(host, width, height), [a, b] = place.view, x = linear(a, b, left, right);
    const box = { left, right, top, bottom }, upper = { ...box, bottom: middle }, lower = { ...box, top: below };
    timeAxis(svg, x, a, b, narrow ? 4 : width / 110, box);
    const [low, high, least] = extent(place.runs, a, b), room = (high - low) * 0.05 || Math.abs(high) * 0.05 || 1;
    const floor = Math.max(least, high * 1e-6);
    const useLog = log && high > 0 && floor < high;
    const bottomValue = low >= 0 && low < 0.5 * high ? 0 : low - room;
    const y = useLog ? logarithmic(floor * 0.9, high * 1.15, middle, top) : linear(bottomValue, high + room, middle, top);
    yAxis(svg, useLog ? decades(floor * 0.9, high * 1.15) : ticks(bottomValue, high + room, narrow ? 4 : 6), y, upper, place.label);
    add(svg, "line", { class: "axis", x1: left, x2: right, y1: middle, y2: middle });
    const above = inside(svg, "runs-area", { ...upper, top: top - 2, bottom: middle + 2 });
    place.runs.forEach((s, k) => { if (s) add(above, "path", { class: `line run ${k ? "" : "reference"} ${colour(k)}`, d: trace(s, a, b, x, y, right - left), ...style(k) }); });
    const [dl, dh] = extent(place.apart, a, b), most = Math.max(Math.abs(dl), Math.abs(dh)), none = place.apart.every((s) => !s) || most === 0 || !place.apart.some((s) => s && s.v.some((v) => v !== 0));
    const room0 = most * 0.05 || 1, ends = none ? [-1, 1] : [Math.min(dl, 0) - room0, Math.max(dh, 0) + room0], z = linear(...ends, bottom, below);
    yAxis(svg, none ? [0] : ticks(...ends, 3), z, lower, none ? "no difference here" : `minus ${RUNS[0]}`);
    add(svg, "line", { class: "zero", x1: left, x2: right, y1: z(0), y2: z(0) });
    const under = inside(svg, "apart-area", { ...lower, top: below - 2, bottom: bottom + 2 });
    place.apart.forEach((s, k) => { if (s) add(under, "path", { class: `line run ${colour(k)}`, d: trace(s, a, b, x, z, right - left), ...style(k) }); });
    const show = (view) => { place.view = view; timeDraw(); };
    readable(svg, width, box, {
      read: (event, px) => {
        const t = x.inverse(px), one = place.runs.find(Boolean), stamp = one.start + Math.floor((t - one.start) / one.dt) * one.dt;
        const apart = (k) => (k && place.apart[k] ? ` (${number(valueAt(place.apart[k], t))})` : "");
        say([fullTime(stamp), ...place.runs.map((s, k) => `${RUNS[k]} ${number(valueAt(s, t), 5)}${apart(k)}`)].join("\n"), event);
      },
      choose: (from, to) => show([x.inverse(from), x.inverse(to)]),
      reset: () => show([...place.whole]),
    });
  };

  // ---- duration curves: the share of time for which a value is exceeded
  const durationChart = (host) => () => {
    const width = Math.max(260, host.clientWidth), height = Math.round(Math.min(400, width * 0.72)), left = 66, right = width - 8, top = 24, bottom = height - 42;
    const svg = canvas(host, width, height), box = { left, right, top, bottom };
    const sorted = place.runs.map((s) => (s ? s.v.filter(Number.isFinite).sort().reverse() : null));
    const count = Math.max(...sorted.filter(Boolean).map((v) => v.length)), normal = DATA.normal;
    const reach = Math.max(0.5, ...normal.z.filter((_, i) => normal.p[i] <= count / (count + 1)));
    const x = linear(-reach, reach, left, right), [low, high, least] = extent(place.runs, ...place.whole);
    const useLog = low >= 0 && high > 30 * Math.max(least, high * 1e-6), floor = Math.max(least, high * 1e-6) * 0.85, room = (high - low) * 0.05 || 1;
    const y = useLog ? logarithmic(floor, high * 1.2, bottom, top) : linear(low - room, high + room, bottom, top);
    yAxis(svg, useLog ? decades(floor, high * 1.2) : ticks(low - room, high + room, 5), y, box, place.label);
    xAxis(svg, normal.ticks, x, box, 32, "Time that the value is exceeded [%]");
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
    const svg = canvas(host, width, height), box = { left, right, top, bottom }, [low, high, least] = extent(place.runs, ...place.whole);
    const useLog = low >= 0 && high > 30 * Math.max(least, high * 1e-6), floor = Math.max(least, high * 1e-6) * 0.85, room = (high - low) * 0.05 || 1;
    const scale = (from, to) => (useLog ? logarithmic(floor, high * 1.15, from, to) : linear(low - room, high + room, from, to));
    const x = scale(left, right), y = scale(bottom, top), marks = useLog ? decades(floor, high * 1.15) : ticks(low - room, high + room, 5);
    yAxis(svg, marks, y, box, "Other runs");
    xAxis(svg, marks.map((mark) => [mark, number(mark)]), x, box, 44, `${RUNS[0]}, ${place.label}`);
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
    keepDrawn(hosts[0], () => charts.forEach((draw) => draw()));
  }
  paintMap();
  document.documentElement.dataset.compared = "yes";
});
