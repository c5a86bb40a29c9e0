/** Forms that were saved under a name: kept in this browser only, and nothing of what cannot be read is lost. */

import { parse, stringify } from "yaml";
import { isMapping, type Request } from "./newRequest";

export const KEY = "dmod.templates";
const ASIDE = `${KEY}.unreadable`;

export interface Template {
  name: string;
  saved: string;
  request: Request;
}

export interface Kept {
  templates: Template[];
  /** Why what is kept cannot be read; "" where it can. */
  fault: string;
}

type Place = Pick<Storage, "getItem" | "setItem" | "removeItem">;

export function load(place: Place = localStorage): Kept {
  const text = place.getItem(KEY);
  if (text === null) return { templates: [], fault: "" };
  const entries = entriesOf(text);
  if (!entries) return { templates: [], fault: `what this browser keeps as templates (${KEY}) cannot be read` };
  return { templates: entries.filter(isTemplate).sort((a, b) => a.name.localeCompare(b.name)), fault: "" };
}

/** Keep a template; one of the same name is replaced. What is kept is read anew, for another tab may have changed it. */
export function save(name: string, request: Request, place: Place = localStorage, now = new Date()): void {
  const template: Template = { name, saved: now.toISOString(), request };
  write(place, (entries) => [...entries.filter((item) => !isTemplate(item) || item.name !== name), template]);
}

export function remove(name: string, place: Place = localStorage): void {
  write(place, (entries) => entries.filter((item) => !isTemplate(item) || item.name !== name));
}

function write(place: Place, change: (entries: unknown[]) => unknown[]): void {
  const text = place.getItem(KEY);
  let entries = text === null ? [] : entriesOf(text);
  if (!entries) {
    setAside(place, text ?? "");
    entries = [];
  }
  place.setItem(KEY, JSON.stringify(change(entries)));
}

/** Keep what cannot be read under a key of its own, never over what was put there before. */
function setAside(place: Place, text: string): void {
  let number = 1;
  while (place.getItem(`${ASIDE}-${number}`) !== null && place.getItem(`${ASIDE}-${number}`) !== text) number += 1;
  place.setItem(`${ASIDE}-${number}`, text);
}

function entriesOf(text: string): unknown[] | null {
  try {
    const found: unknown = JSON.parse(text);
    return Array.isArray(found) ? found : null;
  } catch {
    return null;
  }
}

function isTemplate(item: unknown): item is Template {
  return isMapping(item) && typeof item["name"] === "string" && item["name"] !== "" && isMapping(item["request"]);
}

/** Templates as a file: one as the request itself, which `dmod submit` takes as it is; several by their names. */
export function exported(templates: Template[]): string {
  const [only] = templates;
  if (only && templates.length === 1) return stringify(only.request);
  return stringify({ templates: Object.fromEntries(templates.map((item) => [item.name, item.request])) });
}

/** The templates in a file; a request alone is called by the file's name.
 *
 * Throws an Error that says what is wrong with the file.
 */
export function imported(text: string, file: string): { name: string; request: Request }[] {
  let found: unknown;
  try {
    found = parse(text, { maxAliasCount: 100 });
  } catch (error) {
    throw new Error(`${file} is no YAML: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`);
  }
  if (!isMapping(found)) throw new Error(`${file} holds no request: a mapping such as kind: run is expected`);
  const named = found["templates"];
  if (named === undefined) {
    requireRun(found, file);
    return [{ name: file.replace(/\.(ya?ml|json)$/i, ""), request: found }];
  }
  if (!isMapping(named)) throw new Error(`${file}: templates has to be a mapping of names to requests`);
  return Object.entries(named).map(([name, request]) => {
    if (!isMapping(request)) throw new Error(`${file}: the template ${name} is no mapping of keys to values`);
    requireRun(request, `${file}, template ${name}`);
    return { name, request };
  });
}

function requireRun(request: Request, what: string): void {
  const kind = request["kind"] ?? "run";
  if (kind !== "run") throw new Error(`${what} is a request of kind ${String(kind)}; this page starts runs only`);
}
