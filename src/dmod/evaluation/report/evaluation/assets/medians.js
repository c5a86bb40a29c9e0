// ---- all configurations and metrics at once
const drawHeat = () => {
  const host = byId("heat"), names = NAMES, left = Math.min(230, Math.max(120, host.clientWidth * 0.24)), slot = Math.max(34, Math.min(110, (host.clientWidth - left - (names.length > 6 ? 56 : 0)) / names.length));
  const turned = slot < 76, top = turned ? 96 : 30, row = 26, width = Math.max(host.clientWidth, left + slot * names.length + (turned ? 56 : 0)), height = top + row * MEASURES.length + 4, svg = canvas(host, width, height);
  names.forEach((name, k) => {
    const x = left + (k + 0.5) * slot;
    if (turned) add(svg, "text", { x: 0, y: 0, transform: `translate(${x + 4} ${top - 8}) rotate(-55)` }, short(name, 16));
    else add(svg, "text", { x, y: top - 10, "text-anchor": "middle" }, short(name, Math.floor(slot / 7)));
  });
  MEASURES.forEach((measure, m) => {
    const y = top + m * row, colours = coloursOf(measure.scale), medians = names.map((_, k) => quantile(ranked(state.part, m, k), 0.5));
    add(svg, "text", { x: left - 10, y: y + 17, "text-anchor": "end" }, short(measure.name, Math.floor(left / 7)));
    const away = medians.map((v) => distance(measure, v) ?? Infinity), best = Math.min(...away.filter(Number.isFinite));
    medians.forEach((v, k) => {
      const known = Number.isFinite(v), fill = known ? colours[classOf(measure.scale, v)] : "none";
      add(svg, "rect", { x: left + k * slot + 1, y: y + 1, width: slot - 2, height: row - 2, rx: 3, fill, ...(known ? {} : { class: "hollow" }) });
      const bright = known && fill.match(/\d+/g).map(Number).reduce((sum, c, i) => sum + c * [0.3, 0.59, 0.11][i], 0) > 140;
      const size = slot < 46 ? 10 : 12;
      add(svg, "text", { class: "cell", x: left + (k + 0.5) * slot, y: y + 17, "text-anchor": "middle", style: `fill:${known ? (bright ? "#17202b" : "#ffffff") : ""};font-size:${size}px;${away[k] === best && Number.isFinite(best) && names.length > 1 ? "font-weight:700" : ""}` }, number(v, 2));
    });
    const sheet = add(svg, "rect", { class: "surface pointed", x: 0, y, width, height: row });
    sheet.onpointermove = (event) => {
      const box = svg.getBoundingClientRect(), k = Math.floor(((event.clientX - box.left) * width / box.width - left) / slot);
      if (k >= 0 && k < names.length) say(`${names[k]}\n${measure.name}\nmedian ${number(medians[k])}${unitOf(measure)}`, event); else hush();
    };
    sheet.onpointerleave = hush;
    sheet.onclick = () => choose({ measure: m });
  });
};
