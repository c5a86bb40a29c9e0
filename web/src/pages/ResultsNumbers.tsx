import { number } from "../parts/format";
import type { View } from "./results";

const BALANCE = ["inflow", "evapotranspiration", "runoff", "storage_change", "residual"] as const;
const MOST_METRICS = 15;

type Numbers = Record<string, number | null> | null;

/** Scores and water balance of the runs, side by side. */
export function ResultsNumbers({ runs, views }: { runs: readonly string[]; views: readonly (View | undefined)[] }) {
  const results = views.map((view) => (view?.summary["result"] ?? {}) as Record<string, unknown>);
  const part = (name: string) => results.map((result) => (result[name] ?? null) as Numbers);
  const scores = part("scores").map((found) => ((found as Record<string, unknown> | null)?.["scores"] as Numbers | undefined) ?? found);
  const balances = part("balance_mm");
  const metrics = [...new Set(scores.flatMap((found) => Object.keys(found ?? {})))].filter((name) => scores.some((found) => typeof found?.[name] === "number")).slice(0, MOST_METRICS);
  const row = (name: string, values: readonly Numbers[]) => (
    <tr key={name}>
      <th scope="row">{name.replaceAll("_", " ")}</th>
      {values.map((found, at) => (
        <td key={at} className="number">
          {number(found?.[name])}
        </td>
      ))}
    </tr>
  );
  return (
    <section className="card scroll">
      <header>
        <h2>Scores and balance</h2>
      </header>
      <table>
        <thead>
          <tr>
            <td />
            {runs.map((run) => (
              <th key={run} scope="col" className="number">
                {run}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {metrics.map((name) => row(name, scores))}
          {BALANCE.map((name) => row(`${name}`, balances))}
        </tbody>
      </table>
      <p className="small faint">{metrics.length ? "" : "Nothing observed was given to these runs. "}Water in mm over the basin.</p>
    </section>
  );
}
