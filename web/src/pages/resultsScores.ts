/** What the runs score against the observations that were chosen, in numbers and in words. */

import { useQueries } from "@tanstack/react-query";
import { api, got } from "../api/client";
import { asProblem } from "../api/problem";
import type { components } from "../api/schema";
import { count, moment, number } from "../parts/format";
import type { Wanted } from "./results";

export type PlaceScores = components["schemas"]["PlaceScoresShown"];

/** What one run scores; or why it cannot be scored. */
export interface Scored {
  run: string;
  scores: PlaceScores | undefined;
  error: unknown;
  isPending: boolean;
}

/** Ask what each run scores at the place that is looked at; a variable that is no flow is not asked for. */
export function useScores(runs: readonly Wanted[], observed: Wanted | null, isFlow: boolean): Scored[] {
  const found = useQueries({
    queries: runs.map(({ reference, layer, place, variable }) => ({
      queryKey: ["view", reference, "scores", layer, place, variable, observed?.reference, observed?.place],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        got(
          api.GET("/v1/results/{reference}/scores", {
            signal,
            params: { path: { reference }, query: { observed: observed?.reference ?? "", gauge: observed?.place ?? "", layer, place, variable } },
          }),
        ),
      enabled: Boolean(observed && isFlow && layer && place),
      staleTime: Infinity,
    })),
  });
  return runs.map(({ reference }, at) => ({ run: reference, scores: found[at]?.data, error: found[at]?.error, isPending: found[at]?.isLoading ?? false }));
}

const DAY = 86_400;

/** The length of a step: 1 d, 1 h, 15 min. */
export function stepInWords(seconds: number): string {
  const sizes: [number, string][] = [[DAY, "d"], [3600, "h"], [60, "min"]];
  const [size, name] = sizes.find(([size]) => seconds % size === 0) ?? [1, "s"];
  return `${count(seconds / size)} ${name}`;
}

/** How much was compared, and when. */
export function pairsInWords({ pairs, step, start, end }: PlaceScores): string {
  return `${count(pairs)} ${pairs === 1 ? "pair" : "pairs"} of ${stepInWords(step)}, ${moment(start)} to ${moment(end)} UTC`;
}

const HEADLINE: readonly [string, string, string][] = [["kge", "KGE", ""], ["nse", "NSE", ""], ["percent_bias", "bias", " %"]];

/** The scores that people ask for first. */
export function headlineOf({ scores }: PlaceScores): string {
  return HEADLINE.flatMap(([name, title, unit]) => (typeof scores[name] === "number" ? [`${title} ${number(scores[name], 3)}${unit}`] : [])).join(" · ");
}

/** What stands in the way, in plain words: what it is, and what to do. */
export function findingOf(error: unknown): string {
  const { message, hint } = asProblem(error);
  return [message, hint].filter(Boolean).map((text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`).join(" ");
}

/** What is to be known of the scores, each once; of which run where it is not said of all. */
export function notesOf(scored: readonly Scored[]): string[] {
  const known = scored.filter((one) => one.scores);
  const said = new Map<string, string[]>();
  for (const { run, scores } of known) {
    const reasons = new Map<string, string[]>();
    for (const [metric, reason] of Object.entries(scores?.undefined ?? {})) reasons.set(reason, [...(reasons.get(reason) ?? []), metric]);
    const without = [...reasons].map(([reason, metrics]) => `${metrics.length > 3 ? `${metrics.length} metrics have` : `${metrics.join(", ")} ${metrics.length > 1 ? "have" : "has"}`} no value: ${reason}`);
    for (const note of [...(scores?.notes ?? []), ...without]) said.set(note, [...(said.get(note) ?? []), run]);
  }
  return [...said].map(([note, runs]) => (runs.length === known.length ? note : `${runs.join(", ")}: ${note}`));
}

/** The gauge of a dataset that is looked at: the one asked for, that of the run's outlet, the first. */
export function gaugeOf(gauges: readonly string[], asked: string, own: string): string {
  return gauges.find((one) => one === asked) ?? gauges.find((one) => own && bare(one) === bare(own)) ?? gauges[0] ?? "";
}

/** A gauge's number without what may stand before it: `USGS-01073000` is `01073000`. */
function bare(gauge: string): string {
  return gauge.trim().toLowerCase().replace(/^(?:usgs|gages|gage|gauge|camels|site)[-_: ]/, "");
}
