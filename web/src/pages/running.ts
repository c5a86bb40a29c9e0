import { useQuery } from "@tanstack/react-query";
import { api, got } from "../api/client";

/** How often what runs is looked at [ms]. */
export const OFTEN = 5_000;

/** The attempts under way of jobs that one may see. */
export function useRunning(isWanted = true, often = OFTEN) {
  return useQuery({ queryKey: ["jobs", "top"], queryFn: () => got(api.GET("/v1/top")), refetchInterval: often, enabled: isWanted });
}
