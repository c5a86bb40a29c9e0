"use strict";
// What charts of all pages are drawn with: elements, numbers, scales, ticks, times, series, the tooltip.
const CHART = (() => {
  const DAY = 86400;
  const SPANS = [900, 1800, 3600, 10800, 21600, 43200, DAY, 2 * DAY, 5 * DAY, 10 * DAY];
  const SPAN_MONTHS = [1, 2, 3, 6, 12, 24, 60, 120, 240];
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

  // ---- elements
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
  // a group of which nothing is seen outside the box { left, right, top, bottom }
  const inside = (svg, id, box) => {
    add(add(svg, "clipPath", { id }), "rect", { x: box.left, y: box.top, width: box.right - box.left, height: box.bottom - box.top });
    return add(svg, "g", { "clip-path": `url(#${id})` });
  };

  // ---- numbers
  const number = (x, digits = 3) => {
    if (x === null || !Number.isFinite(x)) return "–";
    if (x === 0) return "0";
    const size = Math.abs(x);
    if (size >= 1e7 || size < 1e-3) return x.toExponential(Math.max(1, digits - 2)).replace(/-/g, "−").replace("+", "");
    if (size >= 1e4) return x.toLocaleString("en", { maximumFractionDigits: 0 }).replace("-", "−");
    return Number(x.toPrecision(digits)).toLocaleString("en", { maximumSignificantDigits: digits }).replace("-", "−");
  };

  // ---- scales: from values a … b to pixels
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

  // ---- ticks
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
    const found = [], factors = Math.log10(high / low) > 3 ? [1] : [1, 2, 5];
    for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e++) for (const k of factors) {
      const x = Number(`${k}e${e}`);
      if (x >= low * 0.999 && x <= high * 1.001) found.push(x);
    }
    return found;
  };

  // ---- times: seconds since 1970, UTC
  const two = (x) => String(x).padStart(2, "0");
  const clock = (d) => `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}`;
  const day = (d) => `${d.getUTCDate()} ${MONTHS[d.getUTCMonth()]}`;
  const fullTime = (t) => {
    const d = new Date(t * 1000);
    return `${day(d)} ${d.getUTCFullYear()} ${clock(d)} UTC`;
  };
  // [time, label] of round times; the first says the year
  const timeTicks = (a, b, count) => {
    const raw = (b - a) / count, step = SPANS.find((s) => s >= raw), found = [];
    let said = false;
    const put = (t, label, year) => {
      const bare = said || label === String(year) || label.includes(":");
      said ||= !label.includes(":");
      found.push([t, bare ? label : `${label} ${year}`]);
    };
    if (step) {
      for (let t = Math.ceil(a / step) * step; t <= b; t += step) {
        const d = new Date(t * 1000);
        put(t, t % DAY ? clock(d) : day(d), d.getUTCFullYear());
      }
      return found;
    }
    const months = SPAN_MONTHS.find((m) => m * 30.4 * DAY >= raw) || 480, first = new Date(a * 1000);
    for (let k = Math.ceil((first.getUTCFullYear() * 12 + first.getUTCMonth()) / months) * months; ; k += months) {
      const year = Math.floor(k / 12), t = Date.UTC(year, k % 12, 1) / 1000;
      if (t > b) return found;
      if (t >= a) put(t, k % 12 === 0 || months >= 12 ? String(year) : MONTHS[k % 12], year);
    }
  };

  // ---- axes in a box { left, right, top, bottom }
  const yAxis = (svg, marks, y, box, title) => {
    for (const mark of marks) {
      add(svg, "line", { class: "gridline", x1: box.left, x2: box.right, y1: y(mark), y2: y(mark) });
      add(svg, "text", { x: box.left - 8, y: y(mark) + 4, "text-anchor": "end" }, number(mark));
    }
    if (title) add(svg, "text", { class: "title", x: box.left, y: box.top - 9 }, title);
  };
  // marks are [value, label]; a label is left out where it would come closer than `room` to the one before
  const xAxis = (svg, marks, x, box, room, title) => {
    let end = -99;
    for (const [mark, label] of marks) {
      const at = x(mark);
      if (at < box.left - 0.5 || at > box.right + 0.5) continue;
      add(svg, "line", { class: "gridline", x1: at, x2: at, y1: box.top, y2: box.bottom });
      if (at - end > room) { add(svg, "text", { x: at, y: box.bottom + 17, "text-anchor": "middle" }, label); end = at; }
    }
    if (title) add(svg, "text", { class: "title", x: (box.left + box.right) / 2, y: box.bottom + 36, "text-anchor": "middle" }, title);
  };
  const timeAxis = (svg, x, a, b, count, box) => {
    for (const [t, label] of timeTicks(a, b, count)) {
      const at = x(t), reach = label.length * 3.2;
      add(svg, "line", { class: "gridline", x1: at, x2: at, y1: box.top, y2: box.bottom });
      if (at > box.left - 40 + reach && at < box.right - reach) add(svg, "text", { x: at, y: box.bottom + 18, "text-anchor": "middle" }, label);
    }
  };

  // ---- series: v(i) holds from at(i) for dt seconds; find(t) is the first index whose stamp is at or after t
  const regular = (start, dt, v) => ({
    v, dt, start, n: v.length, end: start + v.length * dt,
    at: (i) => start + i * dt,
    find: (t) => Math.min(v.length, Math.max(0, Math.ceil((t - start) / dt - 1e-9))),
  });
  const stamped = (times, dt, v) => ({
    v, dt, start: times[0], n: v.length, end: times[times.length - 1] + dt,
    at: (i) => times[i],
    find: (t) => {
      let low = 0, high = times.length;
      while (low < high) { const middle = (low + high) >> 1; if (times[middle] < t) low = middle + 1; else high = middle; }
      return low;
    },
  });
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
  const floats = (text) => new Float32Array(bytes(text)); // base64 of little-endian numbers
  const unpack = (s) => {
    if (!s) return null;
    const v = floats(s.values);
    return s.times ? stamped(new Float64Array(bytes(s.times)), s.step, v) : regular(s.start, s.step, v);
  };
  const valueAt = (s, t) => {
    const i = s ? s.find(t + 0.5) - 1 : -1;
    return i >= 0 && i < s.n && t < s.at(i) + s.dt ? s.v[i] : NaN;
  };
  // lowest, highest, and lowest above zero of all series from a to b; some may be null
  const extent = (list, a, b) => {
    let low = Infinity, high = -Infinity, least = Infinity;
    for (const s of list) if (s) for (let i = s.find(a - s.dt + 1e-3), end = s.find(b); i < end; i++) {
      const v = s.v[i];
      if (!Number.isFinite(v)) continue;
      if (v < low) low = v;
      if (v > high) high = v;
      if (v > 0 && v < least) least = v;
    }
    return low > high ? [0, 1, 0.1] : [low, high, least];
  };
  // path of a series: steps where they are wide, a line through the middles otherwise, extremes of a pixel kept
  const trace = (s, a, b, x, y, width) => {
    const first = Math.max(0, s.find(a) - 1), last = Math.min(s.n, s.find(b) + 1);
    const wide = x(a + s.dt) - x(a) > 3, bucket = Math.max(1, Math.ceil((last - first) / (2 * width)));
    let path = "", pen = false, before = NaN;
    const put = (i) => {
      const t = s.at(i), v = s.v[i];
      if (!Number.isFinite(v)) { pen = false; before = t; return; }
      if (bucket === 1 && t - before > 1.5 * s.dt) pen = false; // nothing is known between
      const py = y(v).toFixed(1);
      if (wide) path += `${pen ? "L" : "M"}${x(t).toFixed(1)} ${py}H${x(t + s.dt).toFixed(1)}`;
      else path += `${pen ? "L" : "M"}${x(t + s.dt / 2).toFixed(1)} ${py}${pen ? "" : "h.01"}`;
      pen = true;
      before = t;
    };
    for (let i = first; i < last; i += bucket) {
      let low = -1, high = -1;
      for (let j = i; j < Math.min(last, i + bucket); j++) {
        if (!Number.isFinite(s.v[j])) continue;
        if (low < 0 || s.v[j] < s.v[low]) low = j;
        if (high < 0 || s.v[j] > s.v[high]) high = j;
      }
      if (low < 0) put(i); else if (low === high) put(low); else { put(Math.min(low, high)); put(Math.max(low, high)); }
    }
    return path;
  };

  // ---- tooltip
  const tip = document.getElementById("tip");
  const say = (text, event) => {
    tip.textContent = text;
    tip.hidden = false;
    const box = tip.getBoundingClientRect(), above = event.clientY - box.height - 12;
    const left = event.clientX + 16 + box.width > innerWidth ? event.clientX - 16 - box.width : event.clientX + 16;
    tip.style.transform = `translate(${Math.max(4, left)}px, ${above < 4 ? event.clientY + 16 : above}px)`;
  };
  const hush = () => { tip.hidden = true; };

  // ---- a box over which one reads with a cursor, and chooses a part by dragging
  // on: { read(event, pixel), leave(), choose(from, to), reset() }; pixels are those of the drawing
  const readable = (svg, width, box, on) => {
    const { left, right, top, bottom } = box, height = bottom - top;
    const cursor = add(svg, "line", { class: "cursor", y1: top, y2: bottom, visibility: "hidden" });
    const chosen = add(svg, "rect", { class: "select", y: top, height, width: 0, visibility: "hidden" });
    const surface = add(svg, "rect", { class: "surface", x: left, y: top, width: right - left, height });
    const pixel = (event) => { const seen = svg.getBoundingClientRect(); return Math.min(right, Math.max(left, (event.clientX - seen.left) * width / seen.width)); };
    let from = null;
    if (on.choose) {
      surface.onpointerdown = (event) => { if (event.pointerType === "mouse" && event.button === 0) { from = pixel(event); surface.setPointerCapture(event.pointerId); } };
      surface.onpointerup = (event) => {
        const to = pixel(event), begun = from;
        from = null;
        chosen.setAttribute("visibility", "hidden");
        if (begun !== null && Math.abs(to - begun) > 5) on.choose(Math.min(begun, to), Math.max(begun, to));
      };
      surface.ondblclick = on.reset;
    }
    surface.onpointermove = (event) => {
      const at = pixel(event);
      for (const [key, value] of [["x1", at], ["x2", at], ["visibility", "visible"]]) cursor.setAttribute(key, value);
      if (from !== null) for (const [key, value] of [["visibility", "visible"], ["x", Math.min(from, at)], ["width", Math.abs(at - from)]]) chosen.setAttribute(key, value);
      on.read(event, at);
    };
    surface.onpointerleave = () => { hush(); cursor.setAttribute("visibility", "hidden"); if (on.leave) on.leave(); };
  };

  // draw, and again whenever the host has another width
  const keepDrawn = (host, draw) => {
    let drawn = host.clientWidth;
    draw();
    new ResizeObserver(() => { if (host.clientWidth !== drawn) { drawn = host.clientWidth; draw(); } }).observe(host);
  };

  return {
    DAY, SPANS, MONTHS, add, canvas, inside, number, linear, logarithmic, nice, ticks, decades, fullTime, timeTicks, yAxis, xAxis,
    timeAxis, regular, floats, unpack, valueAt, extent, trace, say, hush, readable, keepDrawn,
  };
})();
