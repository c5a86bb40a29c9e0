import { useMemo, useRef, useState } from "react";
import { asProblem } from "../api/problem";
import { type Band, Hydrograph, type Line } from "./Hydrograph";
import { number } from "./format";
import { bandsOf } from "./scoreEnsembles";
import { type Place, type Run, usePairs } from "./scoreData";
import { fileName, saveFigure } from "./scoreExport";
import { Trouble } from "./Trouble";

interface Wanted {
  of: readonly string[];
  runs: readonly Run[];
  colours: readonly string[];
  place: Place;
  title: string;
  onClose: () => void;
}

/** What was compared at a place: observed, and as each configuration has it. */
export function ScoreSeries({ of, runs, colours, place, title, onClose }: Wanted) {
  const found = usePairs(of, place.id);
  const [window, setWindow] = useState<[number, number] | null>(null);
  const [logarithmic, setLogarithmic] = useState(false);
  const figure = useRef<HTMLDivElement>(null);
  const came = found.map((one) => one.dataUpdatedAt).join();
  const [lines, bands] = useMemo(() => {
    const observed = found.find((one) => one.data)?.data;
    const all: Line[] = [];
    const between: Band[] = [];
    if (observed) all.push({ name: "observed", unit: observed.unit, seconds: observed.seconds, values: observed.observed, colour: "observed", dashed: true });
    runs.forEach((run, at) => {
      const kept = found[of.indexOf(run.evaluation)]?.data;
      const simulated = kept?.simulated[run.configuration];
      if (kept && simulated) all.push({ name: run.name, unit: kept.unit, seconds: simulated.seconds, values: simulated.values, colour: colours[at] ?? "series-1" });
      between.push(...bandsOf(run.name, kept?.bands[run.configuration], colours[at] ?? "series-1"));
    });
    return [all, between];
  }, [came, runs]);
  const failed = found.find((one) => one.isError && asProblem(one.error).status !== 404);
  const isPending = found.some((one) => one.isPending);
  return (
    <section className="card stack" aria-busy={isPending} aria-labelledby="score-place">
      <header className="scores-header">
        <h2 id="score-place" className="break">
          {place.id} {place.name}
        </h2>
        {lines.length > 0 && (
          <>
            <label className="row small">
              <input type="checkbox" checked={logarithmic} onChange={(event) => setLogarithmic(event.target.checked)} /> logarithmic
            </label>
            <button className="button small" disabled={!window} onClick={() => setWindow(null)}>Whole period</button>
            <button className="button small" aria-label="PNG of the series" onClick={() => saveFigure(figure.current?.querySelector("canvas"), `${place.id} ${place.name}`, lines.map((line) => ({ colour: line.colour, text: line.name })), fileName(place.id))}>PNG</button>
          </>
        )}
        <button className="button small" aria-label="Close the location" onClick={onClose}>×</button>
      </header>
      <p className="small soft">
        {title}: {runs.map((run) => `${run.name} ${number(place.values[run.name])}`).join(" · ")}
      </p>
      {failed && <Trouble problem={failed.error} retry={() => void failed.refetch()} />}
      {isPending && !lines.length && <div className="skeleton score-series-wait" />}
      {!isPending && !failed && !lines.length && <p className="soft">No series was kept here: the evaluation tells scores of this location alone.</p>}
      {lines.length > 0 && (
        <div ref={figure}>
          <Hydrograph lines={lines} bands={bands} logarithmic={logarithmic} window={window} onWindow={setWindow} height={300} label={`Observed and simulated values at ${place.id} over time${bands.length ? ", with bands of the members of ensembles" : ""}`} />
        </div>
      )}
      {bands.length > 0 && <p className="small faint">Bands hold the central half and nine tenths of an ensemble's members. Its line is the statistic that the evaluation was asked for, else the median.</p>}
    </section>
  );
}
