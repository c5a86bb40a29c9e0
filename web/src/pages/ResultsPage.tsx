import { useQuery } from "@tanstack/react-query";
import { useMemo, useRef } from "react";
import { Link, useSearchParams } from "react-router";
import { api, download, got } from "../api/client";
import { DurationCurve, type Curve } from "../parts/DurationCurve";
import { number } from "../parts/format";
import { Hydrograph, type Line, pictureOf } from "../parts/Hydrograph";
import { Trouble } from "../parts/Trouble";
import { useTitle } from "../parts/useTitle";
import { lineOf, MOST, searchOf, SERIES, type Shown, shownOf, tableOf, useDurations, usePlaces, useSeries, useViews, type View, type Wanted } from "./results";
import { type DatasetRecord, referenceOf } from "./dataRecord";
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
  const names = (outputs.data ?? []).map(referenceOf);
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
            <option value="">{outputs.isPending ? "…" : names.length ? "choose" : "there are no results yet"}</option>
            {names.filter((name) => !shown.runs.includes(name)).map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </div>
        <div className="field">
          <label htmlFor="observed">Observed</label>
          <select id="observed" value={shown.observed} onChange={(event) => change({ observed: event.target.value })}>
            <option value="">nothing</option>
            {(gauges.data ?? []).map(referenceOf).map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </div>
      </div>
      {outputs.isError && <Trouble problem={outputs.error} />}
    </section>
  );
}

/** The place that is looked at first: where the water leaves the basin. */
function outletOf(view: View | undefined): string {
  const result = view?.summary["result"] as Record<string, unknown> | undefined;
  const rivers = result?.["outlet_flowpaths"];
  return Array.isArray(rivers) && typeof rivers[0] === "string" ? rivers[0] : "";
}

function Look({ shown, change }: { shown: Shown; change: Change }) {
  const views = useViews(shown.runs);
  const first = views[0]?.data;
  const layer = first?.layers.find((one) => one.name === shown.layer) ?? first?.layers.find((one) => one.name === "rivers") ?? first?.layers[0];
  const places = usePlaces(shown.runs[0] ?? "", layer?.name ?? "");
  const place = shown.place || (layer?.name === "rivers" ? outletOf(first) : "") || (places.data?.places.at(-1) ?? "");
  const variable = layer && shown.variable in layer.variables ? shown.variable : (Object.keys(layer?.variables ?? {})[0] ?? "");
  const wanted: Wanted[] = layer ? shown.runs.map((reference) => ({ reference, layer: layer.name, place, variable })) : [];
  const gauge = useViews(shown.observed ? [shown.observed] : [])[0]?.data?.layers[0];
  const gaugePlaces = usePlaces(shown.observed, gauge?.name ?? "");
  const observed: Wanted[] = gauge
    ? [{ reference: shown.observed, layer: gauge.name, place: gaugePlaces.data?.places[0] ?? "", variable: "" }]
    : [];
  const points = Math.min(4000, Math.max(800, Math.round(globalThis.innerWidth * 1.5)));
  const series = useSeries([...wanted, ...observed], shown.window, points);
  const durations = useDurations([...wanted, ...observed], shown.window);
  const chart = useRef<HTMLDivElement>(null);

  const lines = useMemo(
    () =>
      series
        .map((one, at) => (at < shown.runs.length ? lineOf(shown.runs[at] ?? "", SERIES[at] ?? "series-1", one.data) : lineOf("observed", "observed", one.data, true)))
        .filter((line): line is Line => line !== null),
    // when the answers came, and not the objects around them, which are new at every turn
    [shown.runs.join(), series.map((one) => `${one.dataUpdatedAt}`).join(), place, variable],
  );
  const curves = useMemo(
    () =>
      durations
        .map((one, at): Curve | null =>
          one.data
            ? { name: shown.runs[at] ?? "observed", unit: one.data.unit, exceeded: one.data.exceeded, values: one.data.values, colour: at < shown.runs.length ? (SERIES[at] ?? "series-1") : "observed" }
            : null,
        )
        .filter((curve): curve is Curve => curve !== null),
    [shown.runs.join(), durations.map((one) => `${one.dataUpdatedAt}`).join(), place, variable],
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
          <button
            className="button small"
            onClick={() => {
              const picture = pictureOf(chart.current);
              if (picture) save(picture, `${place}.png`);
            }}
          >
            PNG
          </button>
          {wanted.map((one, at) => (
            <button key={one.reference} className="button small" onClick={() => void download(tableOf(one, shown.window), `${one.reference}-${place}-${variable}.csv`)}>
              CSV{wanted.length > 1 ? ` ${at + 1}` : ""}
            </button>
          ))}
          <button className="button small" onClick={() => void navigator.clipboard.writeText(globalThis.location.href)}>
            Copy link
          </button>
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
          <Hydrograph lines={lines} logarithmic={shown.logarithmic} window={shown.window} onWindow={(window) => change({ window })} label={`${variable} at ${place} over time`} />
        </div>
        <p className="small faint">Drag over a period to look at it closely; a double click shows the whole again. Times are UTC.</p>
      </section>
      <div className="columns">
        <section className="card half">
          <header>
            <h2>Flow duration</h2>
          </header>
          <DurationCurve curves={curves} />
        </section>
        <div className="half">
          <Numbers runs={shown.runs} views={views.map((view) => view.data)} />
        </div>
      </div>
    </>
  );
}

function save(address: string, name: string) {
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
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

const BALANCE = ["inflow", "evapotranspiration", "runoff", "storage_change", "residual"] as const;

/** Scores and water balance of the runs, side by side. */
function Numbers({ runs, views }: { runs: readonly string[]; views: readonly (View | undefined)[] }) {
  const results = views.map((view) => (view?.summary["result"] ?? {}) as Record<string, unknown>);
  const part = (name: string) => results.map((result) => (result[name] ?? null) as Record<string, number | null> | null);
  const scores = part("scores").map((found) => (found?.["scores"] as Record<string, number | null> | undefined) ?? found);
  const balances = part("balance_mm");
  const metrics = [...new Set(scores.flatMap((found) => Object.keys(found ?? {})))].slice(0, 15);
  const row = (name: string, values: readonly (Record<string, number | null> | null)[]) => (
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
            <th />
            {runs.map((run) => (
              <th key={run} className="number">
                {run}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {metrics.map((name) => row(name, scores))}
          {BALANCE.map((name) => row(name, balances))}
        </tbody>
      </table>
      {!metrics.length && <p className="small faint">Nothing observed was given to these runs. Water in mm over the basin.</p>}
    </section>
  );
}
