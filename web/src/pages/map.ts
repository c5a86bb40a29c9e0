/** What the map shows, as its address says it: a link shows the same to whoever opens it. */

import type { ScaleKind } from "../parts/MapScale";

/** Where one looks: longitude and latitude of the middle [degrees], and the zoom. */
export type Look = readonly [number, number, number];

export interface Shown {
  fabric: string;
  place: string;
  attribute: string;
  run: string;
  layer: string;
  variable: string;
  /** Moment of a result [s since 1970, UTC]. */
  at: number | null;
  scale: ScaleKind;
  look: Look | null;
}

const TEXTS = ["fabric", "place", "attribute", "run", "layer", "variable"] as const;

export function shownOf(search: URLSearchParams): Shown {
  const [fabric, place, attribute, run, layer, variable] = TEXTS.map((name) => search.get(name) ?? "") as [string, string, string, string, string, string];
  const at = Date.parse(`${search.get("at") ?? ""}Z`) / 1000;
  return {
    fabric,
    place,
    attribute: run ? "" : attribute,
    run,
    layer,
    variable,
    at: Number.isFinite(at) ? at : null,
    scale: search.get("scale") === "linear" ? "linear" : "quantile",
    look: lookOf(search.get("look") ?? ""),
  };
}

export function searchOf(shown: Shown): URLSearchParams {
  const search = new URLSearchParams();
  for (const name of TEXTS) if (shown[name]) search.set(name, shown[name]);
  if (shown.at !== null && shown.run) search.set("at", new Date(shown.at * 1000).toISOString().slice(0, 16));
  if (shown.scale !== "quantile") search.set("scale", shown.scale);
  if (shown.look) search.set("look", shown.look.join(","));
  return search;
}

/** Read a look; one that leads off the map is none. */
export function lookOf(text: string): Look | null {
  const parts = text.split(",");
  const [longitude, latitude, zoom] = parts.map((part) => (part.trim() ? Number(part) : NaN));
  if (parts.length !== 3 || longitude === undefined || latitude === undefined || zoom === undefined) return null;
  const stands = Math.abs(longitude) <= 180 && Math.abs(latitude) <= 85 && zoom >= 0 && zoom <= 22;
  return stands ? [longitude, latitude, zoom] : null;
}

/** A look as it stands in an address: to about ten metres. */
export function rounded(longitude: number, latitude: number, zoom: number): Look {
  return [Number(longitude.toFixed(4)), Number(latitude.toFixed(4)), Number(zoom.toFixed(2))];
}
