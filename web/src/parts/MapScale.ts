/** Classes of values, each with its colour: what a map is coloured by, and what its legend says. */

import { number } from "./format";

export type ScaleKind = "quantile" | "linear";

/** Colours that there are, from low to high: --scale-0 to --scale-7. */
export const COLOURS = 8;
/** In place of a colour: there is no value. */
export const MISSING = -1;

export interface Scale {
  kind: ScaleKind;
  low: number;
  high: number;
  /** Between one class and the next, rising; a value at a break belongs to the class above it. */
  breaks: readonly number[];
  /** The colour of each class, one more than there are breaks. */
  colours: readonly number[];
}

export interface LegendRow {
  colour: number;
  text: string;
}

/** Divide values into classes; null where there is none to divide. */
export function scaleOf(values: ArrayLike<number | null>, kind: ScaleKind): Scale | null {
  const sorted = Float64Array.from(finite(values)).sort();
  const low = sorted[0];
  const high = sorted[sorted.length - 1];
  if (low === undefined || high === undefined) return null;
  const breaks = kind === "linear" ? evenBreaks(low, high) : shareBreaks(sorted);
  return { kind, low, high, breaks, colours: coloursOf(breaks.length + 1) };
}

/** How all values of a result are spread, as the server tells it. */
export interface Spread {
  least: number | null;
  greatest: number | null;
  low: number | null;
  high: number | null;
  breaks: readonly number[];
}

/** Divide what lies between the least and the greatest of all values; few that stand out take no classes from the others. */
export function scaleOfSpread(spread: Spread, kind: ScaleKind): Scale | null {
  const { least, greatest } = spread;
  if (least === null || greatest === null) return null;
  const breaks = kind === "linear" ? evenBreaks(...middleOf(spread, least, greatest)) : risingBreaks(spread.breaks, least);
  return { kind, low: least, high: greatest, breaks, colours: coloursOf(breaks.length + 1) };
}

function middleOf(spread: Spread, least: number, greatest: number): [number, number] {
  const { low, high } = spread;
  return low !== null && high !== null && low < high ? [low, high] : [least, greatest];
}

function risingBreaks(breaks: readonly number[], least: number): number[] {
  return breaks.filter((value, at) => value > (at > 0 ? (breaks[at - 1] ?? least) : least));
}

function* finite(values: ArrayLike<number | null>): Generator<number> {
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at];
    if (typeof value === "number" && Number.isFinite(value)) yield value;
  }
}

/** Breaks at round numbers, at equal distances. */
function evenBreaks(low: number, high: number): number[] {
  if (low === high) return [];
  const step = roundStep((high - low) / COLOURS);
  const breaks: number[] = [];
  for (let at = Math.floor(low / step) + 1; at * step < high; at += 1) breaks.push(Number((at * step).toPrecision(12)));
  return breaks;
}

/** The smallest of 1, 2, 2.5, 5 times a power of ten that is no smaller. */
export function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return (([1, 2, 2.5, 5].find((factor) => factor * power >= least * (1 - 1e-9)) ?? 10) * power);
}

/** Breaks between classes that hold about as many values each; where many are equal there are fewer classes. */
function shareBreaks(sorted: Float64Array): number[] {
  const breaks: number[] = [];
  for (let part = 1; part < COLOURS; part += 1) {
    const value = sorted[Math.floor((part * sorted.length) / COLOURS)] ?? NaN;
    if (value > (breaks.at(-1) ?? sorted[0] ?? NaN)) breaks.push(value);
  }
  return breaks;
}

/** Spread the colours over so many classes. */
function coloursOf(classes: number): number[] {
  if (classes === 1) return [Math.floor(COLOURS / 2)];
  return Array.from({ length: classes }, (_, at) => Math.round((at * (COLOURS - 1)) / (classes - 1)));
}

/** The colour of a value. */
export function colourOf(scale: Scale, value: number | null | undefined): number {
  if (value === null || value === undefined || !Number.isFinite(value)) return MISSING;
  let [low, high] = [0, scale.breaks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value < (scale.breaks[middle] ?? Infinity)) high = middle;
    else low = middle + 1;
  }
  return scale.colours[low] ?? MISSING;
}

/** The colours of many values. */
export function coloursOfAll(scale: Scale, values: ArrayLike<number | null>): Int8Array {
  const found = new Int8Array(values.length);
  for (let at = 0; at < values.length; at += 1) found[at] = colourOf(scale, values[at]);
  return found;
}

/** What a legend says, from low to high; one of a sample is open at its ends. */
export function legendOf(scale: Scale, isSample = false): LegendRow[] {
  const digits = digitsFor(scale);
  const text = (value: number) => number(value, digits);
  return scale.colours.map((colour, at) => {
    const from = scale.breaks[at - 1];
    const to = scale.breaks[at];
    if (from === undefined && to === undefined) return { colour, text: text(scale.low) };
    if (from === undefined) return { colour, text: isSample ? `below ${text(to ?? NaN)}` : `${text(scale.low)} to ${text(to ?? NaN)}` };
    if (to === undefined) return { colour, text: isSample ? `${text(from)} and above` : `${text(from)} to ${text(scale.high)}` };
    return { colour, text: `${text(from)} to ${text(to)}` };
  });
}

/** As many digits as tell the breaks apart, three at least. */
function digitsFor(scale: Scale): number {
  for (let digits = 3; digits < 8; digits += 1) {
    if (new Set(scale.breaks.map((value) => number(value, digits))).size === scale.breaks.length) return digits;
  }
  return 8;
}
