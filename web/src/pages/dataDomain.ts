/** What data cover, in words: `CATCHMENT_ID` 1 to 88 becomes "88 catchments, cat-1 to cat-88". */

import { count } from "../parts/format";

export interface Range {
  variable: string;
  begin: string | number;
  end: string | number;
}

export interface Elements {
  variable: string;
  values?: readonly (string | number)[];
  runs?: Readonly<Record<string, string>>;
  excluded?: boolean;
}

export interface Domain {
  data_format: string;
  continuous: readonly Range[];
  discrete: readonly Elements[];
  units?: Readonly<Record<string, string>>;
}

export interface Box {
  continuous: readonly Range[];
  discrete: readonly Elements[];
}

const NOUNS: Readonly<Record<string, readonly [string, string]>> = {
  CATCHMENT_ID: ["catchment", "catchments"],
  GAGE_ID: ["gauge", "gauges"],
  FLOWPATH_ID: ["flowpath", "flowpaths"],
  VARIABLE: ["variable", "variables"],
  FORMULATION: ["formulation", "formulations"],
  HYDROFABRIC_ID: ["hydrofabric", "hydrofabrics"],
  HYDROFABRIC_REGION: ["region", "regions"],
  HYDROFABRIC_VERSION: ["version of the hydrofabric", "versions of the hydrofabric"],
  DATA_ID: ["name", "names"],
  TIME: ["period", "periods"],
};

const NAMED = 3;

/** The singular and the plural of what an index counts. */
export function nounOf(index: string): readonly [string, string] {
  const plain = index.toLowerCase().replaceAll("_", " ");
  return NOUNS[index] ?? [plain, `${plain}s`];
}

/** How many elements runs and values stand for. */
export function sizeOf(held: Elements): number {
  let size = held.values?.length ?? 0;
  for (const text of Object.values(held.runs ?? {})) {
    for (const part of text.split(",")) {
      const [first = "", last = first] = part.split("-");
      size += Number(last) - Number(first) + 1;
    }
  }
  return size;
}

/** The first few elements; all of them where `most` allows. */
export function someOf(held: Elements, most: number): string[] {
  const found = (held.values ?? []).slice(0, most).map(String);
  for (const [prefix, text] of Object.entries(held.runs ?? {})) {
    for (const part of text.split(",")) {
      const [first = "", last = first] = part.split("-");
      for (let at = Number(first); at <= Number(last) && found.length < most; at += 1) found.push(prefix + at);
    }
  }
  return found;
}

/** A set as it is said: "88 catchments: cat-1, cat-2, cat-3 …", "every gauge". */
export function elementsInWords(held: Elements): string {
  const [one, many] = nounOf(held.variable);
  const size = sizeOf(held);
  if (!size) return `every ${one}`;
  if (held.excluded) return `every ${one} but ${listed(held, size)}`;
  if (size === 1) return `${one} ${listed(held, size)}`;
  return `${count(size)} ${many}: ${listed(held, size)}`;
}

function listed(held: Elements, size: number): string {
  const prefixes = Object.entries(held.runs ?? {});
  if (size > NAMED && prefixes.length === 1 && !held.values?.length) {
    // numbered ids say most by their first and last
    const [prefix, text] = prefixes[0] as [string, string];
    const numbers = text.split(/[,-]/);
    return `${prefix}${numbers[0]} to ${prefix}${numbers.at(-1)}`;
  }
  const named = someOf(held, size <= NAMED + 1 ? size : NAMED);
  return named.join(", ") + (named.length < size ? " …" : "");
}

/** A bound of a range without seconds that say nothing. */
export function boundInWords(bound: string | number): string {
  const text = String(bound);
  if (text === "-inf") return "the beginning";
  if (text === "inf") return "no end";
  const time = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2})(:\d{2})?/.exec(text);
  if (!time) return text;
  return time[3] && time[3] !== ":00" ? `${time[1]} ${time[2]}${time[3]}` : `${time[1]} ${time[2]}`;
}

export function rangeInWords(held: Range): string {
  const text = `${boundInWords(held.begin)} to ${boundInWords(held.end)}`;
  return held.variable === "TIME" ? text : `${nounOf(held.variable)[0]} ${text}`;
}

export function periodOf(domain: Box): Range | undefined {
  return domain.continuous.find((held) => held.variable === "TIME");
}

export function setOf(domain: Box, index: string): Elements | undefined {
  return domain.discrete.find((held) => held.variable === index);
}

/** The places that data are of, shortly: "88 catchments", "gauge 10109001". */
export function placesInShort(domain: Box): string {
  return ["CATCHMENT_ID", "GAGE_ID", "FLOWPATH_ID"]
    .map((index) => setOf(domain, index))
    .filter((held) => held !== undefined)
    .map((held) => {
      const [one, many] = nounOf(held.variable);
      const size = sizeOf(held);
      if (!size || held.excluded) return `every ${one}`;
      return size === 1 ? `${one} ${someOf(held, 1)[0]}` : `${count(size)} ${many}`;
    })
    .join(", ");
}

/** A part of what is wanted or missing, in one line. */
export function boxInWords(box: Box): string {
  return [...box.continuous.map(rangeInWords), ...box.discrete.map(elementsInWords)].join(" · ");
}

export interface Variable {
  name: string;
  unit: string;
}

/** The variables with their units; units alone where no set of variables is given. */
export function variablesOf(domain: Domain): Variable[] {
  const held = setOf(domain, "VARIABLE");
  const units = domain.units ?? {};
  const names = held && !held.excluded && sizeOf(held) ? someOf(held, 10_000) : Object.keys(units);
  return names.map((name) => ({ name, unit: units[name] ?? "" }));
}
