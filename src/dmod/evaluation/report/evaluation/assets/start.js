// ---- start
let LON = new Float32Array(COUNT).fill(NaN), LAT = LON, ATTRIBUTES = [], theMap = null;
when(["measure", "configuration", "part", "place"], drawCumulative);
if (byId("boxes")) { when(["measure"], drawBoxes); byId("pick-facet").onchange = drawBoxes; }
if (byId("performance")) when(["measure", "part"], drawPerformance);
if (byId("heat")) when(["part"], drawHeat);
for (const key of ["measure", "configuration", "minus", "part"]) {
  const pick = byId(`pick-${key}`);
  if (pick) pick.onchange = () => choose({ [key]: Number(pick.value) });
}
const drawAll = () => {
  drawCumulative();
  if (byId("boxes")) drawBoxes();
  if (byId("performance")) drawPerformance();
  if (byId("heat")) drawHeat();
  drawEnsembles();
  if (flow.series) drawSeries();
};
// what can be saved: its title, the name of its file, and whose lines it shows
const ofPlace = (words) => () => [`${placeTitle(state.place)}`, `${words}-${PLACES.id[state.place]}`, true];
const ofMeasure = (words) => () => [`${measureNow().name}${partWords() ? `, ${partWords()}` : ""}`, `${words}-${measureNow().name}`, true];
const FIGURES = {
  map: () => [titleNow(), `map-${titleNow()}`, false], flow: ofPlace("series"), against: ofPlace("against"), exceedance: ofPlace("duration"),
  cumulative: ofMeasure("cumulative"), boxes: ofMeasure("boxes"), performance: () => ["Events caught and missed", "performance", true], heat: () => ["Medians over places", "heat", false],
  ranks: () => ["Observations among the members", "ranks", true], reliability: () => [`Probability of ${byId("pick-reached").value}`, `reliability-${byId("pick-reached").value}`, true],
};
const legendOf = (save) => {
  const placed = ["flow", "against", "exceedance"].includes(save), rows = NAMES.map((name, k) => [name, token(`--c${k % 6}`), runDash(k), k]).filter(([, , , k]) => !placed || (flow.series?.simulated[k] && !flow.hidden.has(k)));
  return (save === "flow" || save === "exceedance" ? [["observed", token("--observed"), {}], ...rows] : rows).slice(0, 40);
};
document.querySelectorAll("[data-save]").forEach((button) => {
  button.onclick = async () => {
    const { save, form } = button.dataset, [title, name, named] = FIGURES[save]();
    paper.on = true; // files have the light colours
    document.documentElement.classList.add("paper");
    drawAll();
    const svg = save === "map" ? theMap.asSvg() : byId(save).querySelector("svg");
    try {
      if (svg) await saveFigure(svg, plainName(name), form, title, named ? legendOf(save) : []);
    } finally {
      paper.on = false;
      document.documentElement.classList.remove("paper");
      if (save === "map") svg.remove();
      drawAll();
    }
  };
});
const start = async () => {
  const attributes = Object.entries(PLACES.attributes);
  const [lon, lat, whole, low, high, pairs, ...lists] = await Promise.all([PLACES.lon, PLACES.lat, DATA.values[0], DATA.low, DATA.high, DATA.pairs, ...attributes.map(([, list]) => list)].map(unpack));
  [LON, LAT, SCORES[0], LOW, HIGH, PAIRS] = [lon, lat, whole, low, high, pairs];
  ATTRIBUTES = attributes.map(([name], i) => [name, lists[i]]);
  const given = recalled();
  if (given.place === undefined) given.place = Number(Object.keys(DATA.series)[0] ?? 0);
  Object.assign(state, given);
  if (state.minus === state.configuration) state.minus = -1;
  for (const key of ["measure", "configuration", "minus", "part"]) { const pick = byId(`pick-${key}`); if (pick) pick.value = state[key]; }
  if (mapHost) { theMap = makeMap(LON, LAT); theMap.refresh(); }
  drawCumulative();
  drawTable();
  if (byId("heat")) drawHeat();
  drawEnsembles();
  await drawPlace();
  (await Promise.all(DATA.values.slice(1).map(unpack))).forEach((list, i) => { SCORES[i + 1] = list; });
  if (state.part) for (const [, draw] of drawers) draw(); // it was not known until now
  if (byId("boxes")) drawBoxes();
  if (byId("performance")) drawPerformance();
  settled = true;
  let width = innerWidth;
  addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; requestAnimationFrame(() => { drawAll(); if (theMap) theMap.refresh(); }); } });
  darkness.addEventListener("change", () => { drawAll(); if (theMap) theMap.refresh(); });
  addEventListener("beforeprint", () => { drawAll(); if (theMap) theMap.refresh(); });
  document.documentElement.dataset.drawn = "yes";
};
start();
