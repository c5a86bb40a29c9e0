import { useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { colour } from "../app/theme";
import { number } from "./format";
import { tint } from "./Hydrograph";
import { type Run, useEnsembles } from "./scoreData";
import { hasRanks, type NamedEnsemble, rankAt, rankRows, ranksInWords, rankSteps, reliabilityInWords, reliabilityOf, reliabilityRows, share, thresholdsOf } from "./scoreEnsembles";
import { fileName, saveFigure, saveTable } from "./scoreExport";
import { Trouble } from "./Trouble";
import { axisOf, usePlot } from "./usePlot";
import "./chart.css";

/** Where observations lie among the members of ensembles, and what occurs at the probabilities that these give. */
export function ScoreEnsembles({ of, runs, colours }: { of: readonly string[]; runs: readonly Run[]; colours: readonly string[] }) {
  const found = useEnsembles(of);
  const came = found.map((one) => one.dataUpdatedAt).join();
  const ensembles = useMemo(
    () =>
      runs.flatMap((run, at): NamedEnsemble[] => {
        const kept = found[of.indexOf(run.evaluation)]?.data?.ensembles.find((one) => one.configuration === run.configuration);
        return kept ? [{ ...kept, name: run.name, colour: colours[at] ?? "series-1" }] : [];
      }),
    [came, runs],
  );
  const failed = found.find((one) => one.isError);
  if (failed) return <Trouble problem={failed.error} retry={() => void failed.refetch()} />;
  if (!ensembles.length) return null;
  const thresholds = thresholdsOf(ensembles);
  return (
    <div className="columns">
      <div className="half">
        <Ranks ensembles={ensembles} />
      </div>
      {thresholds.length > 0 && (
        <div className="half">
          <Reliability ensembles={ensembles} thresholds={thresholds} />
        </div>
      )}
    </div>
  );
}

type Shown = readonly NamedEnsemble[];

function keysOf(ensembles: Shown) {
  return ensembles.map((one) => ({ colour: one.colour, text: `${one.name}, ${one.members} members` }));
}

function Ranks({ ensembles }: { ensembles: Shown }) {
  const figure = useRef<HTMLDivElement>(null);
  const known = useMemo(() => ensembles.filter(hasRanks), [ensembles]);
  const name = "Rank histogram";
  return (
    <section className="card stack">
      <header className="scores-header">
        <h2>{name}</h2>
        <button className="button small" aria-label="CSV of the rank histogram" onClick={() => saveTable(rankRows(ensembles), fileName(name))}>CSV</button>
        <button className="button small" aria-label="PNG of the rank histogram" disabled={!known.length} onClick={() => saveFigure(figure.current?.querySelector("canvas"), name, keysOf(known), fileName(name))}>PNG</button>
      </header>
      {known.length ? (
        <div ref={figure}>
          <RankHistogram ensembles={known} />
        </div>
      ) : (
        <p className="soft">No time has all members and an observation.</p>
      )}
      <p className="small faint">All locations together. Flat where observations cannot be told from members; a U: too sure; a hill: not sure enough; a slope: biased.</p>
    </section>
  );
}

function RankHistogram({ ensembles, height = 300 }: { ensembles: Shown; height?: number }) {
  const box = usePlot((at) => new uPlot(rankOptions(at, ensembles, height), rankData(ensembles), at), height, [ensembles]);
  return <div ref={box} className="chart" style={{ minHeight: height }} role="img" aria-label={`Rank histogram: ${ensembles.map(ranksInWords).join(". ")}`} />;
}

function rankData(ensembles: Shown): uPlot.AlignedData {
  const flat = [[0, 100], [1, 1]] as uPlot.AlignedData;
  return uPlot.join([flat, ...ensembles.map((one) => rankSteps(one.ranks) as uPlot.AlignedData)]) as uPlot.AlignedData;
}

function rankOptions(at: HTMLElement, ensembles: Shown, height: number): uPlot.Options {
  const axis = axisOf(colour);
  const paths = uPlot.paths.stepped?.({ align: 1 });
  // a step is as wide as a rank: where one looks counts, not the edge that is nearest
  const looked = ({ cursor: { left }, posToVal }: uPlot) => (left === undefined || left < 0 ? null : posToVal(left, "x"));
  const below = (one: NamedEnsemble, plot: uPlot) => {
    const at = looked(plot);
    if (at === null) return "–";
    const rank = rankAt(one.ranks, at);
    return `${rank} of ${one.members} below: ${share(one.ranks[rank])} of times`;
  };
  return {
    width: Math.max(at.clientWidth, 200),
    height,
    cursor: { drag: { x: false, y: false }, points: { show: false } },
    scales: { x: { time: false, range: () => [0, 100] }, y: { range: (_plot, _low, high) => [0, Math.max(1.2, high ?? 0) * 1.05] } },
    axes: [
      { ...axis, label: "members below the observation", values: (_plot, ticks) => ticks.map((tick) => `${tick} %`) },
      { ...axis, size: 50, label: "times, flat = 1", values: (_plot, ticks) => ticks.map((tick) => number(tick)) },
    ],
    series: [
      { label: "below", value: (plot) => (looked(plot) === null ? "–" : `${number(looked(plot), 3)} %`) },
      { label: "flat", stroke: colour("faint"), width: 1, dash: [5, 4], points: { show: false }, value: () => "1" },
      ...ensembles.map((one) => ({
        label: one.name,
        stroke: colour(one.colour),
        width: 1.8,
        points: { show: false },
        ...(paths ? { paths } : {}),
        ...(ensembles.length === 1 ? { fill: tint(colour(one.colour)) } : {}),
        value: (plot: uPlot) => below(one, plot),
      })),
    ],
  };
}

function Reliability({ ensembles, thresholds }: { ensembles: Shown; thresholds: readonly string[] }) {
  const figure = useRef<HTMLDivElement>(null);
  const [chosen, setChosen] = useState("");
  const threshold = thresholds.includes(chosen) ? chosen : (thresholds[0] ?? "");
  const known = useMemo(() => ensembles.filter((one) => reliabilityOf(one, threshold).length), [ensembles, threshold]);
  const name = `Reliability diagram of ${threshold}`;
  return (
    <section className="card stack">
      <header className="scores-header">
        <h2>Reliability diagram</h2>
        {thresholds.length > 1 && (
          <label className="row">
            threshold
            <select className="scores-facet" value={threshold} onChange={(event) => setChosen(event.target.value)}>
              {thresholds.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          </label>
        )}
        <button className="button small" aria-label="CSV of the reliability diagram" onClick={() => saveTable(reliabilityRows(ensembles, threshold), fileName(name))}>CSV</button>
        <button className="button small" aria-label="PNG of the reliability diagram" disabled={!known.length} onClick={() => saveFigure(figure.current?.querySelector("canvas"), name, keysOf(known), fileName(name))}>PNG</button>
      </header>
      {known.length ? (
        <div ref={figure}>
          <ReliabilityDiagram ensembles={known} threshold={threshold} />
        </div>
      ) : (
        <p className="soft">No time has all members and an observation.</p>
      )}
      <p className="small faint">
        {thresholds.length === 1 && `Of ${threshold}, all locations together. `}On the diagonal it occurs as often as the members say. Large points: often said; dotted: share of all times at which it occurs.
      </p>
    </section>
  );
}

function ReliabilityDiagram({ ensembles, threshold, height = 300 }: { ensembles: Shown; threshold: string; height?: number }) {
  const box = usePlot((at) => new uPlot(reliabilityOptions(at, ensembles, threshold, height), reliabilityData(ensembles, threshold), at), height, [ensembles, threshold]);
  const words = ensembles.map((one) => reliabilityInWords(one, threshold)).join(". ");
  return <div ref={box} className="chart" style={{ minHeight: height }} role="img" aria-label={`Reliability diagram of ${threshold}: ${words}`} />;
}

function reliabilityData(ensembles: Shown, threshold: string): uPlot.AlignedData {
  const tables = ensembles.map((one) => {
    const points = reliabilityOf(one, threshold);
    return [points.map((point) => point.given), points.map((point) => point.occurred)] as uPlot.AlignedData;
  });
  return uPlot.join([[[0, 1], [0, 1]], ...tables]) as uPlot.AlignedData;
}

function reliabilityOptions(at: HTMLElement, ensembles: Shown, threshold: string, height: number): uPlot.Options {
  const axis = axisOf(colour);
  const tenths = (_plot: uPlot, ticks: number[]) => ticks.map((tick) => number(tick, 2));
  const inside: [number, number] = [-0.04, 1.04];
  return {
    width: Math.max(at.clientWidth, 200),
    height,
    cursor: { drag: { x: false, y: false } },
    scales: { x: { time: false, range: () => inside }, y: { range: () => inside } },
    axes: [
      { ...axis, label: "probability given", values: tenths },
      { ...axis, size: 50, label: "share that occurred", values: tenths },
    ],
    series: [
      { label: "given", value: (_plot, value) => share(value) },
      { label: "1 : 1", stroke: colour("faint"), width: 1, dash: [5, 4], points: { show: false }, value: (_plot, value) => share(value) },
      ...ensembles.map((one) => ({
        label: one.name,
        stroke: colour(one.colour),
        width: 1.6,
        spanGaps: true,
        points: { show: false },
        value: (plot: uPlot, value: number | null, _at: number, step: number | null) => {
          const point = reliabilityOf(one, threshold).find(({ given }) => step !== null && given === plot.data[0][step]);
          return point ? `${share(value)} occurred, in ${share(point.share)} of times` : "–";
        },
      })),
    ],
    hooks: { draw: [(plot) => ensembles.forEach((one) => drawPoints(plot, one, threshold))] },
  };
}

/** Points whose area is the share of the times, and how often it occurs at all. */
function drawPoints(plot: uPlot, one: NamedEnsemble, threshold: string): void {
  const { ctx: pen } = plot;
  const rate = one.reliability[threshold]?.base_rate ?? null;
  pen.save();
  pen.fillStyle = pen.strokeStyle = colour(one.colour);
  for (const point of reliabilityOf(one, threshold)) {
    pen.beginPath();
    pen.arc(plot.valToPos(point.given, "x", true), plot.valToPos(point.occurred, "y", true), (2.5 + 8 * Math.sqrt(point.share)) * uPlot.pxRatio, 0, 2 * Math.PI);
    pen.fill();
  }
  if (rate !== null) {
    const level = plot.valToPos(rate, "y", true);
    pen.lineWidth = uPlot.pxRatio;
    pen.setLineDash([2 * uPlot.pxRatio, 4 * uPlot.pxRatio]);
    pen.beginPath();
    pen.moveTo(plot.bbox.left, level);
    pen.lineTo(plot.bbox.left + plot.bbox.width, level);
    pen.stroke();
  }
  pen.restore();
}
