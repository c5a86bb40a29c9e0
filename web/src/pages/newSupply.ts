/** Whether what a run from a place needs is there, or can be made of what is there. */

import { useQuery } from "@tanstack/react-query";
import { api, got } from "../api/client";
import { useSettled } from "../parts/useSettled";
import type { Form } from "./newDraft";
import { isMapping, type Request, textAt } from "./newRequest";
import { timeOf } from "./newPeriod";

/** More are not sent to and fro while somebody types. */
const MOST = 20_000;

/** The requirement of the package that a request for a place needs; null while something is not chosen. */
export function requirementOf(request: Request, catchments: string[]): Request | null {
  const [start, end, formulation] = [textAt(request, "period.start"), textAt(request, "period.end"), textAt(request, "formulation")];
  const [first, last] = [timeOf(start), timeOf(end)];
  if (first === null || last === null || last < first || !formulation || !catchments.length || catchments.length > MOST) return null;
  const parameters: Request = isMapping(request["parameters"]) ? { ...request["parameters"] } : {};
  const fabric = textAt(request, "where.hydrofabric");
  if (fabric) parameters["hydrofabric"] ??= fabric;
  return {
    category: "CONFIG", format: "NGEN_JOB_COMPOSITE_CONFIG", catchments: [...new Set(catchments)].sort(), start, end, formulation, parameters,
  };
}

/** Why a plan for data is not possible, in words; "" where it is. */
export function whyNot(plan: unknown): string {
  if (!isMapping(plan) || plan["possible"] !== false) return "";
  const refused = Array.isArray(plan["refused"]) ? plan["refused"].filter(isMapping) : [];
  const objections = Array.isArray(plan["objections"]) ? plan["objections"].filter(isMapping) : [];
  const said = [...refused, ...objections].slice(0, 3).map((item) => {
    const who = item["derivation"] ?? item["dataset"];
    const hint = typeof item["hint"] === "string" && item["hint"] ? ` (${item["hint"]})` : "";
    return `${typeof who === "string" ? `${who}: ` : ""}${String(item["reason"] ?? "")}${hint}`;
  });
  return `What is there does not make a run package of this place and period${said.length ? `. ${said.join(". ")}` : ""}`;
}

/** Return what speaks against it; "" where nothing does, or where it is not known yet. */
export function useSupply(form: Form, catchments: string[]): string {
  const requirement = form.way === "place" ? requirementOf(form.request, catchments) : null;
  const text = useSettled(requirement ? JSON.stringify(requirement) : "", 600);
  const plan = useQuery({
    queryKey: ["data", "plan", text],
    queryFn: () => got(api.POST("/v1/data/plan", { body: JSON.parse(text) as never })),
    enabled: text !== "",
    staleTime: 30_000,
    retry: false,
  });
  return text && plan.data ? whyNot(plan.data) : "";
}
