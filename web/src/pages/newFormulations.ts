/** The formulations that a request can name, and what the server says of their parameters. */

import { useQuery } from "@tanstack/react-query";
import { api, got } from "../api/client";
import type { components } from "../api/schema";

export type Formulation = components["schemas"]["FormulationShown"];
export type Parameter = components["schemas"]["FormulationParameter"];

export function useFormulations() {
  return useQuery({ queryKey: ["formulations"], queryFn: () => got(api.GET("/v1/formulations")), staleTime: Infinity });
}

/** What a parameter can be: a range, or words. */
export function rangeOf({ minimum, maximum, choices }: Pick<Parameter, "minimum" | "maximum" | "choices">): string {
  if (choices.length) return choices.join(" or ");
  if (minimum === null && maximum === null) return "";
  if (minimum === null) return `at most ${maximum}`;
  return maximum === null ? `at least ${minimum}` : `${minimum} to ${maximum}`;
}

/** Where the value of a parameter comes from. */
export function originOf({ source, default: usual }: Pick<Parameter, "source" | "default">): string {
  if (source) return usual === null ? source : `${source}; else ${usual}`;
  return usual ?? "";
}
