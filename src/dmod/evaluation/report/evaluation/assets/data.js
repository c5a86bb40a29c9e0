// ---- data: what the page holds, and how its arrays are unpacked
const DATA = JSON.parse(document.getElementById("evaluation-data").textContent);
const NAMES = DATA.configurations, MEASURES = DATA.measures, PLACES = DATA.places;
const COUNT = PLACES.id.length;

const bytesOf = (text) => {
  const raw = atob(text), bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return bytes;
};
// gzip of byte planes of the differences between rounded floats
const unpack = async (packed) => {
  if (!packed) return null;
  const stream = new Blob([bytesOf(packed.z)]).stream().pipeThrough(new DecompressionStream("gzip"));
  const planes = new Uint8Array(await new Response(stream).arrayBuffer());
  const n = packed.n, whole = new Int32Array(n);
  let last = 0;
  for (let i = 0; i < n; i++) {
    const folded = planes[i] | planes[n + i] << 8 | planes[2 * n + i] << 16 | planes[3 * n + i] << 24;
    last = (last + ((folded >>> 1) ^ -(folded & 1))) | 0;
    whole[i] = last << packed.s;
  }
  return new Float32Array(whole.buffer);
};

// scores by part: measure, configuration, place in this order; NaN until they are unpacked
const SCORES = DATA.parts.map(() => null);
let LOW = null, HIGH = null, PAIRS = null;
const REASONS = new Map(DATA.reasons.at.map(([at, word]) => [at, DATA.reasons.words[word]]));
const offset = (measure, configuration) => (measure * NAMES.length + configuration) * COUNT;
const values = (part, measure, configuration) => {
  const from = offset(measure, configuration);
  return SCORES[part] ? SCORES[part].subarray(from, from + COUNT) : new Float32Array(COUNT).fill(NaN);
};
const valueOf = (part, measure, configuration, place) => (SCORES[part] ? SCORES[part][offset(measure, configuration) + place] : NaN);
const intervalOf = (measure, configuration, place) => {
  const at = offset(measure, configuration) + place;
  return LOW && HIGH && Number.isFinite(LOW[at]) && Number.isFinite(HIGH[at]) ? [LOW[at], HIGH[at]] : null;
};

// how far a value is from the ideal; null where no value is better than another
const distance = (measure, v) => {
  if (measure.kind === "plain" || measure.ideal === null) return null;
  return measure.kind === "ratio" ? Math.abs(Math.log(v)) : Math.abs(v - measure.ideal);
};
// what `second` lies nearer to the ideal by
const gain = (measure, first, second) => (measure.kind === "plain" ? second - first : distance(measure, first) - distance(measure, second));
const sorted = (list) => list.filter(Number.isFinite).sort(); // of a typed array: by number
const ranks = new Map();
// what is known of a measure over places, ascending; kept, for it is asked for again and again
const ranked = (part, measure, configuration) => {
  const key = `${part} ${measure} ${configuration}`;
  if (!SCORES[part]) return new Float32Array(0);
  if (!ranks.has(key)) {
    if (ranks.size > 4000) ranks.clear();
    ranks.set(key, sorted(values(part, measure, configuration)));
  }
  return ranks.get(key);
};
const atOrBelow = (ordered, v) => {
  let low = 0, high = ordered.length;
  while (low < high) { const middle = (low + high) >> 1; if (ordered[middle] <= v) low = middle + 1; else high = middle; }
  return low;
};
const quantile = (ordered, p) => {
  if (!ordered.length) return NaN;
  const at = p * (ordered.length - 1), i = Math.floor(at), next = Math.min(i + 1, ordered.length - 1);
  return ordered[i] + (ordered[next] - ordered[i]) * (at - i);
};
