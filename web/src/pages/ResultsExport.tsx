import { type RefObject, useState } from "react";
import { download } from "../api/client";
import { type Line, pictureOf } from "../parts/Hydrograph";
import { Trouble } from "../parts/Trouble";
import type { Wanted } from "./results";
import { tableOf } from "./resultsDrawn";

interface Props {
  name: string;
  title: string;
  series: readonly Wanted[];
  lines: readonly Line[];
  window: readonly [string, string] | null;
  chart: RefObject<HTMLElement | null>;
}

/** Saves what is shown: every value of all series in the period, or the picture. */
export function ResultsExport({ name, title, series, lines, window, chart }: Props) {
  const [problem, setProblem] = useState<unknown>(null);
  const fetchTable = (form: "csv" | "netcdf", end: string) => {
    setProblem(null);
    download(tableOf(series, window, form), `${name}.${end}`).catch(setProblem);
  };
  const savePicture = () => {
    const picture = pictureOf(chart.current, title, lines);
    if (!picture) return;
    const link = document.createElement("a");
    link.href = picture;
    link.download = `${name}.png`;
    link.click();
  };
  return (
    <>
      <div className="row" role="group" aria-label="Save what is shown">
        <button className="button small" title="A table of every value" disabled={!series.length} onClick={() => fetchTable("csv", "csv")}>
          CSV
        </button>
        <button className="button small" title="Every value, with units, times, places and sources (CF conventions)" disabled={!series.length} onClick={() => fetchTable("netcdf", "nc")}>
          NetCDF
        </button>
        <button className="button small" title="The picture" disabled={!lines.length} onClick={savePicture}>
          PNG
        </button>
      </div>
      {problem ? <Trouble problem={problem} /> : null}
    </>
  );
}
