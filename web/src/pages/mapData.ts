/** What the map asks of the gateway. */

import { useQuery } from "@tanstack/react-query";
import { api, fetched, got } from "../api/client";
import type { components } from "../api/schema";
import { type DatasetRecord, recordOf } from "./mapBelonging";

export type MapDescription = components["schemas"]["MapShown"];
export type Feature = components["schemas"]["FeatureShown"];
export type Upstream = components["schemas"]["UpstreamShown"];
export type Hit = components["schemas"]["HitShown"];

const PACKAGE = "NGEN_JOB_COMPOSITE_CONFIG";
const ASKED_AGAIN = 1_500;

function useRecords(category: string) {
  return useQuery({
    queryKey: ["data", "list", category],
    queryFn: () => got(api.GET("/v1/data/datasets", { params: { query: { category, limit: 500 } } })),
    select: (found): DatasetRecord[] => found.map(recordOf),
  });
}

/** Datasets with a hydrofabric: hydrofabrics, and packages of runs. */
export function useFabrics() {
  const fabrics = useRecords("HYDROFABRIC");
  const packages = useRecords("CONFIG");
  return {
    isPending: fabrics.isPending || packages.isPending,
    error: fabrics.error ?? packages.error,
    retry: () => void Promise.all([fabrics.refetch(), packages.refetch()]),
    fabrics: fabrics.data ?? [],
    packages: (packages.data ?? []).filter((one) => one.format === PACKAGE),
  };
}

export function useRuns() {
  return useRecords("OUTPUT");
}

/** The map of a dataset; while it is drawn it is asked for again and again. */
export function useMap(reference: string) {
  return useQuery({
    queryKey: ["map", reference],
    queryFn: () => got(api.GET("/v1/maps/{reference}", { params: { path: { reference } } })),
    enabled: Boolean(reference),
    staleTime: (query) => (query.state.data?.state === "ready" ? Infinity : 0),
    refetchInterval: (query) => (query.state.data?.state === "drawing" ? ASKED_AGAIN : false),
  });
}

const LASTING = { staleTime: Infinity, gcTime: 600_000 };

export function useFeature(reference: string, place: string) {
  return useQuery({
    queryKey: ["map", reference, "feature", place],
    queryFn: () => got(api.GET("/v1/maps/{reference}/feature", { params: { path: { reference }, query: { place } } })),
    enabled: Boolean(reference && place),
    ...LASTING,
  });
}

export function useUpstream(reference: string, place: string) {
  return useQuery({
    queryKey: ["map", reference, "upstream", place],
    queryFn: () => got(api.GET("/v1/maps/{reference}/upstream", { params: { path: { reference }, query: { place } } })),
    enabled: Boolean(reference && place),
    ...LASTING,
    gcTime: 60_000,
  });
}

export function useHits(reference: string, text: string) {
  return useQuery({
    queryKey: ["map", reference, "search", text],
    queryFn: ({ signal }) => got(api.GET("/v1/maps/{reference}/search", { params: { path: { reference }, query: { text, limit: 12 } }, signal })),
    enabled: Boolean(reference && text),
    placeholderData: (before) => before,
    staleTime: Infinity,
  });
}

export function useAttribute(reference: string, attribute: string) {
  return useQuery({
    queryKey: ["map", reference, "values", attribute],
    queryFn: () => got(api.GET("/v1/maps/{reference}/values", { params: { path: { reference }, query: { attribute } } })),
    enabled: Boolean(reference && attribute),
    ...LASTING,
    gcTime: 60_000,
  });
}

/** Fetch all places at some steps, one step after the other. */
export async function fetchFrames(run: string, layer: string, variable: string, first: number, count: number): Promise<Float32Array> {
  const query = new URLSearchParams({ layer, variable, first: String(first), count: String(count), form: "float32" });
  const answer = await fetched(`/v1/results/${encodeURIComponent(run)}/frames?${query}`);
  return new Float32Array(await answer.arrayBuffer());
}
