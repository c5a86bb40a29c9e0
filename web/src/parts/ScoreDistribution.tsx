import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { colour } from "../app/theme";
import { number } from "./format";
import { distributionOf, spanOf } from "./scoreTable";
import { axisOf, usePlot } from "./usePlot";
import "./chart.css";

export interface ScoreLine {
  name: string;
  values: readonly number[];
  /** A colour of the page: `series-1`. */
  colour: string;
}

/** In which share of the locations a score is at most so high. */
export function ScoreDistribution({ lines, metric, height = 300 }: { lines: readonly ScoreLine[]; metric: string; height?: number }) {
  const box = usePlot((at) => new uPlot(optionsOf(at, lines, metric, height), dataOf(lines), at), height, [lines, metric]);
  return <div ref={box} className="chart" style={{ minHeight: height }} role="img" aria-label={`Cumulative distribution of ${metric} over the locations`} />;
}

function dataOf(lines: readonly ScoreLine[]): uPlot.AlignedData {
  if (!lines.length) return [[]];
  const tables = lines.map((line) => {
    const found = distributionOf(line.values);
    // equal values share one step, at its upper end
    const steps = new Map(found.values.map((value, at) => [value, found.shares[at] as number]));
    return [[...steps.keys()], [...steps.values()]] as uPlot.AlignedData;
  });
  return uPlot.join(tables) as uPlot.AlignedData;
}

function optionsOf(at: HTMLElement, lines: readonly ScoreLine[], metric: string, height: number): uPlot.Options {
  const axis = axisOf(colour);
  const shown = spanOf(lines.flatMap((line) => [...line.values]));
  const few = Math.max(0, ...lines.map((line) => line.values.length)) < 40;
  return {
    width: Math.max(at.clientWidth, 200),
    height,
    cursor: { drag: { x: false, y: false } },
    scales: { x: { time: false, range: () => shown }, y: { range: () => [0, 101] } },
    axes: [
      { ...axis, label: metric, values: (_plot, ticks) => ticks.map((tick) => number(tick)) },
      { ...axis, size: 50, values: (_plot, ticks) => ticks.map((tick) => `${tick} %`) },
    ],
    series: [
      { label: metric, value: (_plot, value) => number(value) },
      ...lines.map((line) => ({
        label: line.name,
        stroke: colour(line.colour),
        width: 1.8,
        spanGaps: true,
        points: { show: few, size: 6, fill: colour(line.colour) },
        value: (_plot: uPlot, value: number | null) => (value === null || value === undefined ? "–" : `${number(value)} %`),
      })),
    ],
  };
}
