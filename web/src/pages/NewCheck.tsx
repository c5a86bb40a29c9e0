import { useMutation, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import { Link, useNavigate } from "react-router";
import { api, got } from "../api/client";
import { asProblem } from "../api/problem";
import type { components } from "../api/schema";
import { Estimate } from "../parts/Estimate";
import { Hint } from "../parts/Hint";
import { Trouble } from "../parts/Trouble";
import type { Form } from "./newDraft";
import type { Fault } from "./newFaults";
import { named } from "./newRequest";

type Plan = components["schemas"]["PlanShown"];

interface Given {
  form: Form;
  plan: UseQueryResult<Plan>;
  faults: Fault[];
  /** Whether the plan is of what stands in the form now. */
  isCurrent: boolean;
}

const STEPS: Record<string, string> = {
  where: "where", package: "where", period: "period", formulation: "model", realization: "model", engine: "model", parameters: "model",
  revisions: "model", model_params: "model", executor: "resources", resources: "resources", partitions: "resources", evaluation: "outcome", outputs: "outcome", name: "outcome",
};

export function NewCheck({ form, plan, faults, isCurrent }: Given) {
  const go = useNavigate();
  const queries = useQueryClient();
  const submit = useMutation({
    mutationFn: () => {
      const request = named(form.request);
      const body = JSON.stringify(request);
      const header = { "idempotency-key": form.keyFor(body) };
      return got(api.POST("/v1/jobs", { params: { header }, body: request as never }));
    },
    // the key makes sure that an answer that was lost makes no second job
    retry: (failures, error) => asProblem(error).isPassing && failures < 5,
    retryDelay: (failures) => Math.min(500 * 2 ** failures, 8_000),
    networkMode: "always",
    onSuccess: (job) => {
      form.forget();
      void queries.invalidateQueries({ queryKey: ["jobs"] });
      void go(`/jobs/${job.id}`);
    },
  });
  const missing = faults.filter((fault) => fault.isMissing);
  const wrong = faults.filter((fault) => !fault.isMissing);
  const isRefused = isCurrent && ((plan.isError && asProblem(plan.error).status === 422) || plan.data?.refusal != null);
  const problem = plan.isError && asProblem(plan.error).status !== 422 ? plan.error : null;
  const isReady = isCurrent && plan.isSuccess && !missing.length && !wrong.length;
  const isSending = submit.isPending || submit.isSuccess;
  return (
    <section className="card stack new-step" id="check" aria-labelledby="check-title">
      <h2 id="check-title">Check and start</h2>
      <div className="stack new-findings" aria-live="polite" aria-busy={!isCurrent}>
        {missing.length > 0 && (
          <div>
            <p>Still to be chosen:</p>
            <ul className="new-lines">
              {missing.map((fault) => (
                <li key={fault.text}>
                  <a href={`#${stepOf(fault.field)}`}>{fault.text}</a>
                </li>
              ))}
            </ul>
          </div>
        )}
        {wrong.length > 0 && (
          <div className="notice bad">
            <p>
              <strong>{isRefused ? "It would be refused" : "It would fail"}</strong>
            </p>
            <ul className="new-lines small">
              {wrong
                .filter((fault, at) => !fault.field || !wrong.slice(0, at).some((other) => !other.field && other.text.includes(fault.text)))
                .map((fault) => (
                  <li key={`${fault.field} ${fault.text}`} className="break">
                    {fault.field ? (
                      <>
                        <a href={`#${stepOf(fault.field)}`}>{fault.field}</a>: {fault.text}
                      </>
                    ) : (
                      fault.text
                    )}
                  </li>
                ))}
            </ul>
          </div>
        )}
        {problem !== null && <Trouble problem={problem} retry={() => void plan.refetch()} />}
        {plan.data?.answered_by && isCurrent && (
          <div className="notice">
            <p>
              An earlier job has computed just this: <Link to={`/jobs/${plan.data.answered_by}`}>{plan.data.answered_by}</Link>. Its results are
              given at once, unless you have it computed anew.
            </p>
          </div>
        )}
        {!isCurrent && plan.failureCount > 0 && !plan.isError && (
          <p className="soft" role="status">
            The server does not answer; it is asked again by itself.
          </p>
        )}
        {plan.data && !plan.isError ? <Estimate plan={plan.data} /> : plan.isFetching && !plan.isError && <p className="soft">Asking the server …</p>}
        {isCurrent && plan.data && plan.data.cautions.length > 0 && (
          <div className="notice">
            <p>
              <strong>Take care</strong>
            </p>
            <ul className="new-lines small">
              {plan.data.cautions.map((caution) => (
                <li key={caution.field} className="break">
                  <a href={`#${stepOf(nameOf(caution.field))}`}>{nameOf(caution.field)}</a>: {caution.message}
                  {caution.hint && (
                    <>
                      {" "}
                      – <Hint text={caution.hint} />
                    </>
                  )}
                </li>
              ))}
            </ul>
          </div>
        )}
        {isReady && plan.data?.cautions.length === 0 && (
          <p className="new-good" role="status">
            Nothing speaks against it.
          </p>
        )}
      </div>
      {submit.isError && <Trouble problem={submit.error} />}
      <button className="button primary" disabled={isSending || isRefused || missing.length > 0} onClick={() => submit.mutate()}>
        {isSending ? "Starting …" : buttonText(isCurrent ? plan.data : undefined, isRefused, wrong.length > 0)}
      </button>
      {submit.isPending && submit.failureCount > 0 && (
        <p className="small soft" role="status">
          The server does not answer; this is tried again by itself, and becomes one job only.
        </p>
      )}
    </section>
  );
}

/** A pointer into the request as people write it: `resources.memory`. */
function nameOf(pointer: string): string {
  return pointer.split("/").slice(1).join(".");
}

function stepOf(field: string): string {
  return STEPS[field.split(".")[0] ?? ""] ?? "where";
}


function buttonText(plan: Plan | undefined, isRefused: boolean, isDoubtful: boolean): string {
  if (isRefused) return "Start the run";
  if (plan?.answered_by) return "Take its results";
  return isDoubtful ? "Start all the same" : "Start the run";
}
