/** What is looked at of scores, as the address says it: a link shows the same to whoever opens it. */

export interface ScoreShown {
  metric: string;
  threshold: string;
  facet: string;
  part: string;
  place: string;
  /** The configuration by which the map is coloured, and the one it is compared with there. */
  run: string;
  against: string;
}

const NAMES = ["metric", "threshold", "facet", "part", "place", "run", "against"] as const satisfies (keyof ScoreShown)[];

export function scoreShownOf(search: URLSearchParams): ScoreShown {
  return Object.fromEntries(NAMES.map((name) => [name, search.get(name) ?? ""])) as unknown as ScoreShown;
}

/** An address with some of it changed; what else it says stays. */
export function scoreSearchOf(search: URLSearchParams, change: Partial<ScoreShown>): URLSearchParams {
  const next = new URLSearchParams(search);
  for (const name of NAMES) {
    const value = change[name];
    if (value === undefined) continue;
    if (value) next.set(name, value);
    else next.delete(name);
  }
  return next;
}

export interface Measure {
  metric: string;
  threshold: string;
}

/** A metric and its threshold as one text, as a choice has it. */
export function measureText(one: Measure): string {
  return one.threshold ? `${one.metric} @ ${one.threshold}` : one.metric;
}

/** What is asked for if there is such a thing, else the first there is. */
export function measureOf(measures: readonly Measure[], shown: Measure): Measure {
  const fits = (one: Measure) => one.metric === shown.metric && one.threshold === shown.threshold;
  return measures.find(fits) ?? measures.find((one) => one.metric === shown.metric) ?? measures[0] ?? { metric: "", threshold: "" };
}

export interface KnownMetric {
  name: string;
  title: string;
  unit: string;
  range: string;
  ideal: number | null;
  meaning: string;
}

const SKILL = "skill:";

/** A metric in words: its title, and what is perfect; a skill score is perfect at one. */
export function wordsOf(metric: string, known: readonly KnownMetric[]): { title: string; ideal: number | null; about: KnownMetric | undefined } {
  const isSkill = metric.startsWith(SKILL);
  const about = known.find((one) => one.name === (isSkill ? metric.slice(SKILL.length) : metric));
  if (isSkill) return { title: `skill in ${about?.title ?? metric.slice(SKILL.length)}`, ideal: 1, about: undefined };
  return { title: about?.title ?? metric, ideal: about?.ideal ?? null, about };
}
