import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { api, got } from "../api/client";
import { span } from "../parts/format";
import { Hint } from "../parts/Hint";
import { Trouble } from "../parts/Trouble";
import { type Asked, type Plan, type Step, stepsOf } from "./dataExplanation";
import { addressOf, type DatasetRecord, referenceOf } from "./dataRecord";

/** How what is missing would be derived, and a button that does it. */
export function DataPlan({ asked, mayAdd }: { asked: Asked; mayAdd: boolean }) {
  const plan = useQuery({
    queryKey: ["data", "plan", asked],
    queryFn: async () => (await got(api.POST("/v1/data/plan", { body: asked as never }))) as unknown as Plan,
    staleTime: 30_000,
  });
  if (plan.isPending) return <div className="skeleton data-plan-skeleton" />;
  if (plan.isError) return <Trouble problem={plan.error} retry={() => void plan.refetch()} />;
  const found = plan.data;
  return (
    <section className="card stack">
      <header className="data-header">
        <h2>{found.possible ? "It can be derived" : "It cannot be derived either"}</h2>
        {found.possible && found.seconds > 0 && <span className="small soft">takes about {span(found.seconds * 1000)}</span>}
      </header>
      {found.possible ? (
        <>
          <ol className="data-steps">
            {stepsOf(found).map((step, at) => (
              <Line key={at} step={step} />
            ))}
          </ol>
          {mayAdd && <Derive asked={asked} />}
        </>
      ) : (
        <Refused plan={found} />
      )}
    </section>
  );
}

const HOW = { have: "have", derive: "derive by", missing: "nothing fulfils it" } as const;

function Line({ step }: { step: Step }) {
  return (
    <li className="data-step" style={{ marginInlineStart: step.depth * 18 }}>
      <span className={`chip ${{ have: "good", derive: "busy", missing: "bad" }[step.how]}`}>{HOW[step.how]}</span>
      <span className="break">
        {step.how === "have"
          ? step.by.map((name, at) => (
              <span key={name}>
                {at ? ", " : ""}
                <Link to={addressOf(name)}>{name}</Link>
              </span>
            ))
          : step.by.join(", ")}
        <span className="small soft break"> {step.what}</span>
      </span>
    </li>
  );
}

function Refused({ plan }: { plan: Plan }) {
  return (
    <details>
      <summary>
        {plan.refused.length} {plan.refused.length === 1 ? "way was" : "ways were"} tried
      </summary>
      <ul className="data-refused">
        {plan.objections.map((item) => (
          <li key={item.dataset} className="break">
            <strong>{item.dataset}</strong> {item.reason}
          </li>
        ))}
        {plan.refused.map((item) => (
          <li key={item.derivation} className="break">
            <strong>{item.derivation.replaceAll("-", " ")}</strong> {item.reason}
            {item.hint && <span className="soft"> – <Hint text={item.hint} /></span>}
          </li>
        ))}
      </ul>
    </details>
  );
}

function Derive({ asked }: { asked: Asked }) {
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const derive = useMutation({
    mutationFn: async () => (await got(api.POST("/v1/data/derive", { body: { ...asked, name: name.trim() } as never }))) as unknown as DatasetRecord[],
    onSuccess: () => queries.invalidateQueries({ queryKey: ["data"], refetchType: "active" }),
  });
  if (derive.data) {
    return (
      <p role="status">
        Derived:{" "}
        {derive.data.map((dataset, at) => (
          <span key={dataset.uuid}>
            {at ? ", " : ""}
            <Link to={addressOf(referenceOf(dataset))}>{referenceOf(dataset)}</Link>
          </span>
        ))}
      </p>
    );
  }
  return (
    <form
      className="row data-derive"
      onSubmit={(event) => {
        event.preventDefault();
        derive.mutate();
      }}
    >
      <div className="field grow">
        <label htmlFor="derive-name">Name of the result</label>
        <input id="derive-name" value={name} maxLength={100} placeholder="a name is found where this is empty" onChange={(event) => setName(event.target.value)} />
      </div>
      <button className="button primary" disabled={derive.isPending}>
        {derive.isPending ? "Deriving …" : "Derive it"}
      </button>
      {derive.isError && <Trouble problem={derive.error} />}
    </form>
  );
}
