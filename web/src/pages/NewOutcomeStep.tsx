import { Field } from "../parts/Field";
import { NewRows } from "./NewRows";
import type { Form } from "./newDraft";
import { useDatasets } from "./newDatasets";
import { type Fault, faultAt } from "./newFaults";
import { type Evaluating, evaluatingOf, isMapping, nameOf, textAt, valueAt } from "./newRequest";
import { Text } from "./NewResourcesStep";

const WAYS: [Evaluating, string][] = [
  ["found", "Compare with observations that the catalog has"],
  ["given", "Compare with a dataset of observations"],
  ["none", "Do not compare"],
];

export function NewOutcomeStep({ form, faults }: { form: Form; faults: Fault[] }) {
  const { request, set } = form;
  const observed = useDatasets({ category: "OBSERVATION" });
  const evaluating = evaluatingOf(request);
  const isAsked = evaluating !== "none";

  function evaluate(way: Evaluating) {
    const said = request["evaluation"];
    const kept = isMapping(said) ? { ...said } : {};
    delete kept["observed"];
    if (way === "none") set("evaluation", false);
    else if (way === "given") set("evaluation", { ...kept, observed: observed.data?.[0]?.name ?? "" });
    else set("evaluation", Object.keys(kept).length ? kept : undefined);
  }

  return (
    <section className="card stack new-step" id="outcome" aria-labelledby="outcome-title">
      <h2 id="outcome-title">Evaluation and results</h2>
      <div className="new-lines" role="radiogroup" aria-label="Evaluate">
        {WAYS.map(([way, text]) => (
          <label key={way} className="new-check">
            <input type="radio" name="evaluating" checked={evaluating === way} onChange={() => evaluate(way)} />
            {text}
          </label>
        ))}
      </div>
      {faultAt(faults, "evaluation") && <p className="new-fault break">{faultAt(faults, "evaluation")}</p>}
      {isAsked && (
        <div className="new-pair">
          {evaluating === "given" && (
            <Field
              label="Observed dataset"
              fault={faultAt(faults, "evaluation.observed")}
              hint={observed.data?.length ? "name of a dataset" : "name of a dataset; the catalog has no observations yet"}
            >
              {(props) => (
                <>
                  <input
                    {...props}
                    list="new-observed"
                    spellCheck={false}
                    autoComplete="off"
                    value={textAt(request, "evaluation.observed")}
                    onChange={(event) => set("evaluation", { ...(isMapping(request["evaluation"]) ? request["evaluation"] : {}), observed: event.target.value })}
                  />
                  <datalist id="new-observed">
                    {(observed.data ?? []).map((item) => (
                      <option key={item.name} value={item.name} />
                    ))}
                  </datalist>
                </>
              )}
            </Field>
          )}
          <Text form={form} faults={faults} path="evaluation.warm_up" label="Warm-up" example="30d" hint="at the beginning, left out of the scores" />
          <Text form={form} faults={faults} path="evaluation.outlet" label="Outlet" example="gage-10109001" hint="the largest basin’s outlet if left out" />
        </div>
      )}
      <div className="new-pair">
        <Text form={form} faults={faults} path="name" label="Name of the job" example={nameOf(request)} hint="to find it by; called so if left out" />
        <Text form={form} faults={faults} path="outputs.dataset" label="Name of the results" example="made from the job’s id" hint="under which the catalog keeps them" />
      </div>
      <label className="new-check">
        <input
          type="checkbox"
          checked={valueAt(request, "outputs.csv") === true}
          onChange={(event) => set("outputs.csv", event.target.checked ? true : undefined)}
        />
        write the framework’s CSV files in place of NetCDF
      </label>
      <label className="new-check">
        <input type="checkbox" checked={request["fresh"] === true} onChange={(event) => set("fresh", event.target.checked ? true : undefined)} />
        compute anew what an earlier job has computed
      </label>
      <details className="new-more" open={request["labels"] !== undefined || faultAt(faults, "labels") !== ""}>
        <summary>Labels</summary>
        <NewRows
          label="Labels"
          value={request["labels"]}
          change={(value) => set("labels", value)}
          isText
          fault={faultAt(faults, "labels")}
          hint="Names and values to find jobs by, such as basin: logan."
        />
      </details>
    </section>
  );
}
