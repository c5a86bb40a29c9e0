// ---- map: places on a canvas; the same drawing goes to SVG when it is saved
const mapHost = byId("map");
const makeMap = (lon, lat) => {
  const surface = mapHost.querySelector("canvas"), pen2d = surface.getContext("2d");
  const located = [...lon.keys()].filter((i) => Number.isFinite(lon[i]) && Number.isFinite(lat[i]));
  let west = Infinity, east = -Infinity, south = Infinity, north = -Infinity;
  const reach = (x, y) => { west = Math.min(west, x); east = Math.max(east, x); south = Math.min(south, y); north = Math.max(north, y); };
  located.forEach((i) => reach(lon[i], lat[i]));
  for (const shape of [...DATA.outlines, ...DATA.rivers]) for (let i = 0; i < shape.p.length; i += 2) reach(shape.p[i], shape.p[i + 1]);
  const squeeze = Math.max(Math.cos((south + north) / 2 * Math.PI / 180), 0.05);
  const view = { lon: (west + east) / 2, lat: (south + north) / 2, zoom: 1 };
  let width = 0, height = 0, base = 1, waiting = false, now = null;
  const px = new Float32Array(lon.length), py = new Float32Array(lon.length);
  const fit = () => { base = Math.min((width - 36) / Math.max((east - west) * squeeze, 0.02), (height - 36) / Math.max(north - south, 0.02)); };
  const scale = () => base * view.zoom;
  const X = (x) => width / 2 + (x - view.lon) * squeeze * scale();
  const Y = (y) => height / 2 - (y - view.lat) * scale();
  const size = () => (located.length > 4000 ? 2.1 : located.length > 1200 ? 3 : located.length > 300 ? 4 : located.length > 40 ? 5.5 : 7.5) * Math.min(2.4, view.zoom ** 0.35);

  const hasPlace = () => state.place >= 0 && Number.isFinite(lon[state.place]) && Number.isFinite(lat[state.place]);

  // pens: canvas, and SVG for files
  const onCanvas = (pen) => ({
    line: (points, colour, wide, fill) => {
      pen.beginPath();
      for (let i = 0; i < points.length; i += 2) pen[i ? "lineTo" : "moveTo"](points[i], points[i + 1]);
      if (fill) { pen.closePath(); pen.fillStyle = fill; pen.fill(); }
      pen.strokeStyle = colour; pen.lineWidth = wide; pen.stroke();
    },
    dots: (list, r, fill, edge, wide) => {
      pen.beginPath();
      for (const i of list) { pen.moveTo(px[i] + r, py[i]); pen.arc(px[i], py[i], r, 0, 7); }
      if (fill) { pen.fillStyle = fill; pen.fill(); }
      // edges of very many small dots would take most of the time, and hide their colours
      if (!fill || list.length < 1500) { pen.strokeStyle = edge; pen.lineWidth = wide; pen.stroke(); }
    },
    text: (x, y, words, colour, anchor) => { pen.fillStyle = colour; pen.textAlign = anchor; pen.font = `12px ${FONT}`; pen.fillText(words, x, y); },
  });
  const onSvg = (svg) => ({
    line: (points, colour, wide, fill) => {
      let d = "";
      for (let i = 0; i < points.length; i += 2) d += `${i ? "L" : "M"}${points[i].toFixed(1)} ${points[i + 1].toFixed(1)}`;
      add(svg, "path", { d: fill ? `${d}Z` : d, stroke: colour, "stroke-width": wide, fill: fill || "none" });
    },
    dots: (list, r, fill, edge, wide) => { for (const i of list) add(svg, "circle", { cx: px[i].toFixed(1), cy: py[i].toFixed(1), r: r.toFixed(1), fill: fill || "none", stroke: edge, "stroke-width": wide }); },
    text: (x, y, words, colour, anchor) => add(svg, "text", { x, y, fill: colour, "text-anchor": { left: "start", center: "middle", right: "end" }[anchor], "font-size": 12 }, words),
  });

  const graticule = (pen) => {
    const degrees = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30].find((d) => d * scale() * squeeze > Math.max(width / 7, 76)) || 45;
    const a = view.lon - width / 2 / scale() / squeeze, b = view.lon + width / 2 / scale() / squeeze;
    const c = view.lat - height / 2 / scale(), d = view.lat + height / 2 / scale();
    const words = (v, plus, minus) => `${Number(Math.abs(v).toFixed(2))}° ${v < 0 ? minus : plus}`;
    for (let k = Math.ceil(a / degrees); k * degrees <= b; k++) {
      pen.line([X(k * degrees), 0, X(k * degrees), height], token("--grid"), 1);
      if (X(k * degrees) > 60 && X(k * degrees) < width - 30) pen.text(X(k * degrees), height - 6, words(k * degrees, "E", "W"), token("--faint"), "center");
    }
    for (let k = Math.ceil(c / degrees); k * degrees <= d; k++) {
      pen.line([0, Y(k * degrees), width, Y(k * degrees)], token("--grid"), 1);
      if (Y(k * degrees) > 20 && Y(k * degrees) < height - 26) pen.text(6, Y(k * degrees) - 4, words(k * degrees, "N", "S"), token("--faint"), "left");
    }
  };
  const shapes = (pen) => {
    const inside = (p) => { const points = new Array(p.length); for (let i = 0; i < p.length; i += 2) { points[i] = X(p[i]); points[i + 1] = Y(p[i + 1]); } return points; };
    for (const ring of DATA.outlines) pen.line(inside(ring.p), token("--outline"), 1, token("--land"));
    const most = Math.max(...DATA.rivers.map((r) => r.w), 1e-12);
    for (const river of DATA.rivers) pen.line(inside(river.p), token("--water"), 0.5 + 2.2 * Math.sqrt(river.w / most));
  };
  const scaleBar = (pen) => {
    const km = scale() / 111.195, raw = width * 0.2 / km, unit = 10 ** Math.floor(Math.log10(raw));
    const length = [5, 2, 1].find((k) => k * unit <= raw) * unit, x = width - 16, y = 22, from = x - length * km;
    pen.line([from, y - 5, from, y, x, y, x, y - 5], token("--soft"), 1.4);
    pen.text((from + x) / 2, y - 7, `${length} km`, token("--soft"), "center");
  };
  const paint = (pen) => {
    for (const i of located) { px[i] = X(lon[i]); py[i] = Y(lat[i]); }
    graticule(pen);
    shapes(pen);
    const { list, scaled } = now, colours = coloursOf(scaled), groups = colours.map(() => []), none = [], r = size();
    for (const i of located) {
      if (px[i] < -20 || py[i] < -20 || px[i] > width + 20 || py[i] > height + 20) continue;
      if (Number.isFinite(list[i])) groups[classOf(scaled, list[i])].push(i); else none.push(i);
    }
    const edge = token("--dot-edge"), thin = r < 3 ? 0.5 : 0.8;
    pen.dots(none, r * 0.8, null, token("--faint"), 1);
    // the poor ones lie on top: they are what one looks for
    const order = groups.map((_, k) => k).sort((a, b) => Math.abs(scaled.tones[a]) - Math.abs(scaled.tones[b]));
    if (scaled.palette === "quality" && state.minus < 0) order.sort((a, b) => scaled.tones[b] - scaled.tones[a]);
    for (const k of order) pen.dots(groups[k], r, colours[k], edge, thin);
    if (hasPlace()) {
      pen.dots([state.place], r + 4, null, token("--card"), 4.5);
      pen.dots([state.place], r + 4, null, token("--ink"), 2.2);
    }
    scaleBar(pen);
  };
  const draw = () => {
    waiting = false;
    const ratio = Math.min(devicePixelRatio || 1, 2.5);
    if (mapHost.clientWidth !== width) { width = mapHost.clientWidth; height = Math.round(Math.max(260, Math.min(520, width * 0.66))); fit(); }
    surface.width = Math.round(width * ratio);
    surface.height = Math.round(height * ratio);
    surface.style.height = `${height}px`;
    pen2d.setTransform(ratio, 0, 0, ratio, 0, 0);
    paint(onCanvas(pen2d));
  };
  const soon = () => { if (!waiting) { waiting = true; requestAnimationFrame(draw); } };

  // legend, in the page and in files
  const legendInto = (svg, top) => {
    const { scaled } = now, colours = coloursOf(scaled), n = colours.length, slot = Math.min(58, (width - 16) / n), left = 8;
    colours.forEach((colour, k) => {
      add(svg, "rect", { x: left + k * slot, y: top, width: slot - 1, height: 10, fill: colour, rx: 1.5 });
      if (k) add(svg, "text", { class: "small", x: left + k * slot - 0.5, y: top + 24, "text-anchor": "middle" }, number(scaled.edges[k - 1]));
    });
    add(svg, "text", { class: "small title", x: left, y: top + 39 }, scaled.ends[0]);
    add(svg, "text", { class: "small title", x: left + n * slot, y: top + 39, "text-anchor": "end" }, scaled.ends[1]);
  };
  const legend = () => {
    const host = byId("map-legend");
    host.replaceChildren();
    host.appendChild(make("p", { class: "legend-title" }, state.minus < 0 ? titleNow() : `Gain: ${titleNow()}`));
    const svg = add(host, "svg", { viewBox: `0 0 ${Math.min(width, 600)} 44`, width: Math.min(width, 600), height: 44, role: "img", "aria-label": `Colours from ${now.scaled.ends.join(" to ")}` });
    legendInto(svg, 2);
    const known = located.filter((i) => Number.isFinite(now.list[i])).length, notes = [];
    const places = (n) => `${n.toLocaleString("en")} ${n === 1 ? "place" : "places"}`;
    if (known < located.length) notes.push(`${places(located.length - known)} without a value drawn hollow.`);
    if (located.length < COUNT) notes.push(`${places(COUNT - located.length)} without coordinates not drawn.`);
    byId("map-note").textContent = notes.join(" ");
  };
  const refresh = () => { now = { list: shown(), scaled: scaleNow() }; draw(); legend(); };

  // reading, choosing, moving
  const at = (event) => { const box = surface.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
  const nearest = (x, y, within) => {
    let best = -1, least = within * within;
    for (const i of located) { const d = (px[i] - x) ** 2 + (py[i] - y) ** 2; if (d < least) { least = d; best = i; } }
    return best;
  };
  const zoomAt = (factor, x = width / 2, y = height / 2) => {
    const before = [view.lon + (x - width / 2) / scale() / squeeze, view.lat - (y - height / 2) / scale()];
    view.zoom = Math.min(400, Math.max(0.8, view.zoom * factor));
    view.lon = before[0] - (x - width / 2) / scale() / squeeze;
    view.lat = before[1] + (y - height / 2) / scale();
    soon();
  };
  const move = (dx, dy) => {
    view.lon = Math.min(east, Math.max(west, view.lon - dx / scale() / squeeze));
    view.lat = Math.min(north, Math.max(south, view.lat + dy / scale()));
    soon();
  };
  const all = () => { Object.assign(view, { lon: (west + east) / 2, lat: (south + north) / 2, zoom: 1 }); soon(); };
  const fingers = new Map();
  let moved = 0;
  surface.onpointerdown = (event) => { fingers.set(event.pointerId, at(event)); moved = 0; surface.setPointerCapture(event.pointerId); };
  surface.onpointermove = (event) => {
    const [x, y] = at(event), before = fingers.get(event.pointerId);
    if (before) {
      const others = [...fingers.entries()].filter(([id]) => id !== event.pointerId);
      if (others.length) {
        const [ox, oy] = others[0][1], was = Math.hypot(before[0] - ox, before[1] - oy), is = Math.hypot(x - ox, y - oy);
        zoomAt(is / Math.max(was, 1), (x + ox) / 2, (y + oy) / 2);
      }
      moved += Math.abs(x - before[0]) + Math.abs(y - before[1]);
      if (moved > 4) move((x - before[0]) / fingers.size, (y - before[1]) / fingers.size);
      fingers.set(event.pointerId, [x, y]);
      hush();
      return;
    }
    const p = nearest(x, y, 14);
    surface.style.cursor = p < 0 ? "grab" : "pointer";
    if (p < 0) return hush();
    const measure = measureNow();
    say([placeTitle(p), ...NAMES.slice(0, 8).map((name, k) => {
      const interval = state.part ? null : intervalOf(state.measure, k, p);
      return `${name}  ${number(valueOf(state.part, state.measure, k, p))}${unitOf(measure)}${interval ? `  (${number(interval[0])} to ${number(interval[1])})` : ""}`;
    })].join("\n"), event);
  };
  surface.onpointerup = (event) => {
    fingers.delete(event.pointerId);
    if (moved > 4) return;
    const p = nearest(...at(event), 16);
    if (p >= 0) choose({ place: p });
  };
  surface.onpointercancel = (event) => fingers.delete(event.pointerId);
  surface.onpointerleave = hush;
  // the wheel scrolls the page until the map has been touched
  surface.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && document.activeElement !== surface) return;
    event.preventDefault();
    zoomAt(Math.exp(-event.deltaY * 0.0016), ...at(event));
  }, { passive: false });
  surface.onkeydown = (event) => {
    const keys = { ArrowLeft: () => move(60, 0), ArrowRight: () => move(-60, 0), ArrowUp: () => move(0, 60), ArrowDown: () => move(0, -60), "+": () => zoomAt(1.5), "=": () => zoomAt(1.5), "-": () => zoomAt(1 / 1.5), 0: all };
    if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
  };
  const acts = { in: () => zoomAt(1.7), out: () => zoomAt(1 / 1.7), all };
  document.querySelectorAll("[data-map]").forEach((button) => { button.onclick = () => acts[button.dataset.map](); });
  const reveal = () => { // a place chosen elsewhere comes into sight
    if (hasPlace() && view.zoom > 1) {
      const x = X(lon[state.place]), y = Y(lat[state.place]);
      if (x < 20 || y < 20 || x > width - 20 || y > height - 20) Object.assign(view, { lon: lon[state.place], lat: lat[state.place] });
    }
    soon();
  };
  when(["measure", "configuration", "minus", "part"], refresh);
  when(["place"], reveal);
  const asSvg = () => {
    const svg = document.createElementNS(NS, "svg");
    svg.setAttribute("viewBox", `0 0 ${width} ${height + 50}`);
    byId("map-legend").appendChild(svg); // styles are only known of what stands in the page
    const clip = add(add(svg, "clipPath", { id: "map-area" }), "rect", { x: 0, y: 0, width, height });
    clip.setAttribute("fill", "none");
    paint(onSvg(add(svg, "g", { "clip-path": "url(#map-area)" })));
    legendInto(svg, height + 8);
    return svg;
  };
  return { refresh, asSvg, soon, at: (p) => [px[p], py[p]] };
};
