"use strict";
(() => {
  const DATA = JSON.parse(document.getElementById("data").textContent);
  const DAY = 86400;
  const SPANS = [900, 1800, 3600, 10800, 21600, 43200, DAY, 2 * DAY, 5 * DAY, 10 * DAY];

  // ---- data: base64 of little-endian floats -> { n, at(i), value(i), dt }
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
  const unpack = (s) => {
    if (!s) return null;
    const v = new Float32Array(bytes(s.values));
    const t = s.times ? new Float64Array(bytes(s.times)) : null;
    const at = t ? (i) => t[i] : (i) => s.start + i * s.step;
    // first index whose stamp is at or after x
    const find = (x) => {
      if (!t) return Math.min(v.length, Math.max(0, Math.ceil((x - s.start) / s.step)));
      let low = 0, high = t.length;
      while (low < high) { const mid = (low + high) >> 1; if (t[mid] < x) low = mid + 1; else high = mid; }
      return low;
    };
    return { v, at, find, dt: s.step, n: v.length };
  };

  // ---- small drawing kit
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
    const svg = add(host, "svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": host.dataset.label });
    return svg;
  };
  const number = (x, digits = 3) => {
    if (!Number.isFinite(x)) return "–";
    if (x === 0) return "0";
    const size = Math.abs(x);
    if (size >= 10000) return x.toLocaleString("en", { maximumFractionDigits: 0 });
    if (size < 0.001) return x.toExponential(1).replace("-", "−");
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
  const niceTicks = (low, high, count) => {
    const raw = (high - low) / count || 1;
    const size = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].find((k) => k * size >= raw * 0.999) * size;
    const ticks = [];
    for (let x = Math.ceil(low / step) * step; x <= high * (1 + 1e-9); x += step) ticks.push(Number(x.toPrecision(12)));
    return ticks;
  };
  const decades = (low, high) => {
    const first = Math.floor(Math.log10(low)), last = Math.ceil(Math.log10(high));
    const factors = last - first > 3 ? [1] : [1, 2, 5];
    const ticks = [];
    for (let e = first; e <= last; e++) for (const k of factors) {
      const x = k * 10 ** e;
      if (x >= low * 0.999 && x <= high * 1.001) ticks.push(x);
    }
    return ticks;
  };

  // ---- time
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const two = (x) => String(x).padStart(2, "0");
  const date = (t) => new Date(t * 1000);
  const dayText = (t) => { const d = date(t); return `${d.getUTCDate()} ${MONTHS[d.getUTCMonth()]}`; };
  const fullTime = (t) => { const d = date(t); return `${dayText(t)} ${d.getUTCFullYear()} ${two(d.getUTCHours())}:${two(d.getUTCMinutes())}`; };
  const timeTicks = (a, b, count) => {
    const raw = (b - a) / count;
    const step = SPANS.find((s) => s >= raw);
    const ticks = [];
    if (step) {
      for (let t = Math.ceil(a / step) * step; t <= b; t += step) {
        const clock = date(t);
        const label = t % DAY ? `${two(clock.getUTCHours())}:${two(clock.getUTCMinutes())}` : dayText(t);
        ticks.push([t, label]);
      }
      return ticks;
    }
    const months = [1, 2, 3, 6, 12, 24, 60, 120, 240].find((m) => m * 30.4 * DAY >= raw) || 480;
    const first = date(a);
    for (let k = 0; ; k++) {
      const index = Math.ceil((first.getUTCFullYear() * 12 + first.getUTCMonth()) / months) * months + k * months;
      const t = Date.UTC(Math.floor(index / 12), index % 12, 1) / 1000;
      if (t > b) return ticks;
      const year = Math.floor(index / 12);
      const label = index % 12 === 0 || months >= 12 ? String(year) : MONTHS[index % 12];
      if (t >= a) ticks.push([t, ticks.length === 0 && label !== String(year) ? `${label} ${year}` : label]);
    }
  };

  // ---- path of a series: steps where they are wide, a line through the middles otherwise, extremes kept
  const trace = (s, a, b, x, y, width) => {
    const first = Math.max(0, s.find(a) - 1), last = Math.min(s.n, s.find(b) + 1);
    const wide = x(a + s.dt) - x(a) > 3;
    const points = [];
    const bucket = Math.max(1, Math.ceil((last - first) / (2 * width)));
    for (let i = first; i < last; i += bucket) {
      if (bucket === 1) { points.push(i); continue; }
      let low = -1, high = -1;
      for (let j = i; j < Math.min(last, i + bucket); j++) {
        if (!Number.isFinite(s.v[j])) continue;
        if (low < 0 || s.v[j] < s.v[low]) low = j;
        if (high < 0 || s.v[j] > s.v[high]) high = j;
      }
      if (low < 0) points.push(i); else if (low === high) points.push(low); else points.push(Math.min(low, high), Math.max(low, high));
    }
    let path = "", pen = false, before = NaN;
    for (const i of points) {
      const t = s.at(i), v = s.v[i];
      const gap = bucket === 1 && t - before > 1.5 * s.dt;
      if (!Number.isFinite(v)) { pen = false; before = t; continue; }
      const py = y(v).toFixed(1);
      if (gap) pen = false;
      if (wide) path += `${pen ? "L" : "M"}${x(t).toFixed(1)} ${py}H${x(t + s.dt).toFixed(1)}`;
      else path += `${pen ? "L" : "M"}${x(t + s.dt / 2).toFixed(1)} ${py}${pen ? "" : "h.01"}`;
      pen = true;
      before = t;
    }
    return path;
  };
  const range = (s, a, b) => {
    let low = Infinity, high = -Infinity;
    for (let i = Math.max(0, s.find(a - s.dt)); i < Math.min(s.n, s.find(b)); i++) {
      const v = s.v[i];
      if (!Number.isFinite(v)) continue;
      if (v > high) high = v;
      if (v > 0 && v < low) low = v;
    }
    return [low, high];
  };
  const valueAt = (s, t) => {
    const i = s.find(t + 0.5) - 1;
    return i >= 0 && i < s.n && t < s.at(i) + s.dt ? s.v[i] : NaN;
  };

  // ---- tooltip
  const tip = document.getElementById("tip");
  const say = (text, event) => {
    tip.textContent = text;
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    const left = event.clientX + 16 + box.width > innerWidth ? event.clientX - 16 - box.width : event.clientX + 16;
    tip.style.transform = `translate(${Math.max(4, left)}px, ${Math.max(4, event.clientY - box.height - 12)}px)`;
  };
  const hush = () => { tip.hidden = true; };

  const yAxis = (svg, ticks, y, left, right, title) => {
    for (const tick of ticks) {
      add(svg, "line", { class: "gridline", x1: left, x2: right, y1: y(tick), y2: y(tick) });
      add(svg, "text", { x: left - 8, y: y(tick) + 4, "text-anchor": "end" }, number(tick));
    }
    if (title) add(svg, "text", { class: "title", x: left, y: y.top - 9 }, title);
  };

  // ---- hydrograph
  const hydrograph = (host) => {
    const simulated = unpack(DATA.simulated), observed = unpack(DATA.observed), rain = unpack(DATA.rain);
    const flows = [simulated, observed].filter(Boolean);
    const whole = [simulated.at(0), simulated.at(simulated.n - 1) + simulated.dt];
    const view = { a: whole[0], b: whole[1], log: false };
    const shortest = 12 * simulated.dt;
    const navigator_ = document.getElementById("navigator");

    const totals = (a, b, width) => {
      const span = SPANS.concat([30 * DAY]).find((s) => s >= rain.dt && s % rain.dt === 0 && (b - a) / s <= width / 2.6) || rain.dt;
      const bars = [];
      let top = 0;
      for (let t = Math.floor(a / span) * span; t < b; t += span) {
        let depth = 0;
        for (let i = rain.find(t); i < Math.min(rain.n, rain.find(t + span)); i++) if (rain.v[i] > 0) depth += rain.v[i] * rain.dt / 3600;
        if (depth > 0) bars.push([Math.max(t, a), Math.min(t + span, b), depth]);
        top = Math.max(top, depth);
      }
      const words = span % DAY === 0 ? (span === DAY ? "d" : `${span / DAY} d`) : span === 3600 ? "h" : span % 3600 === 0 ? `${span / 3600} h` : `${span / 60} min`;
      return { bars, top: top || 1, unit: `mm/${words.includes(" ") ? `(${words})` : words}` };
    };

    const draw = () => {
      const width = Math.max(280, host.clientWidth), narrow = width < 560;
      const height = narrow ? 340 : 430, left = narrow ? 44 : 54, right = width - 6;
      const rainTop = 20, rainHeight = rain ? (narrow ? 62 : 84) : 0;
      const top = rainTop + rainHeight + (rain ? 30 : 6), bottom = height - 26;
      const svg = canvas(host, width, height);
      const x = linear(view.a, view.b, left, right);
      for (const [t, label] of timeTicks(view.a, view.b, narrow ? 4 : width / 105)) {
        add(svg, "line", { class: "gridline", x1: x(t), x2: x(t), y1: rainTop, y2: bottom });
        if (x(t) > left + 8 && x(t) < right - 12) add(svg, "text", { x: x(t), y: bottom + 18, "text-anchor": "middle" }, label);
      }
      let shown = null;
      if (rain) {
        shown = totals(view.a, view.b, right - left);
        const y = linear(0, shown.top, rainTop, rainTop + rainHeight);
        y.top = rainTop;
        yAxis(svg, niceTicks(0, shown.top, 2.5).slice(1), y, left, right, `Rain [${shown.unit}]`);
        let path = "";
        for (const [a, b, depth] of shown.bars) {
          const w = Math.max(0.8, x(b) - x(a) - (x(b) - x(a) > 3 ? 1 : 0));
          path += `M${x(a).toFixed(1)} ${rainTop}h${w.toFixed(1)}V${y(depth).toFixed(1)}h-${w.toFixed(1)}Z`;
        }
        add(svg, "path", { class: "bars rain", d: path });
        add(svg, "line", { class: "axis", x1: left, x2: right, y1: rainTop, y2: rainTop });
      }
      const limits = flows.map((s) => range(s, view.a, view.b));
      const high = Math.max(...limits.map((l) => l[1]), 1e-9), low = Math.min(...limits.map((l) => l[0]), high / 10);
      const y = view.log ? logarithmic(Math.max(low, high * 1e-5) * 0.9, high * 1.15, bottom, top) : linear(0, high * 1.06, bottom, top);
      y.top = top;
      const ticks = view.log ? decades(Math.max(low, high * 1e-5) * 0.9, high * 1.15) : niceTicks(0, high * 1.06, narrow ? 4 : 6);
      yAxis(svg, ticks, y, left, right, "Flow [m³/s]");
      add(svg, "line", { class: "axis", x1: left, x2: right, y1: bottom, y2: bottom });
      const clip = add(add(svg, "clipPath", { id: "plot" }), "rect", { x: left, y: top - 12, width: right - left, height: bottom - top + 13 });
      clip.id = "plot-area";
      const inside = add(svg, "g", { "clip-path": "url(#plot)" });
      if (observed) add(inside, "path", { class: "line observed", d: trace(observed, view.a, view.b, x, y, right - left) });
      add(inside, "path", { class: "line simulated", d: trace(simulated, view.a, view.b, x, y, right - left) });

      // reading and zooming
      const cursor = add(svg, "line", { class: "cursor", y1: rainTop, y2: bottom, visibility: "hidden" });
      const marks = [["simulated", simulated], ["observed", observed]].filter((m) => m[1]).map(([kind, s]) => [s, add(svg, "circle", { class: `dot ${kind}`, r: 4.5, visibility: "hidden" })]);
      const chosen = add(svg, "rect", { class: "select", y: rainTop, height: bottom - rainTop, width: 0, visibility: "hidden" });
      const surface = add(svg, "rect", { class: "surface", x: left, y: rainTop, width: right - left, height: bottom - rainTop });
      const pixel = (event) => { const box = svg.getBoundingClientRect(); return Math.min(right, Math.max(left, (event.clientX - box.left) * width / box.width)); };
      let from = null;
      surface.onpointerdown = (event) => { if (event.pointerType === "mouse" && event.button === 0) { from = pixel(event); surface.setPointerCapture(event.pointerId); } };
      surface.onpointermove = (event) => {
        const px = pixel(event), t = x.inverse(px);
        cursor.setAttribute("x1", px); cursor.setAttribute("x2", px); cursor.setAttribute("visibility", "visible");
        for (const [s, mark] of marks) {
          const v = valueAt(s, t);
          mark.setAttribute("visibility", Number.isFinite(v) ? "visible" : "hidden");
          if (Number.isFinite(v)) { mark.setAttribute("cx", px); mark.setAttribute("cy", y(v)); }
        }
        if (from !== null) {
          chosen.setAttribute("visibility", "visible");
          chosen.setAttribute("x", Math.min(from, px)); chosen.setAttribute("width", Math.abs(px - from));
        }
        const stamp = simulated.at(Math.max(0, Math.min(simulated.n - 1, simulated.find(t + 0.5) - 1)));
        const lines = [`${fullTime(stamp)} UTC`, `simulated ${number(valueAt(simulated, t))} m³/s`];
        if (observed) lines.push(`observed ${number(valueAt(observed, t))} m³/s`);
        if (rain) lines.push(`rain ${number(valueAt(rain, t))} mm/h`);
        say(lines.join("\n"), event);
      };
      surface.onpointerup = (event) => {
        if (from !== null && Math.abs(pixel(event) - from) > 5) show(x.inverse(Math.min(from, pixel(event))), x.inverse(Math.max(from, pixel(event))));
        from = null;
      };
      surface.onpointerleave = () => { hush(); cursor.setAttribute("visibility", "hidden"); for (const [, mark] of marks) mark.setAttribute("visibility", "hidden"); };
      surface.ondblclick = () => show(...whole);
      drawNavigator();
    };

    const drawNavigator = () => {
      const width = Math.max(280, navigator_.clientWidth), height = 46, left = width < 560 ? 44 : 54, right = width - 6;
      const svg = canvas(navigator_, width, height);
      const x = linear(whole[0], whole[1], left, right);
      const y = linear(0, Math.sqrt(range(simulated, ...whole)[1]) || 1, height - 2, 4);
      const root = (v) => y(Math.sqrt(Math.max(v, 0)));
      const path = trace(simulated, whole[0], whole[1], x, root, right - left);
      add(svg, "path", { class: "area", d: `${path}V${height - 2}H${left}Z` });
      add(svg, "line", { class: "axis", x1: left, x2: right, y1: height - 2, y2: height - 2 });
      const from = x(view.a), to = x(view.b);
      for (const edge of [from, to]) add(svg, "line", { class: "window-edge", x1: edge, x2: edge, y1: 2, y2: height - 2 });
      const grip = add(svg, "rect", { class: "window", x: from, y: 2, width: Math.max(6, to - from), height: height - 4 });
      grip.style.touchAction = "none";
      grip.onpointerdown = (down) => {
        const a = view.a, b = view.b, scale = svg.getBoundingClientRect().width / width;
        const move = (event) => show(...shifted(a, b, (event.clientX - down.clientX) / scale * (whole[1] - whole[0]) / (right - left)));
        const up = () => { removeEventListener("pointermove", move); removeEventListener("pointerup", up); };
        addEventListener("pointermove", move); addEventListener("pointerup", up);
      };
    };
    const shifted = (a, b, by) => {
      const limited = Math.min(whole[1] - b, Math.max(whole[0] - a, by));
      return [a + limited, b + limited];
    };
    const show = (a, b) => {
      if (b - a < shortest) { const middle = (a + b) / 2; a = middle - shortest / 2; b = middle + shortest / 2; }
      view.a = Math.max(whole[0], a); view.b = Math.min(whole[1], b);
      draw();
    };
    const zoom = (factor) => { const m = (view.a + view.b) / 2, h = (view.b - view.a) / 2 * factor; show(m - h, m + h); };
    const flood = () => {
      const s = observed || simulated;
      let at = 0;
      for (let i = 0; i < s.n; i++) if (s.v[i] > (Number.isFinite(s.v[at]) ? s.v[at] : -1)) at = i;
      const half = Math.max(5 * DAY, 30 * s.dt);
      show(s.at(at) - 0.6 * half, s.at(at) + 1.4 * half);
    };
    const acts = {
      in: () => zoom(0.5), out: () => zoom(2), all: () => show(...whole), flood,
      log: (button) => { view.log = !view.log; button.setAttribute("aria-pressed", view.log); draw(); },
    };
    document.querySelectorAll("[data-act]").forEach((button) => { button.onclick = () => acts[button.dataset.act](button); });
    host.tabIndex = 0;
    host.onkeydown = (event) => {
      const step = (view.b - view.a) / 5;
      const keys = { ArrowLeft: () => show(...shifted(view.a, view.b, -step)), ArrowRight: () => show(...shifted(view.a, view.b, step)), "+": acts.in, "-": acts.out, 0: acts.all };
      if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
    };
    return draw;
  };

  // ---- flow-duration curve: x is the normal quantile of the exceedance
  const duration = (host) => () => {
    const d = DATA.duration, width = Math.max(260, host.clientWidth), height = Math.round(Math.min(380, width * 0.72));
    const left = 52, right = width - 8, top = 22, bottom = height - 42;
    const svg = canvas(host, width, height);
    const x = linear(d.z[0], d.z[d.z.length - 1], left, right);
    const all = d.curves.flatMap((c) => c.values).filter((v) => v > 0);
    const high = Math.max(...all) * 1.2, low = Math.max(Math.min(...all) * 0.85, high * 1e-6);
    const y = logarithmic(low, high, bottom, top);
    y.top = top;
    yAxis(svg, decades(low, high), y, left, right, "Flow [m³/s]");
    let end = -99;
    for (const [z, label] of d.ticks) {
      add(svg, "line", { class: "gridline", x1: x(z), x2: x(z), y1: top, y2: bottom });
      if (x(z) - end > 30) { add(svg, "text", { x: x(z), y: bottom + 17, "text-anchor": "middle" }, label); end = x(z); }
    }
    add(svg, "text", { class: "title", x: (left + right) / 2, y: height - 6, "text-anchor": "middle" }, "Time that flow is exceeded [%]");
    for (const curve of d.curves) {
      let path = "";
      curve.values.forEach((v, i) => { path += `${i ? "L" : "M"}${x(d.z[i]).toFixed(1)} ${y(v).toFixed(1)}`; });
      add(svg, "path", { class: `line ${curve.kind}`, d: path });
    }
    const surface = add(svg, "rect", { class: "surface", x: left, y: top, width: right - left, height: bottom - top });
    surface.onpointermove = (event) => {
      const box = svg.getBoundingClientRect(), z = x.inverse((event.clientX - box.left) * width / box.width);
      let i = 0;
      while (i < d.z.length - 1 && d.z[i] < z) i++;
      say([`exceeded ${number(d.percent[i])} % of the time`, ...d.curves.map((c) => `${c.kind} ${number(c.values[i])} m³/s`)].join("\n"), event);
    };
    surface.onpointerleave = hush;
  };

  // ---- simulated against observed
  const scatter = (host) => () => {
    const d = DATA.scatter, width = Math.max(260, host.clientWidth), height = Math.round(Math.min(380, width * 0.72));
    const left = 52, right = width - 8, top = 22, bottom = height - 42;
    const svg = canvas(host, width, height);
    const scale = d.log ? logarithmic : linear;
    const x = scale(d.low, d.high, left, right), y = scale(d.low, d.high, bottom, top);
    y.top = top;
    const ticks = d.log ? decades(d.low, d.high) : niceTicks(d.low, d.high, 5);
    yAxis(svg, ticks, y, left, right, "Simulated [m³/s]");
    let end = -99;
    for (const tick of ticks) {
      add(svg, "line", { class: "gridline", x1: x(tick), x2: x(tick), y1: top, y2: bottom });
      if (x(tick) - end > 34) { add(svg, "text", { x: x(tick), y: bottom + 17, "text-anchor": "middle" }, number(tick)); end = x(tick); }
    }
    add(svg, "text", { class: "title", x: (left + right) / 2, y: height - 6, "text-anchor": "middle" }, "Observed [m³/s]");
    let path = "";
    d.observed.forEach((o, i) => { path += `M${x(o).toFixed(1)} ${y(d.simulated[i]).toFixed(1)}h.01`; });
    add(svg, "path", { class: "dots", d: path });
    add(svg, "line", { class: "diagonal", x1: left, x2: right, y1: bottom, y2: top });
    add(svg, "text", { class: "title", x: right - 6, y: top + 24, "text-anchor": "end" }, "1 : 1");
  };

  // ---- mean flow by month or year
  const periods = (host) => () => {
    const d = DATA.periods, width = Math.max(260, host.clientWidth), height = 250;
    const left = 52, right = width - 6, top = 22, bottom = height - 26;
    const svg = canvas(host, width, height);
    const high = Math.max(...d.curves.flatMap((c) => c.values.filter((v) => v !== null)), 1e-9);
    const y = linear(0, high * 1.06, bottom, top);
    y.top = top;
    yAxis(svg, niceTicks(0, high * 1.06, 4), y, left, right, "Mean flow [m³/s]");
    const slot = (right - left) / d.labels.length, bar = Math.min(26, slot * 0.36), count = d.curves.length;
    let end = -99;
    d.labels.forEach((label, i) => {
      const middle = left + (i + 0.5) * slot, reach = label.length * 6.6;
      if (middle - end > reach + 4) { add(svg, "text", { x: middle, y: bottom + 18, "text-anchor": "middle" }, label); end = middle; }
      d.curves.forEach((curve, k) => {
        const v = curve.values[i];
        if (v !== null) add(svg, "rect", { class: `bars ${curve.kind}`, rx: 1.5, x: middle + (k - count / 2) * bar + 0.5, width: bar - 1, y: y(v), height: Math.max(0.5, bottom - y(v)) });
      });
      const area = add(svg, "rect", { class: "surface", x: middle - slot / 2, y: top, width: slot, height: bottom - top });
      area.onpointermove = (event) => say([label, ...d.curves.map((c) => `${c.kind} ${number(c.values[i] ?? NaN)} m³/s`)].join("\n"), event);
      area.onpointerleave = hush;
    });
    add(svg, "line", { class: "axis", x1: left, x2: right, y1: bottom, y2: bottom });
  };

  // ---- start
  const charts = { hydrograph, duration, scatter, periods };
  for (const [id, chart] of Object.entries(charts)) {
    const host = document.getElementById(id);
    if (!host) continue;
    const draw = chart(host);
    let drawn = 0;
    new ResizeObserver(() => { if (host.clientWidth !== drawn) { drawn = host.clientWidth; draw(); } }).observe(host);
    drawn = host.clientWidth;
    draw();
  }
  const map = document.querySelector(".map svg");
  if (map) {
    map.addEventListener("pointermove", (event) => { const text = event.target.dataset.tip; if (text) say(text, event); else hush(); });
    map.addEventListener("pointerleave", hush);
  }
  document.documentElement.dataset.drawn = "yes";
})();
