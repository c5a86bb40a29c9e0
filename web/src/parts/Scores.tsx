import { useMutation } from "@tanstack/react-query";
import { useMemo, useRef } from "react";
import { useSearchParams } from "react-router";
import { download } from "../api/client";
import { asProblem } from "../api/problem";
import { count, number } from "./format";
import { ScoreDistribution } from "./ScoreDistribution";
import { facetInWords, ScoreFacets } from "./ScoreFacets";
import { ScoreEnsembles } from "./ScoreEnsembles";
import { ScorePlaces } from "./ScorePlaces";
import { ScorePairs } from "./ScorePairs";
import { ScoreSeries } from "./ScoreSeries";
import { type Aspect, type Place, type ScoreSet, useMetrics, usePlaces, useScoreSet } from "./scoreData";
import { fileName, saveFigure } from "./scoreExport";
import { type KnownMetric, type Measure, measureOf, measureText, type ScoreShown, scoreSearchOf, scoreShownOf, wordsOf } from "./scoreShown";
import { summariesOf, valuesOf } from "./scoreTable";
import { Trouble } from "./Trouble";
import "./scores.css";

const COLOURS = ["series-1", "series-2", "series-3", "series-4", "series-5"] as const;
/** What so few places have is in the table. */
const SEVERAL = 2;
const REPORT = "evaluation.html";

/**
 * Scores of one or several evaluations: one metric at all locations, by configuration. How many locations there
 * are keeps the room that they take.
 */
export function Scores({ of, locations }: { of: readonly string[]; locations: number }) {
  const about = useScoreSet(of);
  if (about.isError && of.length === 1 && asProblem(about.error).status === 404) {
    return <p className="card soft">It has no table of scores over many locations. What it holds is among its files.</p>;
  }
  if (about.isError) return <Trouble problem={about.error} retry={() => void about.refetch()} />;
  if (!about.data) return <div className={`skeleton ${locations > SEVERAL ? "scores-room many" : "scores-room"}`} />;
  return <Looked of={of} about={about.data} />;
}

function Looked({ of, about }: { of: readonly string[]; about: ScoreSet }) {
  const [search, setSearch] = useSearchParams();
  const shown = useMemo(() => scoreShownOf(search), [search]);
  const change = (part: Partial<ScoreShown>) => setSearch((now) => scoreSearchOf(now, part), { replace: true, preventScrollReset: true });
  const known: readonly KnownMetric[] = useMetrics().data ?? [];
  const measure = measureOf(about.measures, shown);
  const parts = about.facets[shown.facet];
  const facet = parts ? shown.facet : "";
  const part = parts?.includes(shown.part) ? shown.part : "";
  const aspect: Aspect = { ...measure, facet: part ? facet : "", part };
  const places = usePlaces(of, aspect);
  const { title: name, ideal, about: meant } = wordsOf(measure.metric, known);
  const title = titleOf(name, measure, aspect);
  const lines = useMemo(() => about.runs.map((run, at) => ({ name: run.name, colour: COLOURS[at % COLOURS.length] ?? "series-1" })), [about.runs]);
  const colours = lines.map((line) => line.colour);
  const found = places.data?.places;
  const chosen = found?.find((place) => place.id === shown.place);
  const isMany = about.locations > SEVERAL;
  return (
    <div className="stack">
      <section className="card stack" aria-busy={places.isFetching}>
        <header className="scores-header">
          <h2>Scores</h2>
          <Choices about={about} known={known} measure={measure} facet={facet} part={part} change={change} />
          {of.length === 1 && of[0] && <Report reference={of[0]} />}
        </header>
        <Meaning metric={meant} />
        {places.isError && <Trouble problem={places.error} retry={() => void places.refetch()} />}
        {found && <Medians places={found} lines={lines} />}
        {found && <ScorePlaces places={found} runs={lines.map((line) => line.name)} ideal={ideal} title={title} shown={shown} change={change} />}
        {!found && !places.isError && <div className={isMany ? "skeleton scores-body many" : "skeleton scores-body"} />}
      </section>
      {chosen && <ScoreSeries key={chosen.id} of={about.datasets} runs={about.runs} colours={colours} place={chosen} title={title} onClose={() => change({ place: "" })} />}
      {facet && <ScoreFacets of={of} aspect={{ ...aspect, facet }} title={titleOf(name, measure)} lines={lines} onPart={(to) => change({ part: to })} />}
      {isMany && (
        <div className="columns">
          <div className="half">
            <Spread places={found ?? []} lines={lines} title={title} />
          </div>
          {about.runs.length > 1 && (
            <div className="half">
              <ScorePairs of={of} aspect={aspect} title={title} ideal={ideal} />
            </div>
          )}
        </div>
      )}
      <ScoreEnsembles of={about.datasets} runs={about.runs} colours={colours} />
    </div>
  );
}

function titleOf(name: string, { threshold }: Measure, { facet, part }: Pick<Aspect, "facet" | "part"> = { facet: "", part: "" }): string {
  return `${name}${threshold ? ` @ ${threshold}` : ""}${part ? `, ${facetInWords(facet)} ${part}` : ""}`;
}

interface Chosen {
  about: ScoreSet;
  known: readonly KnownMetric[];
  measure: Measure;
  facet: string;
  part: string;
  change: (part: Partial<ScoreShown>) => void;
}

function Choices({ about, known, measure, facet, part, change }: Chosen) {
  const facets = Object.keys(about.facets);
  return (
    <>
      <label className="row">
        metric
        <select
          className="scores-metric"
          value={measureText(measure)}
          onChange={(event) => change(about.measures.find((one) => measureText(one) === event.target.value) ?? {})}
        >
          {about.measures.map((one) => (
            <option key={measureText(one)} value={measureText(one)}>
              {titleOf(wordsOf(one.metric, known).title, one)}
            </option>
          ))}
        </select>
      </label>
      {facets.length > 0 && (
        <label className="row">
          by
          <select className="scores-facet" value={facet} onChange={(event) => change({ facet: event.target.value, part: "" })}>
            <option value="">all times</option>
            {facets.map((name) => (
              <option key={name} value={name}>
                {facetInWords(name)}
              </option>
            ))}
          </select>
        </label>
      )}
      {facet && (
        <label className="row">
          {facetInWords(facet)}
          <select className="scores-facet" value={part} onChange={(event) => change({ part: event.target.value })}>
            <option value="">all</option>
            {(about.facets[facet] ?? []).map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      )}
    </>
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

function Meaning({ metric }: { metric: KnownMetric | undefined }) {
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

type Lines = readonly { name: string; colour: string }[];

function Medians({ places, lines }: { places: readonly Place[]; lines: Lines }) {
  const summaries = useMemo(() => summariesOf(places, lines.map((line) => line.name)), [places, lines]);
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

function Spread({ places, lines, title }: { places: readonly Place[]; lines: Lines; title: string }) {
  const figure = useRef<HTMLDivElement>(null);
  const spread = useMemo(() => lines.map((line) => ({ ...line, values: valuesOf(places, line.name) })), [places, lines]);
  const name = `Distribution of ${title}`;
  return (
    <section className="card stack">
      <header className="scores-header">
        <h2>Distribution</h2>
        <button className="button small" aria-label="PNG of the distribution" onClick={() => saveFigure(figure.current?.querySelector("canvas"), name, lines.map((line) => ({ colour: line.colour, text: line.name })), fileName(name))}>PNG</button>
      </header>
      <div ref={figure}>
        <ScoreDistribution lines={spread} metric={title} />
      </div>
      <p className="small faint">Share of the locations that score at most so high.</p>
    </section>
  );
}
