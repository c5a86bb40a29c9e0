/** What the page of results shows, as its address says it: a link shows the same to whoever opens it. */

import { useQueries, useQuery } from "@tanstack/react-query";
import { api, got } from "../api/client";
import type { components } from "../api/schema";
import type { Line } from "../parts/Hydrograph";

export type View = components["schemas"]["ViewShown"];
export type Layer = components["schemas"]["ViewedLayerShown"];

export interface Shown {
  runs: string[];
  observed: string;
  /** Of the observations, where they are of several. */
  gauge: string;
  layer: string;
  place: string;
  variable: string;
  window: [number, number] | null;
  logarithmic: boolean;
}

export const SERIES = ["series-1", "series-2", "series-3", "series-4", "series-5"] as const;
export const MOST = SERIES.length;

export function shownOf(search: URLSearchParams): Shown {
  const from = Date.parse(`${search.get("from") ?? ""}Z`) / 1000;
  const to = Date.parse(`${search.get("to") ?? ""}Z`) / 1000;
  return {
    runs: search.getAll("run").slice(0, MOST),
    observed: search.get("observed") ?? "",
    gauge: search.get("gauge") ?? "",
    layer: search.get("layer") ?? "",
    place: search.get("place") ?? "",
    variable: search.get("variable") ?? "",
    window: Number.isFinite(from) && Number.isFinite(to) && from < to ? [from, to] : null,
    logarithmic: search.get("scale") === "log",
  };
}

export function searchOf(shown: Shown): URLSearchParams {
  const search = new URLSearchParams();
  for (const run of shown.runs) search.append("run", run);
  for (const name of ["observed", "gauge", "layer", "place", "variable"] as const) if (shown[name]) search.set(name, shown[name]);
  if (shown.window) {
    search.set("from", text(shown.window[0]));
    search.set("to", text(shown.window[1]));
  }
  if (shown.logarithmic) search.set("scale", "log");
  return search;
}

/** A period as it is asked for. */
export function periodOf(window: readonly [number, number] | null): [string, string] | null {
  return window && [text(window[0]), text(window[1])];
}

function text(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 16);
}

export function useViews(references: readonly string[]) {
  return useQueries({
    queries: references.map((reference) => ({
      queryKey: ["view", reference],
      queryFn: () => got(api.GET("/v1/results/{reference}", { params: { path: { reference } } })),
      staleTime: 60_000,
    })),
  });
}

export function usePlaces(reference: string, layer: string) {
  return useQuery({
    queryKey: ["view", reference, "places", layer],
    queryFn: () => got(api.GET("/v1/results/{reference}/places", { params: { path: { reference }, query: { layer } } })),
    enabled: Boolean(reference && layer),
    staleTime: Infinity,
  });
}

export interface Wanted {
  reference: string;
  layer: string;
  place: string;
  variable: string;
}

/** Ask for the series in sight, thinned to the width at which they are drawn. */
export function useSeries(wanted: readonly Wanted[], window: readonly [number, number] | null, points: number) {
  return useQueries({
    queries: wanted.map((one) => ({
      queryKey: ["view", one.reference, "series", one.layer, one.place, one.variable, window, points],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        got(
          api.GET("/v1/results/{reference}/series", {
            signal,
            params: {
              path: { reference: one.reference },
              query: {
                layer: one.layer,
                place: one.place,
                variable: one.variable,
                points,
                ...(window ? { start: text(window[0]), end: text(window[1]) } : {}),
              },
            },
          }),
        ),
      enabled: Boolean(one.place && one.layer),
      staleTime: Infinity,
      placeholderData: <T,>(before: T | undefined) => before,
    })),
  });
}

export function useDurations(wanted: readonly Wanted[], window: readonly [number, number] | null) {
  return useQueries({
    queries: wanted.map((one) => ({
      queryKey: ["view", one.reference, "duration", one.layer, one.place, one.variable, window],
      queryFn: () =>
        got(
          api.GET("/v1/results/{reference}/duration", {
            params: {
              path: { reference: one.reference },
              query: {
                layer: one.layer,
                place: one.place,
                variable: one.variable,
                ...(window ? { start: text(window[0]), end: text(window[1]) } : {}),
              },
            },
          }),
        ),
      enabled: Boolean(one.place && one.layer),
      staleTime: Infinity,
    })),
  });
}

export function lineOf(
  name: string,
  colour: string,
  series: components["schemas"]["SeriesShown"] | undefined,
  dashed = false,
): Line | null {
  if (!series) return null;
  return { name, colour, dashed, unit: series.unit, seconds: series.seconds, values: series.values };
}
