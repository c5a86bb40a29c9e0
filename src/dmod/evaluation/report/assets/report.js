"use strict";
(() => {
  const DATA = JSON.parse(document.getElementById("data").textContent);
  const {
    DAY, SPANS, add, canvas, inside, number, linear, logarithmic, ticks, decades, fullTime, yAxis, xAxis, timeAxis, unpack, valueAt, extent,
    trace, say, hush, readable, keepDrawn,
  } = CHART;

  // ---- hydrograph
  const hydrograph = (host) => {
    const simulated = unpack(DATA.simulated), observed = unpack(DATA.observed), rain = unpack(DATA.rain);
    const flows = [simulated, observed].filter(Boolean);
    // rain of a step begins before the flow of its end
    const clock = rain && rain.start < simulated.start ? rain : simulated;
    const whole = [clock.start, simulated.end];
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
      const box = { left, right, top, bottom }, frame = { ...box, top: rainTop };
      const svg = canvas(host, width, height);
      const x = linear(view.a, view.b, left, right);
      timeAxis(svg, x, view.a, view.b, narrow ? 4 : width / 105, frame);
      if (rain) {
        const shown = totals(view.a, view.b, right - left);
        const y = linear(0, shown.top, rainTop, rainTop + rainHeight);
        yAxis(svg, ticks(0, shown.top, 2.5).slice(1), y, frame, `Rain [${shown.unit}]`);
        let path = "";
        for (const [a, b, depth] of shown.bars) {
          const w = Math.max(0.8, x(b) - x(a) - (x(b) - x(a) > 3 ? 1 : 0));
          path += `M${x(a).toFixed(1)} ${rainTop}h${w.toFixed(1)}V${y(depth).toFixed(1)}h-${w.toFixed(1)}Z`;
        }
        add(svg, "path", { class: "bars rain", d: path });
        add(svg, "line", { class: "axis", x1: left, x2: right, y1: rainTop, y2: rainTop });
      }
      const [, most, least] = extent(flows, view.a, view.b);
      const high = Math.max(most, 1e-9), low = Math.max(Math.min(least, high / 10), high * 1e-5) * 0.9;
      const y = view.log ? logarithmic(low, high * 1.15, bottom, top) : linear(0, high * 1.06, bottom, top);
      yAxis(svg, view.log ? decades(low, high * 1.15) : ticks(0, high * 1.06, narrow ? 4 : 6), y, box, "Flow [m³/s]");
      add(svg, "line", { class: "axis", x1: left, x2: right, y1: bottom, y2: bottom });
      const plot = inside(svg, "plot", { ...box, top: top - 12, bottom: bottom + 1 });
      if (observed) add(plot, "path", { class: "line observed", d: trace(observed, view.a, view.b, x, y, right - left) });
      add(plot, "path", { class: "line simulated", d: trace(simulated, view.a, view.b, x, y, right - left) });

      const marks = [["simulated", simulated], ["observed", observed]].filter((m) => m[1]).map(([kind, s]) => [s, add(svg, "circle", { class: `dot ${kind}`, r: 4.5, visibility: "hidden" })]);
      readable(svg, width, frame, {
        read: (event, px) => {
          const t = x.inverse(px);
          for (const [s, mark] of marks) {
            const v = valueAt(s, t);
            mark.setAttribute("visibility", Number.isFinite(v) ? "visible" : "hidden");
            if (Number.isFinite(v)) { mark.setAttribute("cx", px); mark.setAttribute("cy", y(v)); }
          }
          const passed = Math.min(Math.max(t, whole[0]), whole[1] - 1) - whole[0];
          const stamp = whole[0] + Math.floor((passed + 0.5) / clock.dt) * clock.dt;
          const lines = [fullTime(stamp), `simulated ${number(valueAt(simulated, t))} m³/s`];
          if (observed) lines.push(`observed ${number(valueAt(observed, t))} m³/s`);
          if (rain) lines.push(`rain ${number(valueAt(rain, t))} mm/h`);
          say(lines.join("\n"), event);
        },
        leave: () => { for (const [, mark] of marks) mark.setAttribute("visibility", "hidden"); },
        choose: (from, to) => show(x.inverse(from), x.inverse(to)),
        reset: () => show(...whole),
      });
      drawNavigator();
    };

    const drawNavigator = () => {
      const width = Math.max(280, navigator_.clientWidth), height = 46, left = width < 560 ? 44 : 54, right = width - 6;
      const svg = canvas(navigator_, width, height);
      const x = linear(whole[0], whole[1], left, right);
      const y = linear(0, Math.sqrt(Math.max(extent([simulated], ...whole)[1], 0)) || 1, height - 2, 4);
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
    const box = { left, right, top, bottom }, svg = canvas(host, width, height);
    const x = linear(d.z[0], d.z[d.z.length - 1], left, right);
    const all = d.curves.flatMap((c) => c.values).filter((v) => v > 0);
    const high = Math.max(...all) * 1.2, low = Math.max(Math.min(...all) * 0.85, high * 1e-6);
    const y = logarithmic(low, high, bottom, top);
    yAxis(svg, decades(low, high), y, box, "Flow [m³/s]");
    xAxis(svg, d.ticks, x, box, 30, "Time that flow is exceeded [%]");
    for (const curve of d.curves) {
      let path = "";
      curve.values.forEach((v, i) => { path += `${i ? "L" : "M"}${x(d.z[i]).toFixed(1)} ${y(v).toFixed(1)}`; });
      add(svg, "path", { class: `line ${curve.kind}`, d: path });
    }
    readable(svg, width, box, {
      read: (event, px) => {
        const z = x.inverse(px);
        let i = 0;
        while (i < d.z.length - 1 && d.z[i] < z) i++;
        say([`exceeded ${number(d.percent[i])} % of the time`, ...d.curves.map((c) => `${c.kind} ${number(c.values[i])} m³/s`)].join("\n"), event);
      },
    });
  };

  // ---- simulated against observed
  const scatter = (host) => () => {
    const d = DATA.scatter, width = Math.max(260, host.clientWidth), height = Math.round(Math.min(380, width * 0.72));
    const left = 52, right = width - 8, top = 22, bottom = height - 42;
    const box = { left, right, top, bottom }, svg = canvas(host, width, height);
    const scale = d.log ? logarithmic : linear;
    const x = scale(d.low, d.high, left, right), y = scale(d.low, d.high, bottom, top);
    const marks = d.log ? decades(d.low, d.high) : ticks(d.low, d.high, 5);
    yAxis(svg, marks, y, box, "Simulated [m³/s]");
    xAxis(svg, marks.map((mark) => [mark, number(mark)]), x, box, 34, "Observed [m³/s]");
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
    yAxis(svg, ticks(0, high * 1.06, 4), y, { left, right, top, bottom }, "Mean flow [m³/s]");
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
    keepDrawn(host, chart(host));
  }
  const map = document.querySelector(".map svg");
  if (map) {
    map.addEventListener("pointermove", (event) => { const text = event.target.dataset.tip; if (text) say(text, event); else hush(); });
    map.addEventListener("pointerleave", hush);
  }
  document.documentElement.dataset.drawn = "yes";
})();
