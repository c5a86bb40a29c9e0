import { useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { colour } from "../app/theme";
import { number } from "./format";
import { axisOf, usePlot } from "./usePlot";
import "./chart.css";

export interface Line {
  name: string;
  unit: string;
  seconds: readonly number[];
  values: readonly (number | null)[];
  /** A colour of the page: `series-1`, `observed`. */
  colour: string;
  dashed?: boolean;
}

interface Wanted {
  lines: readonly Line[];
  rain?: Line | undefined;
  logarithmic: boolean;
  window: readonly [number, number] | null;
  onWindow: (window: [number, number] | null) => void;
  height?: number;
  label: string;
}

/** Put lines with times of their own onto one axis, as uPlot draws them. */
export function joined(lines: readonly Line[]): uPlot.AlignedData {
  if (!lines.length) return [[]];
  return uPlot.join(lines.map((line) => [[...line.seconds], [...line.values]] as uPlot.AlignedData)) as uPlot.AlignedData;
}

/** Flow over time, with rain from above; dragging chooses a period, a double click shows the whole again. */
export function Hydrograph({ lines, rain, logarithmic, window: shown, onWindow, height = 380, label }: Wanted) {
  const tell = useRef(onWindow);
  tell.current = onWindow;
  const box = usePlot(
    (at) => {
      const all = rain ? [...lines, rain] : [...lines];
      return new uPlot(optionsOf(at, lines, rain, logarithmic, shown, height, (period) => tell.current(period)), joined(all), at);
    },
    height,
    [lines, rain, logarithmic, shown],
  );

  return <div ref={box} className="chart" style={{ minHeight: height }} role="img" aria-label={label} />;
}

/** The chart as a picture, as it stands on the page. */
export function pictureOf(box: HTMLElement | null): string | null {
  const canvas = box?.querySelector("canvas");
  return canvas ? canvas.toDataURL("image/png") : null;
}

function optionsOf(
  at: HTMLElement,
  lines: readonly Line[],
  rain: Line | undefined,
  logarithmic: boolean,
  shown: readonly [number, number] | null,
  height: number,
  tell: (period: [number, number] | null) => void,
): uPlot.Options {
  const unit = lines[0]?.unit ?? "";
  const axis = axisOf(colour);
  const positive = lines.flatMap((line) => line.values).filter((value): value is number => value !== null && value > 0);
  return {
    width: Math.max(at.clientWidth, 200),
    height,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
    cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 6 } },
    legend: { live: true },
    scales: {
      x: { time: true, ...(shown ? { range: () => [shown[0], shown[1]] as [number, number] } : {}) },
      y: logarithmic
        ? { distr: 3, range: () => logRange(positive) }
        : { range: (_plot, low, high) => [Math.min(low ?? 0, 0), (high ?? 1) * (rain ? 1.35 : 1.06) || 1] },
      rain: { range: (_plot, _low, high) => [(high ?? 1) * 4 || 1, 0], dir: 1 },
    },
    axes: [
      { ...axis },
      { ...axis, size: 56, label: unit ? `[${unit}]` : "", values: (_plot, ticks) => ticks.map((tick) => (tick === null ? "" : number(tick))) },
      ...(rain ? [{ ...axis, scale: "rain", side: 1 as const, size: 48, grid: { show: false } }] : []),
    ],
    series: [
      { label: "UTC", value: (_plot, value) => (value === null || value === undefined ? "–" : new Date(value * 1000).toISOString().slice(0, 16).replace("T", " ")) },
      ...lines.map((line) => ({
        label: line.name,
        stroke: colour(line.colour),
        width: 1.6,
        spanGaps: false,
        ...(line.dashed ? { dash: [5, 4] } : {}),
        points: { show: false },
        value: (_plot: uPlot, value: number | null) => number(value),
      })),
      ...(rain
        ? [{ label: rain.name, scale: "rain", stroke: colour("rain"), fill: colour("rain"), paths: uPlot.paths.bars?.({ size: [1, 8] }), points: { show: false }, value: (_plot: uPlot, value: number | null) => number(value) } as uPlot.Series]
        : []),
    ],
    hooks: {
      setSelect: [
        (plot) => {
          if (plot.select.width < 6) return;
          const from = plot.posToVal(plot.select.left, "x");
          const to = plot.posToVal(plot.select.left + plot.select.width, "x");
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          tell([Math.round(from), Math.round(to)]);
        },
      ],
      ready: [(plot) => plot.over.addEventListener("dblclick", () => tell(null))],
    },
  };
}

/** Whole decades around the positive values. */
export function logRange(values: readonly number[]): [number, number] {
  if (!values.length) return [0.1, 10];
  let low = Infinity;
  let high = 0;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [10 ** Math.floor(Math.log10(low)), 10 ** Math.ceil(Math.log10(high) + 1e-9)];
}
