/** What a map of scores is coloured by: the values of a configuration, or how much nearer one is than another. */

import { type Scale, roundStep, scaleOf } from "./MapScale";
import { quantile, type ScoredPlace } from "./scoreTable";

/** Colours on both sides of a middle: --diverge-0 to --diverge-6. */
const SIDE = 3;
/** Shares of the values that lie beyond the ends of the colours, on each side. */
const TAIL = 0.05;

export interface ScoreScale extends Scale {
  /** The palette that the numbers of colours are of. */
  palette: "scale" | "diverge";
}

/** Classes of scores: around the ideal where they lie on both sides of it, else from low to high. */
export function scoreScale(values: readonly number[], ideal: number | null): ScoreScale | null {
  const [low, high] = [quantile(values, TAIL), quantile(values, 1 - TAIL)];
  if (low === null || high === null) return null;
  if (ideal !== null && low < ideal && high > ideal) return aroundScale(values, ideal);
  const found = scaleOf(values.map((value) => Math.min(Math.max(value, low), high)), "linear");
  return found && { ...found, palette: "scale" };
}

/** Classes at equal distances on both sides of a middle. */
export function aroundScale(values: readonly number[], middle: number): ScoreScale | null {
  const most = quantile(values.map((value) => Math.abs(value - middle)), 1 - 2 * TAIL);
  if (most === null) return null;
  const step = most > 0 ? roundStep(most / (SIDE + 1)) : 1;
  const sides = [-3, -2, -1, 1, 2, 3].map((at) => Number((middle + at * step).toPrecision(12)));
  return { kind: "linear", low: middle - most, high: middle + most, breaks: sides, colours: [0, 1, 2, 3, 4, 5, 6], palette: "diverge" };
}

/** How much nearer to the ideal the first is than the other; without an ideal, by how much it is larger. */
export function gain(value: number | null | undefined, other: number | null | undefined, ideal: number | null): number | null {
  if (typeof value !== "number" || typeof other !== "number") return null;
  return ideal === null ? value - other : Math.abs(other - ideal) - Math.abs(value - ideal);
}

export function gains(places: readonly ScoredPlace[], run: string, against: string, ideal: number | null): (number | null)[] {
  return places.map((place) => gain(place.values[run], place.values[against], ideal));
}
