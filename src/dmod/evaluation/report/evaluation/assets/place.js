// ---- one place: choosing it, its name, its scores
const order = () => { // places from worst to best by what is shown
  const list = shown(), measure = measureNow(), rank = (v) => (state.minus >= 0 || measure.kind === "plain" ? v : -distance(measure, v));
  return [...list.keys()].filter((i) => Number.isFinite(list[i])).sort((i, j) => rank(list[i]) - rank(list[j]) || i - j);
};
const stepPlace = (by) => {
  const ranked = order(), at = ranked.indexOf(state.place);
  if (ranked.length) choose({ place: ranked[Math.min(ranked.length - 1, Math.max(0, at < 0 ? 0 : at + by))] });
};
document.querySelectorAll("[data-step]").forEach((button) => { button.onclick = () => stepPlace(Number(button.dataset.step)); });

const drawLegend = () => {
  const host = byId("flow-legend");
  host.replaceChildren();
  if (!flow.series) return;
  const fixed = make("span", { class: "series" });
  fixed.append(make("span", { class: "key observed" }), "observed");
  host.appendChild(fixed);
  NAMES.forEach((name, k) => {
    if (!flow.series.simulated[k]) return;
    const button = make("button", { type: "button", class: "series", "aria-pressed": !flow.hidden.has(k) });
    button.append(make("span", { class: `key run ${runColour(k)} ${k >= 6 ? "dashed" : ""}` }), name);
    button.onclick = () => {
      if (flow.hidden.has(k)) flow.hidden.delete(k); else flow.hidden.add(k);
      button.setAttribute("aria-pressed", !flow.hidden.has(k));
      drawSeries();
    };
    host.appendChild(button);
  });
};
const drawSeries = () => { drawFlow(); drawAgainst(); drawExceedance(); };
const drawScores = () => {
  const host = byId("place-scores"), p = state.place, table = make("table"), head = table.createTHead().insertRow();
  host.replaceChildren();
  if (p < 0) return;
  head.appendChild(make("th", { scope: "col" }, "Metric"));
  NAMES.forEach((name, k) => {
    const th = make("th", { scope: "col", class: "number" });
    th.append(make("span", { class: `swatch ${runColour(k)}` }), name);
    head.appendChild(th);
  });
  const body = table.createTBody();
  MEASURES.forEach((measure, m) => {
    const row = body.insertRow(), title = make("th", { scope: "row", title: measure.meaning }, measure.name);
    if (measure.unit) title.append(make("span", { class: "soft" }, unitOf(measure)));
    row.appendChild(title);
    NAMES.forEach((_, k) => {
      const v = valueOf(0, m, k, p), interval = intervalOf(m, k, p), td = row.insertCell();
      td.className = "number";
      if (Number.isFinite(v)) {
        td.textContent = even(v);
        if (interval) td.appendChild(make("span", { class: "interval" }, `${even(interval[0])} to ${even(interval[1])}`));
      } else {
        const why = REASONS.get(offset(m, k) + p);
        td.textContent = "–";
        if (why) { td.title = why; td.appendChild(make("span", { class: "interval why" }, why)); }
      }
    });
  });
  host.appendChild(table);
};
let asked = 0;
const drawPlace = async () => {
  const p = state.place, mine = ++asked;
  byId("place-name").textContent = p < 0 ? "No place is chosen" : placeTitle(p);
  drawScores();
  const facts = [];
  if (p >= 0) {
    const ranked = order(), at = ranked.indexOf(p);
    if (Number.isFinite(LON[p]) && Number.isFinite(LAT[p])) facts.push(`${Math.abs(LAT[p]).toFixed(3)}° ${LAT[p] < 0 ? "S" : "N"}, ${Math.abs(LON[p]).toFixed(3)}° ${LON[p] < 0 ? "W" : "E"}`);
    for (const [name, list] of ATTRIBUTES) if (Number.isFinite(list[p])) facts.push(`${name} ${number(list[p], 4)}`);
    if (PAIRS) facts.push(`${number(Math.max(...NAMES.map((_, k) => PAIRS[k * COUNT + p])), 6)} pairs`);
    if (at >= 0) facts.push(`rank ${(ranked.length - at).toLocaleString("en")} of ${ranked.length.toLocaleString("en")} by ${measureNow().name}`);
  }
  byId("place-facts").textContent = facts.join(" · ");
  const series = p < 0 ? null : await seriesOf(p);
  if (mine !== asked) return;
  flow.series = series;
  byId("flow-drawn").hidden = !series;
  document.querySelectorAll(".part-figure:has(.chart)").forEach((figure) => { figure.hidden = !series; });
  byId("flow-none").hidden = Boolean(series) || p < 0;
  byId("flow-none").textContent = "The values of this place over time are not in this page; its scores are.";
  drawLegend();
  if (!series) return;
  const whole = [series.observed.start, series.observed.end];
  if (!flow.whole || flow.whole[0] !== whole[0] || flow.whole[1] !== whole[1]) { flow.whole = whole; flow.view = [...whole]; }
  drawSeries();
};

// finding a place by name or id
const find = byId("find"), found = byId("found");
const SEARCHED = PLACES.id.map((id, i) => `${id} ${PLACES.name[i]}`.toLowerCase());
let suggestions = [], marked = -1;
const suggest = () => {
  const words = find.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  suggestions = [];
  if (words.length) for (let i = 0; i < COUNT && suggestions.length < 8; i++) if (words.every((word) => SEARCHED[i].includes(word))) suggestions.push(i);
  marked = suggestions.length ? 0 : -1;
  showSuggestions();
};
const showSuggestions = () => {
  found.replaceChildren(...suggestions.map((p, k) => {
    const item = make("li", { role: "option", id: `found-${k}`, "aria-selected": k === marked }, placeTitle(p));
    item.onpointerdown = (event) => { event.preventDefault(); take(k); };
    return item;
  }));
  found.hidden = !suggestions.length;
  find.setAttribute("aria-expanded", !found.hidden);
  if (marked >= 0) find.setAttribute("aria-activedescendant", `found-${marked}`); else find.removeAttribute("aria-activedescendant");
};
const take = (k) => { const p = suggestions[k]; suggestions = []; find.value = ""; showSuggestions(); if (p !== undefined) choose({ place: p }); };
find.oninput = suggest;
find.onblur = () => { suggestions = []; showSuggestions(); };
find.onkeydown = (event) => {
  if (event.key === "Escape") { suggestions = []; find.value = ""; showSuggestions(); }
  if (!suggestions.length) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); marked = (marked + (event.key === "ArrowDown" ? 1 : suggestions.length - 1)) % suggestions.length; showSuggestions(); }
  if (event.key === "Enter") { event.preventDefault(); take(marked); }
};
when(["place", "measure", "configuration", "minus", "part"], drawPlace);
