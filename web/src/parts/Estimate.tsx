import type { components } from "../api/schema";
import { bytes, count, span } from "./format";

type Plan = components["schemas"]["PlanShown"];

/** What a request will need: how large it is, memory, time of one CPU, and the steps it takes. */
export function Estimate({ plan }: { plan: Plan }) {
  const { estimate, steps, demand } = plan;
  const main = demand["execute"] ?? Object.values(demand)[0];
  return (
    <>
      <dl className="facts">
        {estimate.catchments > 0 && <Fact name="catchments" value={count(estimate.catchments)} />}
        {estimate.hours > 0 && <Fact name="hours" value={count(estimate.hours)} />}
        {estimate.memory > 0 && <Fact name="memory" value={`about ${bytes(estimate.memory)}`} />}
        {estimate.seconds > 0 && <Fact name="time of one CPU" value={`about ${span(estimate.seconds * 1000)}`} />}
        {main && <Fact name="asks for" value={`${main.cpus} ${main.cpus === 1 ? "CPU" : "CPUs"}, ${bytes(main.memory)}`} />}
        {main && <Fact name="executor" value={main.executor} />}
      </dl>
      <p className="small soft break">
        {steps.length} {steps.length === 1 ? "step" : "steps"}: {steps.map((step) => step.name).join(" → ")}
      </p>
    </>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
