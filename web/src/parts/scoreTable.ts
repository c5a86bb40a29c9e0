/** Scores of one metric as a table of locations by configurations, and their distribution. */

export interface ScoredPlace {
  id: string;
  name: string;
  values: Readonly<Record<string, number | null>>;
}

/** By what a table is sorted: the place, or a configuration; `down` is from large to small. */
export interface Sorting {
  by: string;
  down: boolean;
}

export const BY_PLACE = "";

/** The places in order; those without a score stand last either way. */
export function sorted(places: readonly ScoredPlace[], sorting: Sorting): ScoredPlace[] {
  const sign = sorting.down ? -1 : 1;
  const name = (one: ScoredPlace, other: ScoredPlace) => one.id.localeCompare(other.id, "en", { numeric: true });
  if (sorting.by === BY_PLACE) return [...places].sort((one, other) => sign * name(one, other));
  return [...places].sort((one, other) => {
    const [a, b] = [one.values[sorting.by] ?? null, other.values[sorting.by] ?? null];
    if (a === null || b === null) return Number(a === null) - Number(b === null) || name(one, other);
    return sign * (a - b) || name(one, other);
  });
}

export function valuesOf(places: readonly ScoredPlace[], configuration: string): number[] {
  return places.map((place) => place.values[configuration]).filter((value): value is number => typeof value === "number" && Number.isFinite(value));
}

/** The value below which a share of others lies, between neighbours along a straight line. */
export function quantile(values: readonly number[], share: number): number | null {
  if (!values.length) return null;
  const inOrder = [...values].sort((one, other) => one - other);
  const at = (inOrder.length - 1) * share;
  const [low, high] = [inOrder[Math.floor(at)] as number, inOrder[Math.ceil(at)] as number];
  return low + (high - low) * (at - Math.floor(at));
}

export interface Summary {
  configuration: string;
  count: number;
  low: number | null;
  median: number | null;
  high: number | null;
}

/** Median and quartiles of each configuration. */
export function summariesOf(places: readonly ScoredPlace[], configurations: readonly string[]): Summary[] {
  return configurations.map((configuration) => {
    const values = valuesOf(places, configuration);
    return { configuration, count: values.length, low: quantile(values, 0.25), median: quantile(values, 0.5), high: quantile(values, 0.75) };
  });
}

/** Which configuration is nearest to the ideal at a place; none where there is but one, or no ideal. */
export function bestAt(place: ScoredPlace, configurations: readonly string[], ideal: number | null): string | null {
  if (ideal === null || configurations.length < 2) return null;
  let best: string | null = null;
  let least = Infinity;
  for (const configuration of configurations) {
    const value = place.values[configuration];
    if (value === null || value === undefined) continue;
    const distance = Math.abs(value - ideal);
    if (distance < least) [best, least] = [configuration, distance];
  }
  return best;
}

export interface Distribution {
  values: number[];
  shares: number[];
}

/** For each value the share of places [%] that have at most it. */
export function distributionOf(values: readonly number[]): Distribution {
  const inOrder = [...values].sort((one, other) => one - other);
  return { values: inOrder, shares: inOrder.map((_value, at) => (100 * (at + 1)) / inOrder.length) };
}

/** The part of all values that a chart shows: outliers far below would press the rest together. */
export function spanOf(values: readonly number[]): [number, number] {
  if (!values.length) return [0, 1];
  const low = quantile(values, 0.02) as number;
  const high = quantile(values, 0.98) as number;
  const [least, most] = [quantile(values, 0) as number, quantile(values, 1) as number];
  const width = Math.max(high - low, Math.abs(high) * 0.1, 1e-6);
  return [Math.max(least, low - width) - width * 0.04, Math.min(most, high + width) + width * 0.04];
}
