import { useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { colour } from "../app/theme";
import { number, unitInWords } from "./format";
import { axisOf, timeLabels, usePlot } from "./usePlot";
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

/** What lies between two series of the same times, drawn behind the lines. */
export interface Band {
  name: string;
  seconds: readonly number[];
  low: readonly (number | null)[];
  high: readonly (number | null)[];
  /** A colour of the page: `series-1`. */
  colour: string;
}

interface Wanted {
  lines: readonly Line[];
  bands?: readonly Band[];
  rain?: Line | undefined;
  logarithmic: boolean;
  window: readonly [number, number] | null;
  onWindow: (window: [number, number] | null) => void;
  height?: number;
  label: string;
}

/** Put lines with times of their own onto one axis, as uPlot draws them; before them the lower and upper edge of each band. */
export function joined(lines: readonly Line[], bands: readonly Band[] = [], floor = -Infinity): uPlot.AlignedData {
  if (!lines.length && !bands.length) return [[]];
  const edge = (values: readonly (number | null)[]) => values.map((value) => (value === null ? null : Math.max(value, floor)));
  const tables = [...bands.map((band) => [[...band.seconds], edge(band.low), edge(band.high)]), ...lines.map((line) => [[...line.seconds], [...line.values]])];
  return uPlot.join(tables as uPlot.AlignedData[]) as uPlot.AlignedData;
}

const NONE: readonly Band[] = [];

/** Flow over time, with rain from above; dragging chooses a period, a double click shows the whole again. */
export function Hydrograph({ lines, bands = NONE, rain, logarithmic, window: shown, onWindow, height = 380, label }: Wanted) {
  const tell = useRef(onWindow);
  tell.current = onWindow;
  const box = usePlot(
    (at) => {
      const all = rain ? [...lines, rain] : [...lines];
      const range = logRange(positiveOf(lines, bands));
      const options = optionsOf(at, { lines, bands, rain, range: logarithmic ? range : null, window: shown, height }, (period) => tell.current(period));
      return new uPlot(options, joined(all, bands, logarithmic ? range[0] : -Infinity), at);
    },
    height,
    [lines, bands, rain, logarithmic, shown],
  );

  return <div ref={box} className="chart" style={{ minHeight: height }} role="img" aria-label={label} />;
}

const [TITLE, KEY, MARGIN] = [34, 26, 14];

/** The chart as a picture, in the colours of the page, with a title and the names of its lines. */
export function pictureOf(box: HTMLElement | null, title: string, lines: readonly Line[]): string | null {
  const plot = box?.querySelector("canvas");
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d");
  if (!plot || !pen) return null;
  const ratio = plot.width / (plot.clientWidth || plot.width);
  const [width, height] = [plot.width / ratio, plot.height / ratio];
  const rows = rowsOf(pen, lines, width);
  canvas.width = plot.width;
  canvas.height = Math.round((TITLE + height + rows.length * KEY) * ratio);
  pen.scale(ratio, ratio);
  pen.fillStyle = colour("card");
  pen.fillRect(0, 0, width, canvas.height / ratio);
  pen.drawImage(plot, 0, TITLE, width, height);
  pen.textBaseline = "middle";
  pen.fillStyle = colour("ink");
  pen.font = "600 15px system-ui, sans-serif";
  pen.fillText(title, MARGIN, TITLE / 2 + 2, width - 2 * MARGIN);
  pen.font = FONT;
  rows.forEach((row, number) => {
    const middle = TITLE + height + (number + 0.5) * KEY;
    for (const { line, left } of row) {
      pen.fillStyle = colour(line.colour);
      pen.fillRect(left, middle - 2, 16, 4);
      pen.fillStyle = colour("soft");
      pen.fillText(labelOf(line), left + 22, middle);
    }
  });
  return canvas.toDataURL("image/png");
}

const FONT = "13px system-ui, sans-serif";

function labelOf(line: Line): string {
  return line.unit ? `${line.name} [${unitInWords(line.unit)}]` : line.name;
}

/** Put the names of lines into rows that are no wider than the picture. */
function rowsOf(pen: CanvasRenderingContext2D, lines: readonly Line[], width: number): { line: Line; left: number }[][] {
  pen.font = FONT;
  const rows: { line: Line; left: number }[][] = [[]];
  let left = MARGIN;
  for (const line of lines) {
    const size = 22 + pen.measureText(labelOf(line)).width + 20;
    if (left > MARGIN && left + size > width) {
      rows.push([]);
      left = MARGIN;
    }
    rows.at(-1)?.push({ line, left });
    left += size;
  }
  return rows;
}

function positiveOf(lines: readonly Line[], bands: readonly Band[]): number[] {
  const all = [...lines.map((line) => line.values), ...bands.flatMap((band) => [band.low, band.high])];
  return all.flatMap((values) => values.filter((value): value is number => value !== null && value > 0));
}

interface Drawing {
  lines: readonly Line[];
  bands: readonly Band[];
  rain: Line | undefined;
  /** Of a logarithmic axis; null where it is none. */
  range: [number, number] | null;
  window: readonly [number, number] | null;
  height: number;
}

function optionsOf(at: HTMLElement, { lines, bands, rain, range, window: shown, height }: Drawing, tell: (period: [number, number] | null) => void): uPlot.Options {
  const unit = lines[0]?.unit ?? "";
  const axis = axisOf(colour);
  const tints = bands.map((band) => tint(colour(band.colour)));
  return {
    width: Math.max(at.clientWidth, 200),
    height,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
    cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 6 } },
    legend: { live: true, markers: { fill: (plot, at) => tints[Math.floor((at - 1) / 2)] ?? (plot.series[at]?.fill as (() => string) | undefined)?.() ?? "" } },
    bands: bands.map((_band, at) => ({ series: [2 * at + 2, 2 * at + 1], fill: tints[at] ?? "" })),
    scales: {
      x: { time: true, ...(shown ? { range: () => [shown[0], shown[1]] as [number, number] } : {}) },
      y: range
        ? { distr: 3, range: () => (rain ? roomAbove(range) : range) }
        : { range: (_plot, low, high) => [Math.min(low ?? 0, 0), (high ?? 1) * (rain ? 1.35 : 1.06) || 1] },
      rain: { range: (_plot, _low, high) => [0, (high || 1) * 4], dir: -1 },
    },
    axes: [
      { ...axis, values: (_plot, moments, _axis, _space, apart) => timeLabels(moments, apart) },
      { ...axis, size: 56, label: unit ? `[${unitInWords(unit)}]` : "", values: (_plot, ticks) => ticks.map((tick) => (tick === null ? "" : number(tick))) },
      ...(rain ? [{ ...axis, scale: "rain", side: 1 as const, size: 56, label: `rain [${unitInWords(rain.unit)}]`, grid: { show: false }, values: rainTicks }] : []),
    ],
    series: [
      { label: "UTC", value: (_plot, value) => (value === null || value === undefined ? "–" : new Date(value * 1000).toISOString().slice(0, 16).replace("T", " ")) },
      ...bands.flatMap(edgesOf),
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
        ? [{ label: rain.name, scale: "rain", stroke: colour("rain"), fill: colour("rain"), paths: uPlot.paths.bars?.({ size: [1, 24], align: 1 }), points: { show: false }, value: (_plot: uPlot, value: number | null) => number(value) } as uPlot.Series]
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

/** The two edges of a band: neither is a line, and one row of the legend tells both. */
function edgesOf(band: Band): uPlot.Series[] {
  const plain = { stroke: "transparent", width: 0, spanGaps: false, points: { show: false } };
  const between = (plot: uPlot, high: number | null, at: number, step: number | null) =>
    high === null || high === undefined || step === null ? "–" : `${number(plot.data[at - 1]?.[step])} to ${number(high)}`;
  return [{ ...plain, class: "chart-unlisted" } as uPlot.Series, { ...plain, label: band.name, value: between }];
}

/** A colour (`#rrggbb`) that lets through what is behind it. */
export function tint(solid: string): string {
  return `${solid}2e`;
}

/** Rain hangs into the upper quarter: there are its numbers. */
function rainTicks(plot: uPlot, ticks: number[]): string[] {
  const most = (plot.scales["rain"]?.max ?? 0) / 4;
  return ticks.map((tick) => (tick <= most * 1.01 ? number(tick) : ""));
}

/** A third more of a logarithmic axis, for what hangs from above. */
function roomAbove([low, high]: [number, number]): [number, number] {
  return [low, high * (high / low) ** 0.35];
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
