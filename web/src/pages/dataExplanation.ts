/** What fulfils a requirement, why the rest does not, and how what is missing would be made. */

import { span } from "../parts/format";
import { boundInWords, type Box, type Elements, elementsInWords, nounOf, type Range, sizeOf, someOf } from "./dataDomain";
import { formatInWords, meaningOf } from "./dataRecord";

export type Restriction = Range | Elements;

export interface Finding {
  index: string;
  state: string;
  wanted: Restriction;
  held: Restriction | null;
  missing: Restriction[];
  text: string;
}

export interface Examination {
  dataset: string;
  fulfils: boolean;
  category_fits: boolean;
  format: string;
  format_verdict: string;
  expired: boolean;
  findings: Finding[];
  reasons: string[];
}

export interface Fulfilment {
  fulfilled: boolean;
  requirement: Box & { category: string; format: string | null; text: string };
  parts: { dataset: string; format: string; boxes: Box[] }[];
  uncovered: Box[];
  examined: Examination[];
}

export interface PlannedStep {
  derivation: string;
  seconds: number;
  cached: string | null;
  inputs: Plan[];
}

export interface Plan {
  requirement: string;
  role: string;
  ready: boolean;
  possible: boolean;
  datasets: string[];
  fulfilment: Fulfilment;
  objections: { dataset: string; reason: string }[];
  seconds: number;
  derive: PlannedStep | null;
  refused: { derivation: string; reason: string; hint: string }[];
}

export interface Reason {
  fits: boolean;
  what: string;
  text: string;
}

const MOST_NAMED = 5;

/** Every mark on which a dataset was examined, those that fit included, each in one plain sentence. */
export function reasonsOf(examined: Examination): Reason[] {
  const found: Reason[] = [];
  if (!examined.category_fits) found.push({ fits: false, what: "category", text: "it holds another kind of data" });
  if (examined.format_verdict === "convertible") {
    found.push({ fits: false, what: "format", text: `it is ${formatInWords(examined.format)}, which can be converted` });
  } else if (!["exact", "compatible"].includes(examined.format_verdict)) {
    found.push({ fits: false, what: "format", text: `it is ${formatInWords(examined.format)}, which is not what is asked for` });
  }
  if (examined.expired) found.push({ fits: false, what: "expiry", text: "its time is over" });
  for (const finding of examined.findings) found.push(reasonOf(finding));
  return found;
}

function reasonOf(finding: Finding): Reason {
  const [, what] = nounOf(finding.index);
  const name = finding.index === "TIME" ? "period" : what;
  if (finding.state === "satisfied") return { fits: true, what: name, text: "has all that is asked for" };
  if (finding.held === null) return { fits: false, what: name, text: `it does not say which ${what} it covers` };
  if (finding.state !== "missing" || !finding.missing.length) return { fits: false, what: name, text: afterIndex(finding) };
  return { fits: false, what: name, text: finding.missing.map((part) => missingOf(part, finding.wanted)).join("; ") };
}

function isRange(held: Restriction): held is Range {
  return "begin" in held;
}

function missingOf(missing: Restriction, wanted: Restriction): string {
  if (isRange(missing)) {
    const length = Date.parse(`${String(missing.end).replace(" ", "T")}Z`) - Date.parse(`${String(missing.begin).replace(" ", "T")}Z`);
    const text = `${boundInWords(missing.begin)} to ${boundInWords(missing.end)} is missing`;
    return Number.isFinite(length) && length > 0 ? `${text} (${span(length)})` : text;
  }
  if (missing.excluded || !sizeOf(missing) || isRange(wanted)) return `${elementsInWords(missing)} missing`;
  const size = sizeOf(missing);
  const named = someOf(missing, MOST_NAMED);
  const more = size > named.length ? ` and ${size - named.length} more` : "";
  return `${size} of ${sizeOf(wanted)} missing: ${named.join(", ")}${more}`;
}

/** The server's words without the index that stands before them. */
function afterIndex(finding: Finding): string {
  const start = `${finding.index}: `;
  return finding.text.startsWith(start) ? finding.text.slice(start.length) : finding.text;
}

/** Those that come nearest first: the fewest marks that do not fit. */
export function nearestFirst(examined: readonly Examination[]): Examination[] {
  const faults = (item: Examination) => reasonsOf(item).filter((reason) => !reason.fits).length;
  return [...examined].sort((one, other) => Number(other.fulfils) - Number(one.fulfils) || faults(one) - faults(other) || one.dataset.localeCompare(other.dataset));
}

export interface Step {
  /** How deep it stands: what it needs stands below and is deeper. */
  depth: number;
  what: string;
  how: "have" | "derive" | "missing";
  by: string[];
  seconds: number;
}

/** A plan as a tree of lines: what is wanted, and by what it is met. */
export function stepsOf(plan: Plan, depth = 0): Step[] {
  const what = [plan.role.replaceAll("_", " "), plan.requirement].filter(Boolean).join(": ");
  if (plan.ready) {
    const cached = plan.derive?.cached ? [plan.derive.cached] : [];
    return [{ depth, what, how: "have", by: plan.datasets.length ? plan.datasets : cached, seconds: 0 }];
  }
  if (!plan.derive) return [{ depth, what, how: "missing", by: [], seconds: 0 }];
  const own: Step = { depth, what, how: "derive", by: [plan.derive.derivation.replaceAll("-", " ")], seconds: plan.derive.seconds };
  return [own, ...plan.derive.inputs.flatMap((input) => stepsOf(input, depth + 1))];
}

export interface Question {
  category: string;
  format: string;
  places: string;
  start: string;
  end: string;
  variables: string;
}

export interface Asked {
  category: string;
  format?: string;
  catchments?: string[];
  gages?: string[];
  start?: string;
  end?: string;
  variables?: string[];
}

/** What is asked for as the server reads it; ids of digits only are gauges. */
export function askedOf(question: Question): Asked {
  const places = wordsOf(question.places);
  const gages = places.filter((place) => /^\d+$/.test(place));
  const catchments = places.filter((place) => !/^\d+$/.test(place));
  const variables = wordsOf(question.variables);
  return {
    category: question.category,
    ...(question.format ? { format: question.format } : {}),
    ...(catchments.length ? { catchments } : {}),
    ...(gages.length ? { gages } : {}),
    ...(question.start ? { start: question.start } : {}),
    ...(question.end ? { end: question.end } : {}),
    ...(variables.length ? { variables } : {}),
  };
}

function wordsOf(text: string): string[] {
  return [...new Set(text.split(/[\s,;]+/).filter(Boolean))];
}

/** The verdict on a search in one sentence. */
export function verdictOf(found: Fulfilment): string {
  const kind = meaningOf(found.requirement.category);
  const names = found.parts.map((part) => part.dataset);
  if (found.fulfilled) return names.length === 1 ? `${names[0]} has all of it.` : `${names.length} datasets have all of it together.`;
  if (names.length) return `${names.join(", ")} ${names.length === 1 ? "has" : "have"} a part of it.`;
  return found.examined.length ? "No dataset has all of it." : `There is no dataset of this kind (${kind}) that comes near.`;
}
