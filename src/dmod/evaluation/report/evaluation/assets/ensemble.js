// ---- ensembles: where the observation falls among the members, and what occurs at each probability
const ENSEMBLES = DATA.ensembles;
const squareChart = (host) => { const width = Math.max(250, host.clientWidth), height = Math.round(Math.min(330, Math.max(270, width * 0.62))); return [width, height, { left: 46, right: width - 10, top: 26, bottom: height - 44 }]; };
const percent = (share) => `${number(100 * share)} %`;
// times by rank, relative to a flat histogram, so that ensembles of any size compare
const drawRanks = () => {
  const host = byId("ranks"), [width, height, box] = squareChart(host), known = ENSEMBLES.filter((one) => one.ranks.every(Number.isFinite));
  if (!known.length) return empty(host, "No time has all members and an observation.");
  const high = Math.max(1.2, ...known.flatMap((one) => one.ranks)) * 1.05, svg = canvas(host, width, height), x = linear(0, 1, box.left, box.right), y = linear(0, high, box.bottom, box.top);
  yAxis(svg, ticks(0, high, 5), y, box, "Times, flat = 1");
  xAxis(svg, labelled([0, 0.25, 0.5, 0.75, 1], (v) => number(100 * v)), x, box, 30, "Members below the observation [%]");
  for (const one of known) {
    const n = one.ranks.length, top = one.ranks.map((v, i) => `V${y(v).toFixed(1)}H${x((i + 1) / n).toFixed(1)}`).join("");
    if (known.length === 1) add(svg, "path", { class: `band ${runColour(one.k)}`, d: `M${box.left} ${box.bottom}${top}V${box.bottom}Z` });
    add(svg, "path", { class: `line ${runColour(one.k)}`, d: `M${box.left} ${box.bottom}${top}V${box.bottom}`, ...runDash(one.k) });
  }
  add(svg, "line", { class: "diagonal", x1: box.left, x2: box.right, y1: y(1), y2: y(1) });
  add(svg, "line", { class: "axis", x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom });
  readable(svg, width, box, {
    read: (event, at) => say(known.map((one) => {
      const n = one.ranks.length, i = Math.min(n - 1, Math.max(0, Math.floor(x.inverse(at) * n)));
      return `${NAMES[one.k]}  ${i} of ${n - 1} below: ${percent(one.ranks[i] / n)} of times`;
    }).join("\n"), event),
  });
};
const drawReliability = () => {
  const host = byId("reliability"), [width, height, box] = squareChart(host), name = byId("pick-reached").value, known = ENSEMBLES.filter((one) => one.tables[name] && one.tables[name].rate !== null);
  if (!known.length) return empty(host, "No time has all members and an observation.");
  const svg = canvas(host, width, height), x = linear(-0.04, 1.04, box.left, box.right), y = linear(-0.04, 1.04, box.bottom, box.top), marks = [0, 0.2, 0.4, 0.6, 0.8, 1];
  yAxis(svg, marks, y, box, "Reached");
  xAxis(svg, labelled(marks), x, box, 20, "Probability said");
  add(svg, "line", { class: "diagonal", x1: x(0), x2: x(1), y1: y(0), y2: y(1) });
  for (const one of known) {
    const { given, occurred, share, rate } = one.tables[name], at = [...given.keys()].filter((i) => given[i] !== null && occurred[i] !== null);
    add(svg, "line", { class: `whisker ${runColour(one.k)}`, "stroke-dasharray": "2 4", x1: box.left, x2: box.right, y1: y(rate), y2: y(rate) });
    add(svg, "path", { class: `line ${runColour(one.k)}`, d: at.map((i, n) => `${n ? "L" : "M"}${x(given[i]).toFixed(1)} ${y(occurred[i]).toFixed(1)}`).join(""), ...runDash(one.k) });
    for (const i of at) {
      const dot = add(svg, "circle", { class: `dot ${runColour(one.k)}`, cx: x(given[i]), cy: y(occurred[i]), r: (3 + 9 * Math.sqrt(share[i])).toFixed(1) });
      dot.onpointermove = (event) => say(`${NAMES[one.k]}\nsaid ${percent(given[i])}, reached ${percent(occurred[i])}\n${percent(share[i])} of times; of all ${percent(rate)}`, event);
      dot.onpointerleave = hush;
    }
  }
};
const drawEnsembles = () => {
  if (byId("ranks")) drawRanks();
  if (byId("reliability")) drawReliability();
};
if (byId("pick-reached")) byId("pick-reached").onchange = drawReliability;
// what lies between two series, extremes of a pixel kept; breaks where one is not known
const between = (low, high, a, b, x, y, width) => {
  const first = Math.max(0, low.find(a) - 1), last = Math.min(low.n, low.find(b) + 1), bucket = Math.max(1, Math.ceil((last - first) / (2 * width)));
  const wide = x(a + low.dt) - x(a) > 3;
  let path = "", over = [], under = [];
  const close = () => { if (over.length) path += `M${over.join("L")}L${under.reverse().join("L")}Z`; over = []; under = []; };
  for (let i = first; i < last; i += bucket) {
    let foot = Infinity, head = -Infinity;
    for (let j = i; j < Math.min(last, i + bucket); j++) if (Number.isFinite(low.v[j]) && Number.isFinite(high.v[j])) { foot = Math.min(foot, low.v[j]); head = Math.max(head, high.v[j]); }
    if (foot > head) { close(); continue; }
    const ends = wide ? [low.at(i), low.at(i) + low.dt] : [low.at(i) + low.dt * bucket / 2];
    for (const t of ends) { over.push(`${x(t).toFixed(1)} ${y(head).toFixed(1)}`); under.push(`${x(t).toFixed(1)} ${y(foot).toFixed(1)}`); }
  }
  close();
  return path;
};
