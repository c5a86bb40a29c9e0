import { useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { colour } from "../app/theme";
import { count, number } from "./format";
import { type Aspect, type Part, useParts } from "./scoreData";
import { fileName, type Key, saveFigure, saveTable } from "./scoreExport";
import { Trouble } from "./Trouble";
import { axisOf, usePlot } from "./usePlot";
import "./chart.css";

interface Wanted {
  of: readonly string[];
  aspect: Aspect;
  title: string;
  lines: readonly { name: string; colour: string }[];
  onPart: (part: string) => void;
}

/** A metric by season and the like: medians of each configuration in each part, of which one can be chosen. */
export function ScoreFacets({ of, aspect, title, lines, onPart }: Wanted) {
  const found = useParts(of, aspect);
  const figure = useRef<HTMLDivElement>(null);
  const parts = found.data?.parts ?? [];
  const keys: Key[] = lines.map((line) => ({ colour: line.colour, text: line.name }));
  const name = `${title} by ${facetInWords(aspect.facet)}`;
  return (
    <section className="card stack" aria-busy={found.isFetching}>
      <header className="scores-header">
        <h2>By {facetInWords(aspect.facet)}</h2>
        <button className="button small" aria-pressed={!aspect.part} onClick={() => onPart("")}>All times</button>
        <button className="button small" aria-label={`CSV by ${facetInWords(aspect.facet)}`} disabled={!parts.length} onClick={() => saveTable(rowsOf(parts, lines), fileName(name))}>CSV</button>
        <button className="button small" aria-label={`PNG by ${facetInWords(aspect.facet)}`} disabled={parts.length < 2} onClick={() => saveFigure(figure.current?.querySelector("canvas"), `Median ${name}`, keys, fileName(name))}>PNG</button>
      </header>
      {found.isError && <Trouble problem={found.error} retry={() => void found.refetch()} />}
      {!found.data && !found.isError && <div className="skeleton score-facets-wait" />}
      {parts.length > 0 && (
        <div className="columns">
          <div className="half scroll score-parts" tabIndex={0} role="region" aria-label={name}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{facetInWords(aspect.facet)}</th>
                  {lines.map((line) => (
                    <th key={line.name} scope="col" className="number">{line.name}</th>
                  ))}
                  <th scope="col" className="number">locations</th>
                </tr>
              </thead>
              <tbody>
                {parts.map((part) => (
                  <tr key={part.part} className={part.part === aspect.part ? "score-row chosen" : "score-row"}>
                    <th scope="row">
                      <button className="score-pick" aria-pressed={part.part === aspect.part} onClick={() => onPart(part.part)}>{part.part}</button>
                    </th>
                    {lines.map((line) => {
                      const [low, median, high] = part.quartiles[line.name] ?? [];
                      return (
                        <td key={line.name} className="number">
                          {number(median)}
                          {part.locations > 3 && <span className="small faint score-quartiles">{number(low, 2)} to {number(high, 2)}</span>}
                        </td>
                      );
                    })}
                    <td className="number">{count(part.locations)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {parts.length > 1 && (
            <div className="half" ref={figure}>
              <Medians parts={parts} lines={lines} label={`Median ${name}`} />
            </div>
          )}
        </div>
      )}
      {parts.length > 0 && <p className="small faint">Medians and quartiles at the locations that all configurations share. Choose a row to see the map and the table of that part.</p>}
    </section>
  );
}

export function facetInWords(facet: string): string {
  return facet.replaceAll("_", " ");
}

function rowsOf(parts: readonly Part[], lines: Wanted["lines"]) {
  const names = ["part", "locations", ...lines.flatMap((line) => ["lower quartile", "median", "upper quartile"].map((what) => `${line.name} ${what}`))];
  return [names, ...parts.map((part) => [part.part, part.locations, ...lines.flatMap((line) => part.quartiles[line.name] ?? [null, null, null])])];
}

function Medians({ parts, lines, label, height = 280 }: { parts: readonly Part[]; lines: Wanted["lines"]; label: string; height?: number }) {
  const box = usePlot((at) => new uPlot(optionsOf(at, parts, lines, height), dataOf(parts, lines), at), height, [parts, lines]);
  return <div ref={box} className="chart" style={{ minHeight: height }} role="img" aria-label={label} />;
}

function dataOf(parts: readonly Part[], lines: Wanted["lines"]): uPlot.AlignedData {
  return [parts.map((_part, at) => at), ...lines.map((line) => parts.map((part) => part.quartiles[line.name]?.[1] ?? null))] as uPlot.AlignedData;
}

function optionsOf(at: HTMLElement, parts: readonly Part[], lines: Wanted["lines"], height: number): uPlot.Options {
  const axis = axisOf(colour);
  return {
    width: Math.max(at.clientWidth, 200),
    height,
    cursor: { drag: { x: false, y: false } },
    scales: { x: { time: false, range: () => [-0.4, parts.length - 0.6] } },
    axes: [
      { ...axis, incrs: [1, 2, 5, 10], values: (_plot, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? (parts[tick]?.part ?? "") : "")) },
      { ...axis, size: 56, values: (_plot, ticks) => ticks.map((tick) => number(tick)) },
    ],
    series: [
      { label: "part", value: (_plot, value) => (value === null || value === undefined ? "–" : (parts[value]?.part ?? "")) },
      ...lines.map((line) => ({
        label: line.name,
        stroke: colour(line.colour),
        width: 1.6,
        points: { show: true, size: 8, fill: colour(line.colour) },
        value: (_plot: uPlot, value: number | null) => number(value),
      })),
    ],
  };
}
