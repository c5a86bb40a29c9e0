import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { api, download, got } from "../api/client";
import { asProblem } from "../api/problem";
import type { components } from "../api/schema";
import { count, number } from "./format";
import { ScoreDistribution } from "./ScoreDistribution";
import { BY_PLACE, bestAt, type ScoredPlace, sorted, type Sorting, summariesOf, valuesOf } from "./scoreTable";
import { Trouble } from "./Trouble";
import "./scores.css";

type Metric = components["schemas"]["MetricShown"];

const COLOURS = ["series-1", "series-2", "series-3", "series-4", "series-5"] as const;
const STEP = 50;
const SEVERAL = 2;
const REPORT = "evaluation.html";

/**
 * Scores of an evaluation: one metric at all locations, by configuration. How many locations there are keeps
 * the room that they take.
 */
export function Scores({ reference, locations }: { reference: string; locations: number }) {
  const path = { reference };
  const about = useQuery({
    queryKey: ["scores", reference],
    queryFn: () => got(api.GET("/v1/evaluation/scores/{reference}", { params: { path, query: { limit: 1 } } })),
    staleTime: Infinity,
  });
  const known = useQuery({ queryKey: ["metrics"], queryFn: () => got(api.GET("/v1/evaluation/metrics")), staleTime: Infinity });
  const [chosen, setChosen] = useState("");
  const metric = chosen || (about.data?.metrics[0] ?? "");
  const places = useQuery({
    queryKey: ["scores", reference, "places", metric],
    queryFn: () => got(api.GET("/v1/evaluation/scores/{reference}/places", { params: { path, query: { metric } } })),
    enabled: Boolean(metric),
    staleTime: Infinity,
    placeholderData: keepPreviousData,
  });
  if (about.isError && asProblem(about.error).status === 404) {
    return <p className="card soft">It has no table of scores over many locations. What it holds is among its files.</p>;
  }
  if (about.isError) return <Trouble problem={about.error} retry={() => void about.refetch()} />;
  const room = locations > SEVERAL ? "scores-room many" : "scores-room";
  if (!about.data) return <div className={`skeleton ${room}`} />;
  const meant = known.data?.find((one) => one.name === metric);
  return (
    <section className={`card stack ${room}`} aria-busy={places.isFetching}>
      <header className="scores-header">
        <h2>Scores</h2>
        <label className="row">
          metric
          <select className="scores-metric" value={metric} onChange={(event) => setChosen(event.target.value)}>
            {about.data.metrics.map((name) => (
              <option key={name} value={name}>
                {known.data?.find((one) => one.name === name)?.title ?? name}
              </option>
            ))}
          </select>
        </label>
        <Report reference={reference} />
      </header>
      <Meaning metric={meant} />
      {places.isError && <Trouble problem={places.error} retry={() => void places.refetch()} />}
      {places.data ? (
        <Found places={places.data.places} configurations={about.data.configurations} metric={places.data.metric} title={known.data?.find((one) => one.name === places.data.metric)?.title ?? places.data.metric} ideal={meant?.ideal ?? null} />
      ) : (
        !places.isError && <div className={locations > SEVERAL ? "skeleton scores-body many" : "skeleton scores-body"} />
      )}
    </section>
  );
}

function Report({ reference }: { reference: string }) {
  const load = useMutation({
    mutationFn: () => download(`/v1/data/datasets/${encodeURIComponent(reference)}/files/${REPORT}`, `${reference}.html`),
  });
  return (
    <>
      <button className="button small" disabled={load.isPending} onClick={() => load.mutate()} title="maps, hydrographs and tables in one file that opens anywhere">
        Full report
      </button>
      {load.isError && <Trouble problem={load.error} />}
    </>
  );
}

function Meaning({ metric }: { metric: Metric | undefined }) {
  return (
    <p className="small soft scores-meaning">
      {metric && (
        <>
          {metric.meaning} It lies in {metric.range}
          {metric.unit !== "-" && `, in ${metric.unit}`}
          {metric.ideal !== null && `; ${number(metric.ideal)} is perfect`}.
        </>
      )}
    </p>
  );
}

interface Shown {
  places: readonly ScoredPlace[];
  configurations: readonly string[];
  metric: string;
  title: string;
  ideal: number | null;
}

function Found({ places, configurations, metric, title, ideal }: Shown) {
  const lines = useMemo(
    () => configurations.map((name, at) => ({ name, values: valuesOf(places, name), colour: COLOURS[at % COLOURS.length] ?? "series-1" })),
    [places, configurations],
  );
  // what one or two places have is in the table
  const isSpread = lines.some((line) => line.values.length > SEVERAL);
  return (
    <>
      <Medians places={places} configurations={configurations} />
      <div className="columns">
        <div className={isSpread ? "half" : ""}>
          <Table key={configurations.join()} places={places} configurations={configurations} ideal={ideal} metric={metric} />
        </div>
        {isSpread && (
          <div className="half">
            <ScoreDistribution lines={lines} metric={title} />
            <p className="small faint">Share of the locations that score at most so high.</p>
          </div>
        )}
      </div>
    </>
  );
}

function Medians({ places, configurations }: { places: readonly ScoredPlace[]; configurations: readonly string[] }) {
  const summaries = useMemo(() => summariesOf(places, configurations), [places, configurations]);
  return (
    <dl className="facts">
      {summaries.map((summary) => (
        <div key={summary.configuration}>
          <dt>median of {summary.configuration}</dt>
          <dd>
            {number(summary.median)}{" "}
            <span className="small faint scores-quartiles">
              {summary.count > 3 ? `${number(summary.low)} to ${number(summary.high)} in the middle half of ${count(summary.count)}` : `at ${count(summary.count)} of ${count(places.length)}`}
            </span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Table({ places, configurations, ideal, metric }: Omit<Shown, "title">) {
  const [sorting, setSorting] = useState<Sorting>({ by: BY_PLACE, down: false });
  const [text, setText] = useState("");
  const [most, setMost] = useState(STEP);
  const wanted = text.trim().toLowerCase();
  const rows = useMemo(
    () => sorted(places, sorting).filter((place) => !wanted || place.id.toLowerCase().includes(wanted) || place.name.toLowerCase().includes(wanted)),
    [places, sorting, wanted],
  );
  const head = (by: string, name: string) => {
    const isThis = sorting.by === by;
    return (
      <th key={by} scope="col" className={by === BY_PLACE ? "" : "number"} aria-sort={isThis ? (sorting.down ? "descending" : "ascending") : "none"}>
        <button className="scores-sort" onClick={() => setSorting({ by, down: isThis ? !sorting.down : by !== BY_PLACE })}>
          {name} <span aria-hidden="true">{isThis ? (sorting.down ? "↓" : "↑") : "↕"}</span>
        </button>
      </th>
    );
  };
  return (
    <div className="stack">
      {places.length > 10 && <input type="search" aria-label="Search a location" placeholder="location" value={text} onChange={(event) => setText(event.target.value)} />}
      <div className="scroll scores-table" tabIndex={0} role="region" aria-label={`${metric} at the locations`}>
        <table>
          <thead>
            <tr>
              {head(BY_PLACE, "location")}
              {configurations.map((name) => head(name, name))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, most).map((place) => {
              const best = bestAt(place, configurations, ideal);
              return (
                <tr key={place.id}>
                  <th scope="row">
                    {place.id}
                    {place.name && <span className="small faint scores-name"> {place.name}</span>}
                  </th>
                  {configurations.map((name) => (
                    <td key={name} className={best === name ? "number scores-best" : "number"}>
                      {number(place.values[name])}
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {rows.length > most && (
        <button className="button small" onClick={() => setMost(most * 4)}>
          Show more of {count(rows.length)}
        </button>
      )}
      {!rows.length && <p className="empty">No location has this in its name.</p>}
    </div>
  );
}
