/** What the form reads of the catalog's records. */

import { useQuery } from "@tanstack/react-query";
import { api, got } from "../api/client";

export interface DatasetRecord {
  name: string;
  version: number;
  category: string;
  description: string;
  size: number;
  files: number;
  created: string;
  domain: {
    data_format: string;
    continuous: { variable: string; begin: string; end: string }[];
    discrete: { variable: string; values?: (string | number)[]; runs?: Record<string, string> }[];
  };
}

/** How many values of an index a dataset has: `{"cat-": "1-60,63"}` are 61. */
export function countOf(dataset: DatasetRecord, variable: string): number {
  const index = dataset.domain.discrete.find((item) => item.variable === variable);
  if (!index) return 0;
  let total = index.values?.length ?? 0;
  for (const runs of Object.values(index.runs ?? {})) {
    for (const run of runs.split(",")) {
      const [first = "", last = first] = run.split("-");
      total += Number(last) - Number(first) + 1;
    }
  }
  return Number.isFinite(total) ? total : 0;
}

export function valuesOf(dataset: DatasetRecord, variable: string): string[] {
  return (dataset.domain.discrete.find((item) => item.variable === variable)?.values ?? []).map(String);
}

/** Whether a request's reference (`NAME`, `NAME@2`) means this dataset. */
export function isNamed(dataset: DatasetRecord, reference: string): boolean {
  return reference === dataset.name || reference === `${dataset.name}@${dataset.version}`;
}

export function useDatasets(filter: { category?: string; format?: string }) {
  return useQuery({
    queryKey: ["data", "datasets", filter],
    queryFn: async () =>
      (await got(
        api.GET("/v1/data/datasets", { params: { query: { ...filter, sort: "created", descending: true, limit: 1000 } } }),
      )) as unknown as DatasetRecord[],
    staleTime: 30_000,
  });
}
