// ---- what is chosen, and who draws anew when it changes; the address keeps it
const state = { measure: DATA.main, configuration: 0, minus: -1, part: 0, place: -1 };
const drawers = []; // [keys that matter, function]
const when = (keys, draw) => drawers.push([keys, draw]);
const choose = (change) => {
  const changed = Object.keys(change).filter((key) => state[key] !== change[key]);
  Object.assign(state, change);
  if (changed.includes("configuration") && state.minus === state.configuration) { state.minus = -1; changed.push("minus"); }
  if (changed.includes("minus") && state.minus === state.configuration) state.minus = -1;
  for (const key of ["measure", "configuration", "minus", "part"]) { const pick = byId(`pick-${key}`); if (pick) pick.value = state[key]; }
  for (const [keys, draw] of drawers) if (keys.some((key) => changed.includes(key))) draw();
  remember();
};
let settled = false;
const remember = () => {
  if (!settled) return;
  const measure = MEASURES[state.measure], parts = new URLSearchParams();
  parts.set("metric", measure.threshold ? `${measure.metric}@${measure.threshold}` : measure.metric);
  parts.set("of", NAMES[state.configuration]);
  if (state.minus >= 0) parts.set("minus", NAMES[state.minus]);
  if (state.part) parts.set("part", `${DATA.parts[state.part].facet}:${DATA.parts[state.part].name}`);
  if (state.place >= 0) parts.set("place", PLACES.id[state.place]);
  try { history.replaceState(null, "", `#${parts}`); } catch { /* a page inside another may not */ }
};
const recalled = () => {
  const parts = new URLSearchParams(location.hash.slice(1)), change = {};
  const find = (key, list) => { const at = parts.has(key) ? list.indexOf(parts.get(key)) : -1; return at; };
  const measure = find("metric", MEASURES.map((m) => (m.threshold ? `${m.metric}@${m.threshold}` : m.metric)));
  const of = find("of", NAMES), minus = find("minus", NAMES), place = find("place", PLACES.id);
  const part = find("part", DATA.parts.map((p) => `${p.facet}:${p.name}`));
  if (measure >= 0) change.measure = measure;
  if (of >= 0) change.configuration = of;
  if (minus >= 0) change.minus = minus;
  if (part > 0) change.part = part;
  if (place >= 0) change.place = place;
  return change;
};
const measureNow = () => MEASURES[state.measure];
const partWords = () => (state.part ? `${DATA.parts[state.part].facet.replace(/_/g, " ")} ${DATA.parts[state.part].name}` : "");
// what the map and the steps through places show: values, or what the chosen lies nearer to the ideal by
const shown = () => {
  const own = values(state.part, state.measure, state.configuration);
  if (state.minus < 0) return own;
  const other = values(state.part, state.measure, state.minus), measure = measureNow();
  return own.map((v, i) => gain(measure, other[i], v));
};
const symmetric = (list) => {
  const sizes = sorted(list.map(Math.abs)), step = nice(Math.max(quantile(sizes, 0.9) / 4 || 0, 1e-9));
  return [-4, -2, -1, 1, 2, 4].map((k) => Number((k * step).toPrecision(6)));
};
const scaleNow = () => {
  const measure = measureNow();
  if (state.minus < 0) return measure.scale;
  const plain = measure.kind === "plain";
  return {
    palette: plain ? "signed" : "quality", edges: symmetric(shown()), tones: [-1, -0.66, -0.33, 0, 0.33, 0.66, 1],
    ends: plain ? ["lower", "higher"] : [`${NAMES[state.minus]} better`, `${NAMES[state.configuration]} better`],
  };
};
const titleNow = () => {
  const measure = measureNow(), words = partWords() ? `, ${partWords()}` : "";
  if (state.minus < 0) return `${measure.name}${measure.unit ? ` [${measure.unit}]` : ""}: ${NAMES[state.configuration]}${words}`;
  return `${measure.name}: ${NAMES[state.configuration]} against ${NAMES[state.minus]}${words}`;
};
const placeTitle = (p) => (PLACES.name[p] ? `${PLACES.name[p]} (${PLACES.id[p]})` : PLACES.id[p]);
