/** What is drawn of ensembles, and said of them: bands, ranks of the observation, reliability. */

import type { components } from "../api/schema";
import type { Band } from "./Hydrograph";
import type { Ensemble } from "./scoreData";
import { count, number } from "./format";

export interface NamedEnsemble extends Ensemble {
  /** What its configuration is called beside others. */
  name: string;
  /** A colour of the page: `series-1`. */
  colour: string;
}

/** Quantiles in pairs, the outer first: between 5 and 95 %, between 25 and 75 %. */
export function bandsOf(name: string, shown: components["schemas"]["BandsShown"] | undefined, colour: string): Band[] {
  const shares = Object.keys(shown?.quantiles ?? {}).sort((one, other) => Number(one) - Number(other));
  const found: Band[] = [];
  for (let at = 0; at < shares.length - 1 - at; at += 1) {
    const [low, high] = [shares[at] ?? "", shares[shares.length - 1 - at] ?? ""];
    if (!shown) continue;
    found.push({ name: `${name} ${percent(low)}–${percent(high)} %`, seconds: shown.seconds, low: shown.quantiles[low] ?? [], high: shown.quantiles[high] ?? [], colour });
  }
  return found;
}

function percent(share: string): string {
  return number(100 * Number(share));
}

export function share(value: number | null | undefined): string {
  return value === null || value === undefined ? "–" : `${number(100 * value, 3)} %`;
}

/** The steps of a rank histogram: share of the members below [%] and times relative to a flat one, so that ensembles of any size compare. */
export function rankSteps(ranks: readonly (number | null)[]): [number[], number[]] {
  const heights = ranks.map((rank) => (rank ?? 0) * ranks.length);
  const edges = ranks.map((_rank, at) => (100 * at) / ranks.length);
  return [[...edges, 100], [...heights, heights.at(-1) ?? 0]];
}

/** How many members are below the observation where a share of them [%] is looked at. */
export function rankAt(ranks: readonly (number | null)[], shown: number): number {
  return Math.min(ranks.length - 1, Math.max(0, Math.floor((shown / 100) * ranks.length)));
}

/** A rank histogram in words, for who does not see it. */
export function ranksInWords({ name, members, times, ranks }: NamedEnsemble): string {
  if (!hasRanks({ ranks })) return `${name}: no time has all ${members} members and an observation`;
  return `${name}, ${members} members at ${count(times)} times; below the observation are, from none to all of them: ${ranks.map(share).join(", ")} of the times`;
}

export function hasRanks({ ranks }: Pick<Ensemble, "ranks">): boolean {
  return ranks.length > 0 && ranks.every((rank) => rank !== null);
}

export interface Point {
  given: number;
  occurred: number;
  /** Of the times. */
  share: number;
}

/** The points of a reliability diagram: probabilities that were given, and what then occurred. */
export function reliabilityOf(ensemble: Ensemble, threshold: string): Point[] {
  const found = ensemble.reliability[threshold];
  if (!found) return [];
  const all = found.times.reduce((sum, times) => sum + times, 0);
  return found.given.flatMap((given, at): Point[] => {
    const occurred = found.occurred[at] ?? null;
    return given === null || occurred === null ? [] : [{ given, occurred, share: (found.times[at] ?? 0) / (all || 1) }];
  });
}

/** A reliability diagram in words. */
export function reliabilityInWords(ensemble: NamedEnsemble, threshold: string): string {
  const points = reliabilityOf(ensemble, threshold);
  if (!points.length) return `${ensemble.name}: no time has all members and an observation`;
  const said = points.map((point) => `${share(point.given)} said, ${share(point.occurred)} occurred`).join("; ");
  return `${ensemble.name}: ${said}; of all times ${share(ensemble.reliability[threshold]?.base_rate)}`;
}

/** The thresholds at which any ensemble gave probabilities, in order. */
export function thresholdsOf(ensembles: readonly Ensemble[]): string[] {
  return [...new Set(ensembles.flatMap((one) => Object.keys(one.reliability)))];
}

export function rankRows(ensembles: readonly NamedEnsemble[]) {
  const rows = ensembles.flatMap((one) => one.ranks.map((rank, below) => [one.name, one.members, below, rank]));
  return [["ensemble", "members", "members below the observation", "share of times"], ...rows];
}

export function reliabilityRows(ensembles: readonly NamedEnsemble[], threshold: string) {
  const rows = ensembles.flatMap((one) => {
    const found = one.reliability[threshold];
    return (found?.given ?? []).map((given, at) => [one.name, threshold, given, found?.occurred[at], found?.times[at]]);
  });
  return [["ensemble", "threshold", "probability given", "share at which it occurred", "times"], ...rows];
}
