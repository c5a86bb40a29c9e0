import { useQuery } from "@tanstack/react-query";
import { api, got } from "../api/client";
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
  const known = useQuery({ queryKey: ["metrics"], queryFn: () => got(api.GET("/v1/evaluation/metrics")), staleTime: Infinity });
  const row = (name: string, values: readonly Numbers[]) => (
    <tr key={name}>
      <Name name={name} metric={values === scores ? known.data?.find((one) => one.name === name) : undefined} />
      {values.map((found, at) => (
        <td key={at} className="number">
          {number(found?.[name])}
        </td>
      ))}
    </tr>
  );
  return (
    <section className="card scroll results-numbers">
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
        <tbody>{metrics.map((name) => row(name, scores))}</tbody>
        <tbody className="results-balance">
          <tr>
            <th colSpan={runs.length + 1} scope="rowgroup">
              Water over the basin [mm]
            </th>
          </tr>
          {BALANCE.map((name) => row(name, balances))}
        </tbody>
      </table>
      {!metrics.length && <p className="small faint">Nothing observed was given to these runs.</p>}
    </section>
  );
}

/** A row's name: that of the metric as people know it, with its unit and what it means. */
function Name({ name, metric }: { name: string; metric: { title: string; unit: string; meaning: string } | undefined }) {
  return (
    <th scope="row" title={metric?.meaning}>
      {metric?.title ?? name.replaceAll("_", " ")}
      {metric && metric.unit !== "-" && <span className="faint"> [{metric.unit}]</span>}
    </th>
  );
}
