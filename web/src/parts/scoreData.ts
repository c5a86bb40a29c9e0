/** What the gateway says of scores of one or several evaluations. */

import { keepPreviousData, useQueries, useQuery } from "@tanstack/react-query";
import { api, got } from "../api/client";
import type { components } from "../api/schema";

export type ScoreSet = components["schemas"]["ScoreSetShown"];
export type Run = components["schemas"]["RunScored"];
export type Place = components["schemas"]["PlaceScored"];
export type Part = components["schemas"]["PartScored"];
export type Compared = components["schemas"]["AspectCompared"];
export type Pair = components["schemas"]["PairCompared"];
export type PairSeries = components["schemas"]["PairSeriesShown"];
export type Ensemble = components["schemas"]["EnsembleShown"];

/** What is asked for: a metric, of all times or of a part of them. */
export interface Aspect {
  metric: string;
  threshold: string;
  facet: string;
  part: string;
}

const kept = { staleTime: Infinity, placeholderData: keepPreviousData };

export function useScoreSet(of: readonly string[]) {
  return useQuery({
    queryKey: ["scores", of],
    queryFn: () => got(api.GET("/v1/evaluation/together", { params: { query: { of: [...of] } } })),
    staleTime: Infinity,
  });
}

export function useMetrics() {
  return useQuery({ queryKey: ["metrics"], queryFn: () => got(api.GET("/v1/evaluation/metrics")), staleTime: Infinity });
}

export function usePlaces(of: readonly string[], aspect: Aspect) {
  return useQuery({
    ...kept,
    queryKey: ["scores", of, "places", aspect],
    queryFn: ({ signal }) => got(api.GET("/v1/evaluation/together/places", { signal, params: { query: { of: [...of], ...aspect } } })),
    enabled: Boolean(aspect.metric),
  });
}

export function useParts(of: readonly string[], { metric, threshold, facet }: Aspect) {
  return useQuery({
    ...kept,
    queryKey: ["scores", of, "facets", metric, threshold, facet],
    queryFn: ({ signal }) => got(api.GET("/v1/evaluation/together/facets", { signal, params: { query: { of: [...of], metric, threshold, facet } } })),
    enabled: Boolean(metric && facet),
  });
}

export function useComparison(of: readonly string[], aspect: Aspect) {
  return useQuery({
    ...kept,
    queryKey: ["scores", of, "compare", aspect],
    queryFn: ({ signal }) => got(api.GET("/v1/evaluation/compare", { signal, params: { query: { of: [...of], ...aspect } } })),
    enabled: Boolean(aspect.metric),
  });
}

const POINTS = 6_000;

/** What was compared at a place, as each evaluation kept it. */
export function usePairs(of: readonly string[], location: string) {
  return useQueries({
    queries: of.map((reference) => ({
      queryKey: ["scores", reference, "series", location],
      queryFn: () => got(api.GET("/v1/evaluation/scores/{reference}/series", { params: { path: { reference }, query: { location, points: POINTS } } })),
      staleTime: Infinity,
      enabled: Boolean(location),
    })),
  });
}

/** Ranks and reliability of the ensembles of each evaluation. */
export function useEnsembles(of: readonly string[]) {
  return useQueries({
    queries: of.map((reference) => ({
      queryKey: ["scores", reference, "ensembles"],
      queryFn: () => got(api.GET("/v1/evaluation/scores/{reference}/ensembles", { params: { path: { reference } } })),
      staleTime: Infinity,
    })),
  });
}
