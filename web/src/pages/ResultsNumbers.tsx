import { useQuery } from "@tanstack/react-query";
import { api, got } from "../api/client";
import { number } from "../parts/format";
import type { View } from "./results";
import { findingOf, notesOf, pairsInWords, type Scored } from "./resultsScores";

const BALANCE = ["inflow", "evapotranspiration", "runoff", "storage_change", "residual"] as const;
/** Names that are not those of the record. */
const WORDS: Readonly<Record<string, string>> = { inflow: "precipitation" };
const MOST_METRICS = 15;

type Numbers = Record<string, number | null> | null;

interface Shown {
  runs: readonly string[];
  views: readonly (View | undefined)[];
  /** The dataset that was chosen as observed; "" for what the runs were given. */
  observed: string;
  scored: readonly Scored[];
  isFlow: boolean;
  variable: string;
}

/** Scores and water balance of the runs, side by side; against the observations that were chosen, else as they scored themselves. */
export function ResultsNumbers({ runs, views, observed, scored, isFlow, variable }: Shown) {
  const results = views.map((view) => (view?.summary["result"] ?? {}) as Record<string, unknown>);
  const part = (name: string) => results.map((result) => (result[name] ?? null) as Numbers);
  const own = part("scores").map((found) => ((found as Record<string, unknown> | null)?.["scores"] as Numbers | undefined) ?? found);
  const scores: Numbers[] = observed ? scored.map((one) => one.scores?.scores ?? null) : own;
  const isPending = scored.some((one) => one.isPending);
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
    <section className="card results-numbers" aria-busy={isPending}>
      <header>
        <h2>Scores and balance</h2>
      </header>
      {observed && <Against observed={observed} scored={scored} isFlow={isFlow} variable={variable} />}
      <div className="scroll" tabIndex={0} role="region" aria-label="Scores and balance by run">
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
      </div>
      {!metrics.length && !observed && <p className="small faint">Nothing observed was given to these runs. Choose observations above to score them.</p>}
      {observed && notesOf(scored).map((note) => <p key={note} className="small faint break">{note}</p>)}
    </section>
  );
}

/** What the runs are scored against, over how much; or why they cannot be. */
function Against({ observed, scored, isFlow, variable }: Omit<Shown, "runs" | "views">) {
  if (!isFlow) return <p className="small soft">{variable} is no flow: observations are compared with flow alone. Choose a variable that is flow to see scores against {observed}.</p>;
  return (
    <div className="results-against" role="status">
      {scored.map(({ run, scores, error, isPending }) => (
        <p key={run} className={error ? "notice warn small break" : "small soft break"}>
          <strong>{run}</strong> {error ? `cannot be scored against ${observed}. ${findingOf(error)}` : scores ? `against ${scores.observed}, gauge ${scores.gauge}: ${pairsInWords(scores)}` : isPending ? "…" : ""}
        </p>
      ))}
    </div>
  );
}

/** A row's name: that of the metric as people know it, with its unit and what it means. */
function Name({ name, metric }: { name: string; metric: { title: string; unit: string; meaning: string } | undefined }) {
  return (
    <th scope="row" title={metric?.meaning}>
      {metric?.title ?? WORDS[name] ?? name.replaceAll("_", " ")}
      {metric && metric.unit !== "-" && <span className="faint"> [{metric.unit}]</span>}
    </th>
  );
}
