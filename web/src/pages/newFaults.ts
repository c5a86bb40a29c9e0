/** What the server finds wrong with a request, and the field that each finding belongs to. */

import type { components } from "../api/schema";
import type { Problem } from "../api/problem";
import { placesOf, type Request, textAt, valueAt, type Way } from "./newRequest";

type Cause = components["schemas"]["CauseShown"];
type Finding = components["schemas"]["FindingShown"];

export interface Fault {
  /** Field that it stands beside; "" where there is none. */
  field: string;
  text: string;
  /** Whether something only has to be chosen yet. */
  isMissing: boolean;
}

/** Fields of the form by the keys of the request. */
export const FIELDS = [
  "name", "labels", "priority", "fresh", "executor", "package", "where", "where.hydrofabric", "where.places", "where.catchments",
  "period", "period.start", "period.end", "formulation", "realization", "engine", "environment", "parameters", "model_params", "revisions",
  "partitions", "warm_start", "resources.cpus", "resources.memory", "resources.time", "evaluation", "evaluation.observed",
  "evaluation.warm_up", "evaluation.outlet", "outputs.dataset", "outputs.csv", "outputs.precision",
] as const;

const KNOWN = new Set<string>(FIELDS);
const SHOWN: Record<string, string> = {
  where: "where to run", period: "period", formulation: "formulation", "the document": "",
};

/** The field that a key belongs to: its own, or that of what it is part of. */
export function fieldOf(key: string): string {
  let path = key.replace(/^Evaluated\b/, "evaluation").replace(/^bool$/, "evaluation");
  while (path) {
    if (KNOWN.has(path)) return path;
    const cut = path.lastIndexOf(".");
    if (cut < 0) return "";
    path = path.slice(0, cut);
  }
  return "";
}

/** The findings in the words of a refused request. */
export function faultsOf(problem: Problem): Fault[] {
  if (problem.status !== 422) return [];
  const body = problem.message.replace(/^the request cannot be used: /, "");
  const lines = /^\d+ things are wrong:\n/.test(body) ? body.split("\n").slice(1) : [body];
  const found = lines.map((line) => line.trim()).filter(Boolean).flatMap((line) => faultsIn(line));
  // "bool" is the other form that an evaluation could have had: it says nothing new beside a finding of its own
  const isOther = (fault: Fault) => fault.text === "bool" || /^bool: /.test(fault.text);
  const kept = found.length > 1 ? found.filter((fault) => !isOther(fault)) : found;
  const hint = problem.hint && !problem.hint.startsWith("`dmod schema`") ? ` (${problem.hint})` : "";
  return kept.map((fault) => ({ ...fault, text: fault.text + (kept.length === 1 ? hint : "") }));
}

function faultsIn(line: string): Fault[] {
  const missing = /^(?:the document: )?([a-z_, ]+) missing;/.exec(line);
  if (missing?.[1]) {
    return missing[1].split(", ").map((key) => ({ field: fieldOf(key), text: `${SHOWN[key] ?? key}: still to be chosen`, isMissing: true }));
  }
  const absent = /^([A-Za-z_.0-9]+) is missing$/.exec(line);
  if (absent?.[1]) return [{ field: fieldOf(absent[1]), text: `${absent[1]} is missing`, isMissing: true }];
  const keyed = /^([A-Za-z_][A-Za-z_.0-9-]*): ([\s\S]+)$/.exec(line);
  if (!keyed?.[1] || !keyed[2]) return [{ field: "", text: line.replace(/^the document: /, ""), isMissing: false }];
  const field = fieldOf(keyed[1]);
  // beside its own field the key need not be said again
  const text = field === keyed[1] || field === keyed[1].replace(/^Evaluated/, "evaluation") ? keyed[2] : line;
  return [{ field, text, isMissing: false }];
}

/** The key that a JSON pointer leads to: `/period/end` is `period.end`. */
function keyOf(pointer: string): string {
  return pointer.split("/").slice(1).map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~")).join(".");
}

/** What the server found by looking at the data, each beside the field that it concerns. */
export function faultsOfFindings(findings: Finding[]): Fault[] {
  return findings.map(({ field, message, given, hint }) => {
    const said = given && field.startsWith("/where/") && !message.includes(given) ? `${given}: ${message}` : message;
    return { field: fieldOf(keyOf(field)), text: hint ? `${said} (${hint})` : said, isMissing: false };
  });
}

/** The findings in a plan: what no node can give stands beside what asks for it. */
export function faultsOfRefusal(refusal: Cause | null): Fault[] {
  if (!refusal) return [];
  const whole = refusal.hint ? `${refusal.message}. ${refusal.hint}` : refusal.message;
  const found = refusal.message.split("; ").flatMap((part) => {
    const field = /\bCPUs?\b/.test(part) && /^needs \d+ /.test(part) ? "resources.cpus"
      : /^needs [\d.]+ [kMGT]?B\b/.test(part) ? "resources.memory"
      : /\bexecutor\b|\bno node\b/.test(part) ? "executor" : "";
    return field ? [{ field, text: part, isMissing: false }] : [];
  });
  return [{ field: "", text: whole, isMissing: false }, ...found];
}

/** What has to be chosen before anything can be run. */
export function missingIn(request: Request, way: Way): Fault[] {
  const found: [string, string][] = [];
  const isSaid = (key: string) => textAt(request, key) !== "";
  if (way === "package" && !isSaid("package")) found.push(["package", "a run package"]);
  if (way === "place") {
    if (!placesOf(request).length && !Array.isArray(valueAt(request, "where.catchments"))) found.push(["where.places", "a place"]);
    if (!isSaid("formulation") && !isSaid("realization")) found.push(["formulation", "a formulation"]);
  }
  if (way === "place" || request["period"] !== undefined) {
    if (!isSaid("period.start")) found.push(["period.start", "the first hour"]);
    if (!isSaid("period.end")) found.push(["period.end", "the last hour"]);
  }
  if (valueAt(request, "evaluation.observed") === "") found.push(["evaluation.observed", "a dataset of observations"]);
  return found.map(([field, text]) => ({ field, text, isMissing: true }));
}

/** What is missing, and what the server finds wrong beside that. */
export function withMissing(missing: Fault[], faults: Fault[]): Fault[] {
  const isSaid = (fault: Fault) => missing.some(({ field }) => field === fault.field || field.startsWith(`${fault.field}.`));
  return [...missing, ...faults.filter((fault) => !fault.isMissing && !(fault.field && isSaid(fault)))];
}

export function faultAt(faults: Fault[], ...fields: string[]): string {
  return faults
    .filter((fault) => !fault.isMissing && fields.includes(fault.field))
    .map((fault) => fault.text)
    .join("; ");
}
