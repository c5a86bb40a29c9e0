import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { colour } from "../app/theme";
import { number, unitInWords } from "./format";
import { logRange } from "./Hydrograph";
import { axisOf, usePlot } from "./usePlot";
import "./chart.css";

export interface Curve {
  name: string;
  unit: string;
  exceeded: readonly number[];
  values: readonly number[];
  colour: string;
}

/** In which share of the time a flow is reached or exceeded, on a logarithmic scale. */
export function DurationCurve({ curves, height = 300 }: { curves: readonly Curve[]; height?: number }) {
  const box = usePlot(
    (at) => new uPlot(optionsOf(at, curves, height), dataOf(curves), at),
    height,
    [curves],
  );
  return <div ref={box} className="chart" style={{ minHeight: height }} role="img" aria-label="Flow-duration curve" />;
}

function dataOf(curves: readonly Curve[]): uPlot.AlignedData {
  if (!curves.length) return [[]];
  const tables = curves.map((curve) => [[...curve.exceeded], curve.values.map((value) => (value > 0 ? value : null))] as uPlot.AlignedData);
  return uPlot.join(tables) as uPlot.AlignedData;
}

function optionsOf(at: HTMLElement, curves: readonly Curve[], height: number): uPlot.Options {
  const axis = axisOf(colour);
  const range = logRange(curves.flatMap((curve) => curve.values).filter((value) => value > 0));
  return {
    width: Math.max(at.clientWidth, 200),
    height,
    cursor: { drag: { x: false, y: false } },
    scales: { x: { time: false, range: () => [0, 100] }, y: { distr: 3, range: () => range } },
    axes: [
      { ...axis, values: (_plot, ticks) => ticks.map((tick) => `${tick} %`) },
      { ...axis, size: 56, label: `[${unitInWords(curves[0]?.unit ?? "")}]`, values: (_plot, ticks) => ticks.map((tick) => (tick === null ? "" : number(tick))) },
    ],
    series: [
      { label: "exceeded", value: (_plot, value) => (value === null || value === undefined ? "–" : `${number(value)} %`) },
      ...curves.map((curve) => ({
        label: curve.name,
        stroke: colour(curve.colour),
        width: 1.6,
        spanGaps: true,
        points: { show: false },
        value: (_plot: uPlot, value: number | null) => number(value),
      })),
    ],
  };
}
