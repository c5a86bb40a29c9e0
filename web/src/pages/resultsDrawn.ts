/** Which series the page of results draws: the runs at a place, what was observed there, and rain. */

import type { Layer, View, Wanted } from "./results";
import { SERIES } from "./results";

export interface Drawn {
  kind: "run" | "observed" | "rain";
  name: string;
  colour: string;
  wanted: Wanted;
}

export const BASIN = "basin";
export const FLOW = "m3 s-1";

type Json = Record<string, unknown>;

export interface Outlet {
  name: string;
  /** The gauge that stands there; "" where none does. */
  gauge: string;
  /** Rivers whose flow adds up to that of the outlet. */
  rivers: readonly string[];
}

/** Where the water leaves the basin, as the run's record says it. */
export function outletOf(view: View | undefined): Outlet {
  const result = (view?.summary["result"] ?? {}) as Json;
  const rivers = result["outlet_flowpaths"];
  return {
    name: typeof result["outlet"] === "string" && result["outlet"] ? result["outlet"] : "outlet",
    gauge: typeof result["gauge"] === "string" ? result["gauge"] : "",
    rivers: Array.isArray(rivers) ? rivers.map(String) : [],
  };
}

/** What is looked at first: the river at the outlet, or the sum of several that meet there. */
export function firstLayer(view: View): Layer | undefined {
  const named = (name: string) => view.layers.find((one) => one.name === name && one.steps > 0);
  const basin = named(BASIN);
  return (outletOf(view).rivers.length === 1 ? named("rivers") : basin) ?? named("rivers") ?? basin ?? view.layers[0];
}

/** The place of a layer that is looked at first; "" where that is for the list of places to say. */
export function firstPlace(view: View, layer: string): string {
  const outlet = outletOf(view);
  if (layer === "rivers") return outlet.rivers[0] ?? "";
  return layer === BASIN ? outlet.name : "";
}

/** Whether the water of the whole basin passes a place; into a nexus goes what the catchments beside it yield. */
export function isAtOutlet(view: View, layer: string, place: string): boolean {
  const { name, rivers } = outletOf(view);
  if (layer === "rivers") return rivers.length === 1 && rivers[0] === place;
  return layer === BASIN && place === name;
}

export interface Choice {
  runs: readonly string[];
  views: readonly (View | undefined)[];
  layer: Layer;
  place: string;
  variable: string;
  /** What was chosen as observed; the run's own where nothing was. */
  observed: Wanted | null;
}

/** Everything that is drawn: runs in their colours, observed flow beside flow only, the first run's rain at the outlet. */
export function drawnOf({ runs, views, layer, place, variable, observed }: Choice): Drawn[] {
  const drawn: Drawn[] = runs.map((reference, at) => ({
    kind: "run",
    name: reference,
    colour: SERIES[at] ?? "series-1",
    wanted: { reference, layer: layer.name, place, variable },
  }));
  const own = (name: string): Wanted | null => {
    const at = views.findIndex((view) => view && isAtOutlet(view, layer.name, place) && view.layers.some((one) => one.name === BASIN && name in one.variables));
    const view = views[at];
    if (!view || (layer.name === BASIN && variable === name)) return null;
    return { reference: runs[at] ?? "", layer: BASIN, place: outletOf(view).name, variable: name };
  };
  const seen = layer.variables[variable] === FLOW ? (observed ?? own("observed")) : null;
  if (seen) drawn.push({ kind: "observed", name: "observed", colour: "observed", wanted: seen });
  const rain = own("rain");
  if (rain) drawn.push({ kind: "rain", name: runs.length > 1 ? `rain of ${rain.reference}` : "rain", colour: "rain", wanted: rain });
  return drawn;
}

/** The address of whole series as one file. */
export function tableOf(series: readonly Wanted[], window: readonly [string, string] | null, form: "csv" | "netcdf"): string {
  const [first, ...others] = series;
  if (!first) return "";
  const query = new URLSearchParams({ layer: first.layer, place: first.place, variable: first.variable, form });
  for (const one of others) query.append("also", [one.reference, one.layer, one.variable, one.place].join("/"));
  if (window) {
    query.set("start", window[0]);
    query.set("end", window[1]);
  }
  return `/v1/results/${encodeURIComponent(first.reference)}/table?${query}`;
}

/** The map of a run's hydrofabric, coloured by what is looked at; a run's record names the package that it ran. */
export function mapOf(run: string, fabric: string, layer: string, variable: string, place: string): string {
  const query = new URLSearchParams(fabric ? { fabric, run, place } : { run, place });
  if (layer !== BASIN) {
    query.set("layer", layer);
    query.set("variable", variable);
  }
  return `/?${query}`;
}
