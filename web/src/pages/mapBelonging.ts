/** Which results belong to a hydrofabric, as the records of datasets say it. */

export interface DatasetRecord {
  reference: string;
  format: string;
  description: string;
  fabrics: ReadonlySet<string>;
  /** Runs of numbers by what stands before them: cat- → [[1, 60]]. */
  catchments: ReadonlyMap<string, readonly Span[]>;
}

type Span = readonly [number, number];
export type Belonging = "same" | "names" | "none";

type Json = Record<string, unknown>;

export function recordOf(raw: Json): DatasetRecord {
  const domain = object(raw["domain"]);
  const discrete = Array.isArray(domain["discrete"]) ? domain["discrete"].map(object) : [];
  const index = (name: string) => discrete.find((one) => one["variable"] === name) ?? {};
  return {
    reference: `${String(raw["name"])}@${String(raw["version"])}`,
    format: String(domain["data_format"] ?? ""),
    description: String(raw["description"] ?? ""),
    fabrics: new Set(texts(index("HYDROFABRIC_ID")["values"])),
    catchments: spansOf(index("CATCHMENT_ID")),
  };
}

function object(value: unknown): Json {
  return typeof value === "object" && value !== null ? (value as Json) : {};
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function spansOf(index: Json): Map<string, Span[]> {
  const found = new Map<string, Span[]>();
  for (const [before, text] of Object.entries(object(index["runs"]))) {
    found.set(before, String(text).split(",").map(spanOf));
  }
  for (const identifier of texts(index["values"])) {
    const [, before = "", digits = ""] = /^(.*?)(\d*)$/.exec(identifier) ?? [];
    found.set(before, [...(found.get(before) ?? []), spanOf(digits || "0")]);
  }
  return found;
}

function spanOf(text: string): Span {
  const [from = "", to = from] = text.split("-");
  return [Number(from), Number(to)];
}

/** Whether results are of this hydrofabric, or of one whose catchments have the same names: a part of it, or another one. */
export function belonging(results: DatasetRecord, fabric: DatasetRecord): Belonging {
  for (const identifier of results.fabrics) if (fabric.fabrics.has(identifier)) return "same";
  for (const [before, spans] of results.catchments) {
    const others = fabric.catchments.get(before) ?? [];
    if (spans.some(([from, to]) => others.some(([start, end]) => from <= end && start <= to))) return "names";
  }
  return "none";
}
