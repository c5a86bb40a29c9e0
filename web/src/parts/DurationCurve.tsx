import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { colour } from "../app/theme";
import { number } from "./format";
import { logRange } from "./Hydrograph";
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
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const at = box.current;
    if (!at) return;
    let made: uPlot | null = null;
    const draw = () => {
      made?.destroy();
      const grid = { stroke: colour("grid"), width: 1 };
      const axis = { stroke: colour("faint"), grid, ticks: { ...grid, size: 4 }, font: "12px system-ui, sans-serif" };
      const range = logRange(curves.flatMap((curve) => curve.values).filter((value) => value > 0));
      made = new uPlot(
        {
          width: Math.max(at.clientWidth, 200),
          height,
          cursor: { drag: { x: false, y: false } },
          scales: { x: { time: false, range: () => [0, 100] }, y: { distr: 3, range: () => range } },
          axes: [
            { ...axis, values: (_plot, ticks) => ticks.map((tick) => `${tick} %`) },
            { ...axis, size: 56, label: `[${curves[0]?.unit ?? ""}]`, labelSize: 18, labelFont: "12px system-ui, sans-serif", values: (_plot, ticks) => ticks.map((tick) => (tick === null ? "" : number(tick))) },
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
        },
        curves.length
          ? (uPlot.join(curves.map((curve) => [[...curve.exceeded], curve.values.map((value) => (value > 0 ? value : null))] as uPlot.AlignedData)) as uPlot.AlignedData)
          : [[]],
        at,
      );
    };
    draw();
    const resized = new ResizeObserver(() => made?.setSize({ width: at.clientWidth, height }));
    resized.observe(at);
    globalThis.addEventListener("dmod-theme", draw);
    return () => {
      resized.disconnect();
      globalThis.removeEventListener("dmod-theme", draw);
      made?.destroy();
    };
  }, [curves, height]);
  return <div ref={box} className="chart" style={{ minHeight: height }} role="img" aria-label="Flow-duration curve" />;
}
