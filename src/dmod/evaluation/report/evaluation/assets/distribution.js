// ---- distributions over places
const reachOf = (measure, lists) => { // lists ascend
  const known = lists.filter((list) => list.length);
  if (!known.length) return [0, 1];
  if (measure.kind === "efficiency") return [Math.max(Math.min(...known.map((list) => list[0])), -1, measure.lowest ?? -1), measure.highest ?? 1];
  if (measure.kind === "share" || measure.kind === "shortfall") return [0, 1];
  let low = Math.min(...known.map((list) => quantile(list, 0.02))), high = Math.max(...known.map((list) => quantile(list, 0.98)));
  if (measure.kind === "error" || measure.kind === "ratio") low = Math.min(0, low);
  if (measure.kind === "signed") { low = Math.min(low, measure.ideal); high = Math.max(high, measure.ideal); }
  const room = (high - low) * 0.04 || Math.abs(high) * 0.1 || 1;
  return [measure.lowest !== null ? Math.max(measure.lowest, low - room) : low - room, measure.highest !== null ? Math.min(measure.highest, high + room) : high + room];
};
const axisTitle = (measure, width) => short(measure.name, Math.floor(width / 7)) + (measure.unit ? ` [${measure.unit}]` : "");
const drawCumulative = () => {
  const host = byId("cumulative"), measure = measureNow();
  drawMedians();
  const width = Math.max(250, host.clientWidth), height = Math.round(Math.min(380, Math.max(270, width * 1.05))), box = { left: 46, right: width - 10, top: 24, bottom: height - 42 }, { left, right, top, bottom } = box;
  const lists = NAMES.map((_, k) => ranked(state.part, state.measure, k));
  if (!lists.some((list) => list.length)) return empty(host, "No place has a value.");
  const svg = canvas(host, width, height), [a, b] = reachOf(measure, lists), x = linear(a, b, left, right), y = linear(0, 100, bottom, top);
  yAxis(svg, [0, 25, 50, 75, 100], y, box, "Places at or below [%]");
  xAxis(svg, labelled(ticks(a, b, Math.max(3, (right - left) / 70))), x, box, 34, axisTitle(measure, width));
  if (measure.ideal !== null && measure.ideal > a && measure.ideal < b) add(svg, "line", { class: "diagonal", x1: x(measure.ideal), x2: x(measure.ideal), y1: top, y2: bottom });
  const within = inside(svg, "cumulative-area", { left, right: right + 1, top: top - 2, bottom: bottom + 1 });
  const order = [...NAMES.keys()].sort((i, j) => (i === state.configuration) - (j === state.configuration));
  for (const k of order) {
    const list = lists[k], n = list.length, every = Math.max(1, Math.floor(n / 500));
    if (!n) continue;
    let d = `M${(left - 9).toFixed(1)} ${y(0).toFixed(1)}`;
    for (let i = 0; i < n; i += every) d += `H${Math.min(right + 9, Math.max(left - 9, x(list[i]))).toFixed(1)}V${y(100 * (i + 1) / n).toFixed(1)}`;
    d += `H${Math.min(right + 9, Math.max(left - 9, x(list[n - 1]))).toFixed(1)}V${y(100).toFixed(1)}H${right + 9}`;
    add(within, "path", { class: `line ${runColour(k)} ${k === state.configuration ? "strong" : ""}`, d, ...runDash(k) });
    const own = state.place >= 0 ? valueOf(state.part, state.measure, k, state.place) : NaN;
    if (Number.isFinite(own)) add(within, "circle", { class: `dot ${runColour(k)}`, r: 4.5, cx: Math.min(right, Math.max(left, x(own))), cy: y(100 * atOrBelow(list, own) / n) });
  }
  readable(svg, width, box, {
    read: (event, at) => {
      const v = x.inverse(at), share = (list) => (list.length ? `${Math.round(100 * atOrBelow(list, v) / list.length)} % of places` : "–");
      say([`at or below ${number(v)}`, ...NAMES.slice(0, 10).map((name, k) => `${name}  ${share(lists[k])}`)].join("\n"), event);
    },
  });
};
const drawMedians = () => { // the legend of the curves, best first
  const host = byId("cumulative-legend"), measure = measureNow();
  const rows = NAMES.map((name, k) => [name, k, quantile(ranked(state.part, state.measure, k), 0.5)]);
  rows.sort((a, b) => (distance(measure, a[2]) ?? -a[2]) - (distance(measure, b[2]) ?? -b[2]) || a[1] - b[1]);
  const own = state.place >= 0, table = make("table"), head = table.createTHead().insertRow();
  ["", "median", ...(own ? ["this place"] : [])].forEach((words, i) => head.appendChild(make("th", { scope: "col", class: i ? "number" : "" }, words)));
  const body = table.createTBody();
  for (const [name, k, v] of rows.slice(0, 12)) {
    const row = body.insertRow(), th = make("th", { scope: "row" }), button = make("button", { type: "button", class: "plain" });
    button.append(make("span", { class: `swatch ${runColour(k)}` }), name);
    button.onclick = () => choose({ configuration: k });
    th.appendChild(button);
    row.appendChild(th);
    row.appendChild(make("td", { class: "number" }, even(v)));
    if (own) row.appendChild(make("td", { class: "number" }, even(valueOf(state.part, state.measure, k, state.place))));
  }
  host.replaceChildren(table);
  if (rows.length > 12) host.appendChild(make("p", { class: "soft" }, `and ${rows.length - 12} more`));
};
const drawBoxes = () => {
  const host = byId("boxes"), facet = byId("pick-facet").value, measure = measureNow();
  const parts = DATA.parts.map((p, i) => [p, i]).filter(([p]) => p.facet === facet);
  const groups = [[{ name: "all" }, 0], ...parts].map(([p, i]) => ({ name: p.name, boxes: NAMES.map((_, k) => ranked(i, state.measure, k)) }));
  if (!groups.some((g) => g.boxes.some((list) => list.length))) return empty(host, "No place has a value.");
  const slot = Math.max(NAMES.length * 9 + 10, 34), width = Math.max(280, host.clientWidth, 60 + groups.length * slot), height = 330, box = { left: 50, right: width - 8, top: 26, bottom: height - 30 }, { left, right, top, bottom } = box;
  const svg = canvas(host, width, height), [a, b] = reachOf(measure, groups.flatMap((g) => g.boxes)), y = linear(a, b, bottom, top), each = (right - left) / groups.length;
  yAxis(svg, ticks(a, b, 6), y, box, axisTitle(measure, width));
  const held = (v) => y(Math.min(b, Math.max(a, v))), wide = Math.min(22, (each - 10) / NAMES.length);
  groups.forEach((group, g) => {
    const middle = left + (g + 0.5) * each;
    if (g === 1) add(svg, "line", { class: "axis", x1: left + each, x2: left + each, y1: top, y2: bottom });
    add(svg, "text", { x: middle, y: bottom + 18, "text-anchor": "middle" }, short(group.name, Math.max(3, Math.floor(each / 7))));
    group.boxes.forEach((list, k) => {
      if (!list.length) return;
      const x = middle + (k - (NAMES.length - 1) / 2) * wide, [q05, q25, q50, q75, q95] = [0.05, 0.25, 0.5, 0.75, 0.95].map((p) => quantile(list, p)), w = wide * 0.72;
      add(svg, "line", { class: `whisker ${runColour(k)}`, x1: x, x2: x, y1: held(q05), y2: held(q95) });
      add(svg, "rect", { class: `box ${runColour(k)}`, x: x - w / 2, width: w, y: held(q75), height: Math.max(1.5, held(q25) - held(q75)), rx: 1.5 });
      add(svg, "line", { class: `middle ${runColour(k)}`, x1: x - w / 2, x2: x + w / 2, y1: held(q50), y2: held(q50) });
      const sheet = add(svg, "rect", { class: "surface", x: x - wide / 2, width: wide, y: top, height: bottom - top });
      sheet.onpointermove = (event) => say(`${group.name} · ${NAMES[k]}\nmedian ${number(q50)}\nhalf ${number(q25)} to ${number(q75)}\nnine in ten ${number(q05)} to ${number(q95)}\n${list.length.toLocaleString("en")} places`, event);
      sheet.onpointerleave = hush;
    });
  });
  add(svg, "line", { class: "axis", x1: left, x2: right, y1: bottom, y2: bottom });
};
// probability of detection against success ratio (Roebber 2009)
const drawPerformance = () => {
  const host = byId("performance"), thresholds = DATA.performance.map(([, , t]) => t);
  const width = Math.max(260, host.clientWidth), height = Math.round(Math.min(330, Math.max(290, width * 0.8))), box = { left: 46, right: Math.min(width - 40, 46 + (height - 66) * 1.5), top: 24, bottom: height - 42 }, { left, right, top, bottom } = box;
  const svg = canvas(host, width, height), x = linear(0, 1, left, right), y = linear(0, 1, bottom, top), marks = [0, 0.2, 0.4, 0.6, 0.8, 1];
  yAxis(svg, marks, y, box, "Detected");
  xAxis(svg, labelled(marks), x, box, 20, "Success ratio (1 − false alarms)");
  for (const csi of [0.2, 0.4, 0.6, 0.8]) {
    let d = "";
    for (let s = csi; s <= 1.0001; s += 0.02) { const pod = 1 / (1 / csi - 1 / Math.min(s, 1) + 1); if (pod <= 1 && pod > 0) d += `${d ? "L" : "M"}${x(Math.min(s, 1)).toFixed(1)} ${y(pod).toFixed(1)}`; }
    add(svg, "path", { class: "contour", d });
    add(svg, "text", { class: "small title", x: right + 4, y: y(csi) + 4 }, csi);
  }
  add(svg, "line", { class: "diagonal", x1: left, x2: right, y1: bottom, y2: top });
  const now = measureNow().threshold, faint = thresholds.includes(now) ? now : thresholds[0];
  NAMES.forEach((name, k) => {
    const [pods, fars] = DATA.performance.find(([, , t]) => t === faint).slice(0, 2).map((m) => values(state.part, m, k));
    let d = "";
    for (let i = 0, every = Math.ceil(COUNT / 400); i < COUNT; i += every) if (Number.isFinite(pods[i]) && Number.isFinite(fars[i])) d += `M${x(1 - fars[i]).toFixed(1)} ${y(pods[i]).toFixed(1)}h.01`;
    add(svg, "path", { class: `dots faint ${runColour(k)}`, d });
  });
  const shapes = ["circle", "square", "diamond", "triangle"];
  NAMES.forEach((name, k) => DATA.performance.forEach(([detected, wrong, t], j) => {
    const [pod, far] = [detected, wrong].map((m) => quantile(ranked(state.part, m, k), 0.5));
    if (!Number.isFinite(pod) || !Number.isFinite(far)) return;
    const node = mark(svg, shapes[j % 4], x(1 - far), y(pod), `dot ${runColour(k)}`);
    node.onpointermove = (event) => say(`${name}${t ? ` · ${t}` : ""}\ndetected ${number(100 * pod)} %\nfalse alarms ${number(100 * far)} %`, event);
    node.onpointerleave = hush;
  }));
  thresholds.forEach((t, j) => {
    mark(svg, shapes[j % 4], left + 12, bottom - 12 - 18 * (thresholds.length - 1 - j), "dot plain");
    add(svg, "text", { class: "small halo", x: left + 24, y: bottom - 8 - 18 * (thresholds.length - 1 - j) }, short(t || "events", 30));
  });
};
const mark = (svg, shape, x, y, style) => {
  if (shape === "circle") return add(svg, "circle", { class: style, cx: x, cy: y, r: 6 });
  const d = { square: "M-5.4-5.4h10.8v10.8h-10.8Z", diamond: "M0-7.2L7.2 0L0 7.2L-7.2 0Z", triangle: "M0-7L6.6 5.4H-6.6Z" }[shape];
  return add(svg, "path", { class: style, d, transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})` });
};
