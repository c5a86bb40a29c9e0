import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, got } from "../api/client";
import { asProblem } from "../api/problem";
import { useSettled } from "../parts/useSettled";
import { useTitle } from "../parts/useTitle";
import { isNamed, useDatasets } from "./newDatasets";
import { type Form, useForm } from "./newDraft";
import { type Fault, faultsOf, faultsOfFindings, faultsOfRefusal, missingIn, withMissing } from "./newFaults";
import { type Hours, hoursOf, periodFaults, united } from "./newPeriod";
import { placesOf, type Request, textAt } from "./newRequest";
import { NewCheck } from "./NewCheck";
import { NewModelStep } from "./NewModelStep";
import { NewOutcomeStep } from "./NewOutcomeStep";
import { NewOwnData } from "./NewOwnData";
import { NewPeriodStep } from "./NewPeriodStep";
import { NewResourcesStep } from "./NewResourcesStep";
import { NewTemplatesCard } from "./NewTemplatesCard";
import { NewWhereStep, PACKAGE, useBasins } from "./NewWhereStep";
import { NewYaml } from "./NewYaml";
import "./new.css";

export function NewRunPage() {
  useTitle("New run");
  const form = useForm();
  const coverage = useCoverage(form);
  const places = form.way === "place" ? placesOf(form.request) : [];
  const basins = useBasins(textAt(form.request, "where.hydrofabric"), places);
  // a plan that is made before the server has looked into the fabrics for these places knows less
  const { plan, isCurrent } = usePlan(form, basins.every((basin) => basin.isSuccess));
  const said: Fault[] = [];
  if (plan.isError) said.push(...faultsOf(asProblem(plan.error)));
  const findings = plan.data && !plan.isError ? plan.data.findings : [];
  if (findings.length) said.push(...faultsOfFindings(findings));
  else if (plan.data && !plan.isError) said.push(...faultsOfRefusal(plan.data.refusal));
  // until the server has looked, what the catalog's ranges say is the best guess
  if (!plan.data || plan.isPlaceholderData) {
    for (const fault of periodFaults(form.request, coverage.covered)) said.push({ ...fault, isMissing: false });
  }
  places.forEach((place, at) => {
    const basin = basins[at];
    if (basin?.isError && asProblem(basin.error).status === 404 && !findings.some((finding) => finding.field === `/where/places/${at}`)) {
      said.push({ field: "where.places", text: `${place}: ${asProblem(basin.error).message}`, isMissing: false });
    }
  });

  const faults = withMissing(missingIn(form.request, form.way), said);

  return (
    <div className="page">
      <header>
        <h1>New run</h1>
        {(Object.keys(form.request).length > 1 || form.isRestored) && (
          <button className="button" onClick={form.beginAnew}>
            Begin anew
          </button>
        )}
      </header>
      {form.isRestored && (
        <p className="notice" role="status">
          What you had begun is here again.
        </p>
      )}
      <div className="columns">
        <div className="stack wide">
          <NewWhereStep form={form} faults={faults} />
          <NewPeriodStep form={form} faults={faults} {...coverage} />
          <NewModelStep form={form} faults={faults} />
          <NewResourcesStep form={form} faults={faults} estimated={plan.data?.estimate.memory} />
          <NewOutcomeStep form={form} faults={faults} />
          <NewOwnData form={form} />
        </div>
        <div className="stack narrow new-side">
          <NewCheck form={form} plan={plan} faults={faults} isCurrent={isCurrent} />
          <NewYaml form={form} />
          <NewTemplatesCard form={form} />
        </div>
      </div>
    </div>
  );
}

/** What the server would make of the request, asked when nothing was typed for a moment. */
function usePlan(form: Form, isLookedInto: boolean) {
  const now = JSON.stringify(form.request);
  const body = useSettled(now);
  const settled = JSON.parse(body) as Request;
  const isAsked = isWorthAsking(settled, form) && isWorthAsking(form.request, form);
  const plan = useQuery({
    queryKey: ["plan", body, isLookedInto],
    queryFn: () => got(api.POST("/v1/jobs/plan", { body: JSON.parse(body) as never })),
    // of a form in which nothing is chosen there is nothing to ask
    enabled: isAsked,
    placeholderData: isAsked ? keepPreviousData : undefined,
    staleTime: 20_000,
  });
  return { plan, isCurrent: !isWorthAsking(form.request, form) || (now === body && !plan.isPlaceholderData && !plan.isPending) };
}

const BASIC = new Set(["kind", "package", "where", "period", "formulation", "realization", "name"]);

/** Whether the server can find more in a request than that something is still to be chosen. */
function isWorthAsking(request: Request, form: Form): boolean {
  return !missingIn(request, form.way).length || Object.keys(request).some((key) => !BASIC.has(key));
}

/** The hours that can be chosen: of the package, or of the forcing that the catalog has. */
function useCoverage(form: Form) {
  const packages = useDatasets({ format: PACKAGE });
  const forcing = useDatasets({ category: "FORCING" });
  const named = textAt(form.request, "package");
  const covered: Hours[] = useMemo(() => {
    const found = form.way === "package" ? (packages.data ?? []).filter((item) => isNamed(item, named)) : (forcing.data ?? []);
    return united(found.map(hoursOf).filter((hours) => hours !== null));
  }, [form.way, named, packages.data, forcing.data]);
  return { covered, forcings: forcing.data ?? [], isKnown: forcing.isSuccess };
}
