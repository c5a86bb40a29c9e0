import { useQuery } from "@tanstack/react-query";
import { useMemo, useRef } from "react";
import { Link, useSearchParams } from "react-router";
import { api, got } from "../api/client";
import { CopyButton } from "../parts/CopyButton";
import { DurationCurve, type Curve } from "../parts/DurationCurve";
import { Hydrograph, type Line } from "../parts/Hydrograph";
import { count } from "../parts/format";
import { Trouble } from "../parts/Trouble";
import { unitNote } from "../parts/unitNote";
import { useTitle } from "../parts/useTitle";
import { lineOf, MOST, periodOf, searchOf, SERIES, type Shown, shownOf, useDurations, usePlaces, useSeries, useViews, type Wanted } from "./results";
import { choiceOf, type DatasetRecord, referenceOf } from "./dataRecord";
import { type Drawn, drawnOf, firstLayer, firstPlace, FLOW, mapOf, outletOf } from "./resultsDrawn";
import { ResultsExport } from "./ResultsExport";
import { ResultsNumbers } from "./ResultsNumbers";
import { gaugeOf, headlineOf, useScores } from "./resultsScores";
import "./results.css";

export function ResultsPage() {
  const [search, setSearch] = useSearchParams();
  const shown = useMemo(() => shownOf(search), [search]);
  const change = (part: Partial<Shown>) => setSearch(searchOf({ ...shown, ...part }), { replace: true });
  useTitle(shown.runs.length ? shown.runs.join(", ") : "Results");
  return (
    <div className="page">
      <header>
        <h1>Results</h1>
      </header>
      <Choice shown={shown} change={change} />
      {shown.runs.length ? <Look shown={shown} change={change} /> : <p className="card empty">Choose results of a run to look at. Several are drawn over one another.</p>}
    </div>
  );
}

type Change = (part: Partial<Shown>) => void;

function useDatasets(category: string) {
  return useQuery({
    queryKey: ["data", "list", category],
    queryFn: async () => (await got(api.GET("/v1/data/datasets", { params: { query: { category, limit: 500 } } }))) as unknown as DatasetRecord[],
  });
}

function Choice({ shown, change }: { shown: Shown; change: Change }) {
  const outputs = useDatasets("OUTPUT");
  const gauges = useDatasets("OBSERVATION");
  const runs = outputs.data ?? [];
  return (
    <section className="card results-choice">
      <div className="row">
        {shown.runs.map((run, at) => (
          <span key={run} className="chip">
            <i className={`swatch ${SERIES[at] ?? ""}`} aria-hidden="true" />
            <Link to={`/data/${encodeURIComponent(run)}`}>{run}</Link>
            <button className="button quiet chip-close" aria-label={`Leave out ${run}`} onClick={() => change({ runs: shown.runs.filter((name) => name !== run) })}>
              ×
            </button>
          </span>
        ))}
      </div>
      <div className="results-fields">
        <div className="field">
          <label htmlFor="add-run">{shown.runs.length ? "Draw another run over it" : "Run"}</label>
          <select id="add-run" value="" disabled={shown.runs.length >= MOST} onChange={(event) => change({ runs: [...shown.runs, event.target.value] })}>
            <option value="">{outputs.isPending ? "…" : runs.length ? "choose" : "there are no results yet"}</option>
            {runs.filter((run) => !shown.runs.includes(referenceOf(run))).map((run) => (
              <option key={run.uuid} value={referenceOf(run)}>
                {choiceOf(referenceOf(run), run.description)}
              </option>
            ))}
          </select>
        </div>
        <div className="field">
          <label htmlFor="observed">Observed</label>
          <select id="observed" aria-describedby="observed-hint" value={shown.observed} onChange={(event) => change({ observed: event.target.value, gauge: "" })}>
            <option value="">what the runs were given</option>
            {(gauges.data ?? []).map(referenceOf).map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
          <p id="observed-hint" className="hint">What is chosen here is drawn, and the runs are scored against it.</p>
        </div>
        {shown.observed && <Gauges shown={shown} change={change} />}
      </div>
      {outputs.isError && <Trouble problem={outputs.error} />}
    </section>
  );
}

/** The gauges of the observations, where these are of several. */
function Gauges({ shown, change }: { shown: Shown; change: Change }) {
  const first = useViews(shown.runs)[0]?.data;
  const gauges = useGauges(shown.observed).gauges;
  if (gauges.length < 2) return null;
  return <Select label="Gauge" value={gaugeOf(gauges, shown.gauge, outletOf(first).gauge)} options={[...gauges]} onChange={(gauge) => change({ gauge })} />;
}

function Look({ shown, change }: { shown: Shown; change: Change }) {
  const views = useViews(shown.runs);
  const first = views[0]?.data;
  const layer = first?.layers.find((one) => one.name === shown.layer) ?? (first && firstLayer(first));
  const places = usePlaces(shown.runs[0] ?? "", layer?.name ?? "");
  const place = shown.place || (first && layer ? firstPlace(first, layer.name) : "") || (places.data?.places.at(-1) ?? "");
  const variable = layer && shown.variable in layer.variables ? shown.variable : (Object.keys(layer?.variables ?? {})[0] ?? "");
  const observed = useObserved(shown.observed, shown.gauge, outletOf(first).gauge);
  const drawn: Drawn[] = layer ? drawnOf({ runs: shown.runs, views: views.map((view) => view.data), layer, place, variable, observed }) : [];
  const isFlow = layer?.variables[variable] === FLOW;
  // where it cannot be read, who scores says why
  const isUnread = useViews(shown.observed ? [shown.observed] : [])[0]?.isError ?? false;
  const asked = observed ?? (isUnread ? { reference: shown.observed, layer: "", place: "", variable: "" } : null);
  const scored = useScores(drawn.flatMap((one) => (one.kind === "run" ? [one.wanted] : [])), asked, isFlow);
  const points = Math.min(4000, Math.max(800, Math.round(globalThis.innerWidth * 1.5)));
  const series = useSeries(drawn.map((one) => one.wanted), shown.window, points);
  const compared = drawn.filter((one) => one.kind !== "rain");
  const durations = useDurations(compared.map((one) => one.wanted), shown.window);
  const chart = useRef<HTMLDivElement>(null);

  const all = useMemo(
    () => drawn.map((one, at) => ({ kind: one.kind, line: lineOf(one.name, one.colour, series[at]?.data, one.kind === "observed") })),
    // when the answers came, and not the objects around them, which are new at every turn
    [drawn.map((one) => JSON.stringify(one)).join(), series.map((one) => `${one.dataUpdatedAt}`).join()],
  );
  const lines = useMemo(() => all.flatMap((one): Line[] => (one.line && one.kind !== "rain" ? [one.line] : [])), [all]);
  const rain = useMemo(() => all.find((one) => one.kind === "rain")?.line ?? undefined, [all]);
  const curves = useMemo(
    () =>
      compared.flatMap((one, at): Curve[] => {
        const data = durations[at]?.data;
        return data ? [{ name: one.name, unit: data.unit, exceeded: data.exceeded, values: data.values, colour: one.colour }] : [];
      }),
    [compared.map((one) => JSON.stringify(one)).join(), durations.map((one) => `${one.dataUpdatedAt}`).join()],
  );
  const failed = [...views, ...series].find((one) => one.isError);

  if (!first) return failed ? <Trouble problem={failed.error} /> : <div className="skeleton" style={{ height: 460 }} />;
  return (
    <>
      <section className="card">
        <header>
          <h2>
            {variable} at {place}
          </h2>
          <label className="row small">
            <input type="checkbox" checked={shown.logarithmic} onChange={(event) => change({ logarithmic: event.target.checked })} />
            logarithmic
          </label>
          <button className="button small" disabled={!shown.window} onClick={() => change({ window: null })}>
            Whole period
          </button>
          <ResultsExport name={`${place}-${variable}`} title={`${variable} at ${place}`} series={drawn.map((one) => one.wanted)} lines={rain ? [...lines, rain] : lines} window={periodOf(shown.window)} chart={chart} />
          <CopyButton text={() => globalThis.location.href} otherwise="Copy it from the address bar">Copy link</CopyButton>
        </header>
        <div className="results-fields">
          <Select label="Kind of place" value={layer?.name ?? ""} options={first.layers.map((one) => one.name)} onChange={(value) => change({ layer: value, place: "", variable: "" })} />
          <div className="field">
            <label htmlFor="place">Place</label>
            <input id="place" key={place} list="places" defaultValue={place} onChange={(event) => places.data?.places.includes(event.target.value) && change({ place: event.target.value })} />
            <datalist id="places">
              {(places.data?.places ?? []).slice(0, 2000).map((name) => (
                <option key={name} value={name} />
              ))}
            </datalist>
          </div>
          <Select label="Variable" value={variable} options={Object.keys(layer?.variables ?? {})} onChange={(value) => change({ variable: value })} />
        </div>
        {failed && <Trouble problem={failed.error} />}
        <div ref={chart}>
          <Hydrograph lines={lines} rain={rain} logarithmic={shown.logarithmic} window={shown.window} onWindow={(window) => change({ window })} label={`${variable} at ${place} over time`} />
        </div>
        {scored.map(({ run, scores }) => scores && (
          <p key={run} className="small soft">
            {scored.length > 1 && `${run}: `}{headlineOf(scores) || "no score has a value"} over {count(scores.pairs)} {scores.pairs === 1 ? "pair" : "pairs"} with gauge {scores.gauge} of {scores.observed}
          </p>
        ))}
        {unitNote(variable, layer?.variables[variable] ?? "") && <p className="small soft">{unitNote(variable, layer?.variables[variable] ?? "")}</p>}
        <p className="small faint">Drag over a period to look at it closely; a double click shows the whole again. Times are UTC.{rain ? " Rain is the mean over the basin; of many steps in one bar it is the highest." : ""}</p>
        <MapLinks runs={shown.runs} layer={layer?.name ?? ""} place={place} variable={variable} />
      </section>
      <div className="columns">
        <section className="card half">
          <header>
            <h2>Flow duration</h2>
          </header>
          <DurationCurve curves={curves} />
        </section>
        <div className="half">
          <ResultsNumbers runs={shown.runs} views={views.map((view) => view.data)} observed={shown.observed} scored={scored} isFlow={isFlow} variable={variable} />
        </div>
      </div>
    </>
  );
}

/** The gauges of a dataset of observations. */
function useGauges(reference: string): { layer: string; gauges: readonly string[] } {
  const layer = useViews(reference ? [reference] : [])[0]?.data?.layers[0]?.name ?? "";
  return { layer, gauges: usePlaces(reference, layer).data?.places ?? [] };
}

/** The series of a dataset of observations: of the gauge that was asked for, else of the run's own. */
function useObserved(reference: string, asked: string, own: string): Wanted | null {
  const { layer, gauges } = useGauges(reference);
  const place = gaugeOf(gauges, asked, own);
  return layer && place ? { reference, layer, place, variable: "" } : null;
}

/** Where the runs are looked at on the map of their hydrofabric. */
function MapLinks({ runs, layer, place, variable }: { runs: readonly string[]; layer: string; place: string; variable: string }) {
  const outputs = useDatasets("OUTPUT");
  return (
    <p className="row small">
      {runs.map((run) => {
        const inputs = outputs.data?.find((one) => referenceOf(one) === run)?.lineage.inputs ?? [];
        const fabric = inputs.find((one) => one.role === "package") ?? inputs.find((one) => one.role === "hydrofabric");
        return (
          <Link key={run} to={mapOf(run, fabric ? `${fabric.name}@${fabric.version}` : "", layer, variable, place)}>
            {runs.length > 1 ? `${run} on the map` : "On the map"}
          </Link>
        );
      })}
    </p>
  );
}

function Select({ label, value, options, onChange }: { label: string; value: string; options: string[]; onChange: (value: string) => void }) {
  const id = label.toLowerCase().replaceAll(" ", "-");
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map((option) => (
          <option key={option}>{option}</option>
        ))}
      </select>
    </div>
  );
}
