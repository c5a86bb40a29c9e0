/** Datasets as the server records them. */

import type { Domain } from "./dataDomain";

export interface DatasetInput {
  role: string;
  name: string;
  version: number;
  uuid: string;
}

export interface DatasetRecord {
  name: string;
  version: number;
  uuid: string;
  category: string;
  domain: Domain;
  digest: string;
  size: number;
  files: number;
  created: string;
  expires: string | null;
  read_only: boolean;
  description: string;
  owner: string;
  shared_with?: string[];
  access_location: string;
  lineage: { step: string; software: string; parameters: Record<string, unknown>; sources: Record<string, string>; inputs: DatasetInput[] };
  /** Only where one dataset is shown. */
  versions?: number[];
  children?: string[];
}

export const CATEGORIES = ["CONFIG", "EVALUATION", "FORCING", "HYDROFABRIC", "OBSERVATION", "OUTPUT", "PARTITION", "STATE"] as const;

/** What each category holds, for people. */
export const MEANINGS: Readonly<Record<string, string>> = {
  CONFIG: "configuration",
  EVALUATION: "scores",
  FORCING: "weather",
  HYDROFABRIC: "rivers and basins",
  OBSERVATION: "observed",
  OUTPUT: "results",
  PARTITION: "partition",
  STATE: "model state",
};

export function meaningOf(category: string): string {
  return MEANINGS[category] ?? category.toLowerCase();
}

export function referenceOf(dataset: DatasetRecord): string {
  return `${dataset.name}@${dataset.version}`;
}

/** A format's name as words: `NGEN_CSV_OUTPUT` → "ngen csv output". */
export function formatInWords(format: string): string {
  return format.toLowerCase().replaceAll("_", " ");
}

/** A dataset as it stands in a list to choose from: what it is beside what it is called. */
export function choiceOf(reference: string, description: string): string {
  const said = description.length > 70 ? `${description.slice(0, 68)} …` : description;
  return [reference, said].filter(Boolean).join(" · ");
}

export function addressOf(reference: string): string {
  return `/data/${encodeURIComponent(reference)}`;
}

/** The pattern of names that a text asks for: one with `*` or `?` as it is, else all that hold it. */
export function patternOf(text: string): string {
  const plain = text.trim();
  return !plain || /[*?]/.test(plain) ? plain : `*${plain}*`;
}

export type Order = "new" | "old" | "name" | "large";

/** How the server is asked for each order, so that the first of many are the right ones. */
export const SORTS: Record<Order, { sort: "name" | "created" | "size"; descending: boolean }> = {
  new: { sort: "created", descending: true },
  old: { sort: "created", descending: false },
  name: { sort: "name", descending: false },
  large: { sort: "size", descending: true },
};

/** The order that a text names; the newest first where it names none. */
export function orderOf(text: string | null): Order {
  return text !== null && Object.hasOwn(SORTS, text) ? (text as Order) : "new";
}

/** So many evaluations stand beside one another at most, as the gateway has it. */
export const MOST_COMPARED = 8;

/** The address of scores beside one another. */
export function scoresAddress(references: readonly string[]): string {
  return `/scores?${new URLSearchParams(references.map((reference) => ["of", reference]))}`;
}

/** Where to look at what a dataset holds, if a page can. */
export function viewOf(dataset: DatasetRecord): { to: string; text: string } | null {
  const reference = encodeURIComponent(referenceOf(dataset));
  if (dataset.category === "OUTPUT") return { to: `/results?run=${reference}`, text: "Look at it" };
  if (dataset.category === "OBSERVATION") return { to: `/results?run=${reference}`, text: "Look at it" };
  if (dataset.category === "EVALUATION") return { to: scoresAddress([referenceOf(dataset)]), text: "Compare with others" };
  if (dataset.category === "HYDROFABRIC") return { to: `/?fabric=${reference}`, text: "Show on the map" };
  return null;
}

export interface Share {
  name: string;
  datasets: number;
  bytes: number;
}

/** The bytes of datasets by some mark of theirs, the largest first. */
export function sharesOf(datasets: readonly DatasetRecord[], mark: (dataset: DatasetRecord) => string): Share[] {
  const found = new Map<string, Share>();
  for (const dataset of datasets) {
    const name = mark(dataset);
    const share = found.get(name) ?? { name, datasets: 0, bytes: 0 };
    share.datasets += 1;
    share.bytes += dataset.size;
    found.set(name, share);
  }
  return [...found.values()].sort((one, other) => other.bytes - one.bytes || one.name.localeCompare(other.name));
}
