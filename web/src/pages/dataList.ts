/** The datasets that one may see, as many as a page can sort. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, got } from "../api/client";
import { type DatasetRecord, type Order, SORTS } from "./dataRecord";

export interface Filter {
  category: string;
  format: string;
  owner: string;
  pattern: string;
  every: boolean;
  expired: boolean;
  order: Order;
}

export const ALL: Filter = { category: "", format: "", owner: "", pattern: "", every: false, expired: false, order: "new" };

const PAGE = 1000;
/** More are not fetched at once: who has more narrows the search. */
export const MOST = 5000;

export interface Listed {
  datasets: DatasetRecord[];
  isAll: boolean;
}

async function listed(filter: Filter, signal: AbortSignal): Promise<Listed> {
  const datasets: DatasetRecord[] = [];
  while (datasets.length < MOST) {
    const query = {
      limit: PAGE,
      offset: datasets.length,
      latest: !filter.every,
      expired: filter.expired,
      ...SORTS[filter.order],
      ...(filter.pattern ? { pattern: filter.pattern } : {}),
      ...(filter.owner ? { owner: filter.owner } : {}),
      ...(filter.category ? { category: filter.category } : {}),
      ...(filter.format ? { format: filter.format } : {}),
    };
    const page = (await got(api.GET("/v1/data/datasets", { signal, params: { query } }))) as unknown as DatasetRecord[];
    datasets.push(...page);
    if (page.length < PAGE) return { datasets, isAll: true };
  }
  return { datasets, isAll: false };
}

export function useDatasets(filter: Filter) {
  return useQuery({
    queryKey: ["data", "list", "records", filter],
    queryFn: ({ signal }) => listed(filter, signal),
    placeholderData: keepPreviousData,
    staleTime: 15_000,
  });
}
