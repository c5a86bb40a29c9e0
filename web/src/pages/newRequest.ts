/** The request that the form shows: one document, read and written by paths; keys the form does not know stay. */

export type Value = string | number | boolean | null | Value[] | { [key: string]: Value };
export type Request = { [key: string]: Value };
export type Way = "package" | "place";

/** Keys that only stand in a request with a package, or only in one without. */
const BELONGING: Record<Way, string[]> = { package: ["package"], place: ["where", "formulation", "realization", "parameters"] };

export function emptyRequest(): Request {
  return { kind: "run" };
}

export function isMapping(value: unknown): value is Request {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value at a path like `resources.cpus`; undefined where there is none. */
export function valueAt(request: Request, path: string): Value | undefined {
  let found: Value | undefined = request;
  for (const key of path.split(".")) {
    if (!isMapping(found) || !Object.hasOwn(found, key)) return undefined;
    found = found[key];
  }
  return found;
}

/** The text at a path, numbers of bytes and seconds as a person would type them. */
export function amountAt(request: Request, path: string): string {
  const found = valueAt(request, path);
  if (typeof found !== "number" || !Number.isInteger(found) || found <= 0) return textAt(request, path);
  if (path === "resources.memory" && found % 1e6 === 0) return `${found / 1e6} MB`;
  return path === "resources.time" ? `${found} s` : String(found);
}

/** The text at a path, as a person would type it. */
export function textAt(request: Request, path: string): string {
  const found = valueAt(request, path);
  return found === undefined || found === null || typeof found === "object" ? "" : String(found);
}

/** A request with a value at a path; undefined and empty text take the key away, and mappings left empty with it. */
export function withValue(request: Request, path: string, value: Value | undefined): Request {
  const [key = "", ...rest] = path.split(".");
  const next = { ...request };
  if (rest.length) {
    const inner = request[key];
    const changed = withValue(isMapping(inner) ? inner : {}, rest.join("."), value);
    if (Object.keys(changed).length) next[key] = changed;
    else delete next[key];
  } else if (value === undefined || value === "") delete next[key];
  else next[key] = value;
  return next;
}

/** What a person typed into a field for whole numbers; what is none stays text, and the server says so. */
export function numberOrText(text: string): Value | undefined {
  const trimmed = text.trim();
  if (!trimmed) return undefined;
  return /^-?\d{1,15}$/.test(trimmed) ? Number(trimmed) : trimmed;
}

/** What a parameter's text means: a number, true, false, or the text itself. */
export function meaning(text: string): Value {
  const trimmed = text.trim();
  if (trimmed === "true") return true;
  if (trimmed === "false") return false;
  if (/^-?(0|[1-9]\d{0,14})(\.\d+)?(e[+-]?\d+)?$/i.test(trimmed)) return Number(trimmed);
  if (/^[[{]/.test(trimmed)) {
    try {
      return JSON.parse(trimmed) as Value;
    } catch {
      return trimmed;
    }
  }
  return trimmed;
}

export function written(value: Value): string {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}

/** Where a request gets its data from; null where it does not say. */
export function wayOf(request: Request): Way | null {
  if (request["package"] !== undefined) return "package";
  return BELONGING.place.some((key) => request[key] !== undefined && key !== "parameters") ? "place" : null;
}

/** Part a request into what belongs to a way only, and the rest: to go another way and come back. */
export function parted(request: Request, way: Way): { own: Request; rest: Request } {
  const own: Request = {};
  const rest: Request = {};
  for (const [key, value] of Object.entries(request)) (BELONGING[way].includes(key) ? own : rest)[key] = value;
  return { own, rest };
}

export function placesOf(request: Request): string[] {
  const found = valueAt(request, "where.places");
  return Array.isArray(found) ? found.map((item) => written(item)) : [];
}

/** How a request names something that was found on the map. */
export function placeOf(hit: { id: string; kind: string }): string {
  return hit.kind === "gauge" && !hit.id.startsWith("gage-") ? `gage-${hit.id}` : hit.id;
}

export type Evaluating = "none" | "found" | "given";

export function evaluatingOf(request: Request): Evaluating {
  const said = request["evaluation"];
  if (said === false) return "none";
  return isMapping(said) && said["observed"] !== undefined ? "given" : "found";
}

/** The server takes no longer one. */
const LONGEST_NAME = 100;

/** What a run is called that nobody has named: where, with which formulation, and when. */
export function nameOf(request: Request): string {
  const places = placesOf(request);
  const where = textAt(request, "package") || (places.length > 2 ? `${places[0]} and ${places.length - 1} more` : places.join(", "));
  if (!where) return "";
  const days = ["period.start", "period.end"].map((path) => textAt(request, path).slice(0, 10)).filter(Boolean);
  const parts = [where, textAt(request, "formulation") || textAt(request, "realization"), days.join(" to ")];
  return parts.filter(Boolean).join(", ").slice(0, LONGEST_NAME);
}

/** A request under the name that it has, or is given. */
export function named(request: Request): Request {
  const name = textAt(request, "name") || nameOf(request);
  return name ? { ...request, name } : request;
}

/** A request as `dmod` writes it out again: first what people look for first. */
export function ordered(request: Request): Request {
  const first = ["kind", "name", "package", "where", "period", "formulation", "realization", "parameters", "model_params", "revisions"];
  const keys = [...first.filter((key) => key in request), ...Object.keys(request).filter((key) => !first.includes(key))];
  return Object.fromEntries(keys.map((key) => [key, request[key] as Value]));
}
