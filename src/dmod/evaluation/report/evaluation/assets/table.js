// ---- the table of all places: sort, filter, pages, export
const PAGE = 25;
const NAMED = PLACES.name.some(Boolean); // else the id is the name
const listed = { sort: NAMED ? 1 : 0, down: false, page: 0, filter: "", columns: "configurations" };
const columnsBefore = NAMED ? 2 : 1;
const columnsNow = () => {
  const head = [{ name: "Place", text: (p) => PLACES.name[p] || PLACES.id[p] }, { name: "Id", text: (p) => PLACES.id[p] }].slice(0, NAMED ? 2 : 1);
  if (listed.columns === "measures") return [...head, ...MEASURES.map((m, i) => ({ name: m.name, style: runColour(state.configuration), value: (p) => valueOf(state.part, i, state.configuration, p) }))];
  const columns = [...head, ...NAMES.map((name, k) => ({ name, style: runColour(k), value: (p) => valueOf(state.part, state.measure, k, p) }))];
  if (state.minus >= 0) { const list = shown(); columns.push({ name: "Gain", value: (p) => list[p] }); }
  if (PAIRS) columns.push({ name: "Pairs", value: (p) => Math.max(...NAMES.map((_, k) => PAIRS[k * COUNT + p])), digits: 6 });
  return columns;
};
const rowsNow = (columns) => {
  const words = listed.filter.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const rows = [...PLACES.id.keys()].filter((p) => words.every((word) => SEARCHED[p].includes(word)));
  const column = columns[Math.min(listed.sort, columns.length - 1)], sign = listed.down ? -1 : 1;
  if (column.text) {
    const compare = new Intl.Collator("en", { numeric: true }).compare;
    return rows.sort((i, j) => sign * compare(column.text(i), column.text(j)));
  }
  const key = rows.map((p) => [p, column.value(p)]), known = (v) => Number.isFinite(v);
  // places without a value are last either way
  return key.sort(([, a], [, b]) => known(b) - known(a) || (known(a) ? sign * (a - b) : 0)).map(([p]) => p);
};
const drawTable = () => {
  const host = byId("rows"), columns = columnsNow(), rows = rowsNow(columns), pages = Math.max(1, Math.ceil(rows.length / PAGE));
  listed.page = Math.min(listed.page, pages - 1);
  const table = make("table"), head = table.createTHead().insertRow(), focused = document.activeElement?.dataset?.column;
  table.appendChild(make("caption", { class: "visually-hidden" }, `All places: ${titleNow()}`));
  columns.forEach((column, c) => {
    const by = listed.sort === c, th = make("th", { scope: "col", class: column.value ? "number" : c ? "id" : "", "aria-sort": by ? (listed.down ? "descending" : "ascending") : "none" });
    const button = make("button", { type: "button", class: "sort", "data-column": c, title: column.name });
    if (column.style) button.appendChild(make("span", { class: `swatch ${column.style}` }));
    button.append(short(column.name, 34), make("span", { class: "arrow", "aria-hidden": "true" }, by ? (listed.down ? "↓" : "↑") : ""));
    button.onclick = () => { listed.down = by ? !listed.down : false; listed.sort = c; listed.page = 0; drawTable(); };
    th.appendChild(button);
    head.appendChild(th);
  });
  const body = table.createTBody(), best = listed.columns === "configurations" && NAMES.length > 1 ? NAMES.map((_, k) => k) : [];
  for (const p of rows.slice(listed.page * PAGE, (listed.page + 1) * PAGE)) {
    const row = body.insertRow(), away = best.map((k) => distance(measureNow(), valueOf(state.part, state.measure, k, p))), least = Math.min(...away.filter((d) => d !== null && Number.isFinite(d)));
    row.dataset.place = p;
    if (p === state.place) row.setAttribute("aria-current", "true");
    columns.forEach((column, c) => {
      if (c === 0) {
        const th = make("th", { scope: "row" }), button = make("button", { type: "button", class: "plain" }, column.text(p));
        th.appendChild(button);
        row.appendChild(th);
        return;
      }
      const td = row.insertCell();
      td.textContent = column.text ? column.text(p) : (column.digits ? number : even)(column.value(p), column.digits || 3);
      td.className = column.text ? "id" : "number";
      if (away[c - columnsBefore] !== undefined && away[c - columnsBefore] === least) td.classList.add("best");
    });
    row.onclick = () => { choose({ place: p }); document.querySelector(".place-card").scrollIntoView({ block: "nearest", behavior: calm.matches ? "auto" : "smooth" }); };
  }
  host.replaceChildren(table);
  if (focused !== undefined) host.querySelector(`[data-column="${focused}"]`)?.focus();
  byId("page-at").textContent = rows.length ? `${(listed.page * PAGE + 1).toLocaleString("en")} to ${Math.min(rows.length, (listed.page + 1) * PAGE).toLocaleString("en")} of ${rows.length.toLocaleString("en")}` : "No place matches.";
  byId("page-back").disabled = listed.page === 0;
  byId("page-on").disabled = listed.page >= pages - 1;
};
const calm = matchMedia("(prefers-reduced-motion: reduce)");
byId("page-back").onclick = () => { listed.page--; drawTable(); };
byId("page-on").onclick = () => { listed.page++; drawTable(); };
byId("filter").oninput = (event) => { listed.filter = event.target.value; listed.page = 0; drawTable(); };
byId("columns").onchange = (event) => { listed.columns = event.target.value; listed.sort = Math.min(listed.sort, 2); listed.page = 0; drawTable(); };
byId("export").onclick = () => {
  const columns = columnsNow(), measure = measureNow();
  const rows = rowsNow(columns).map((p) => columns.map((column) => (column.text ? column.text(p) : Number(column.value(p).toPrecision(6)))));
  saveRows([columns.map((column) => column.name), ...rows], plainName(listed.columns === "measures" ? `scores-${NAMES[state.configuration]}` : `scores-${measure.name}`));
};
when(["measure", "configuration", "minus", "part", "place"], drawTable);
