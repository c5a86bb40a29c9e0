import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import { count, number } from "./format";
import { fileName, saveTable } from "./scoreExport";
import type { Place } from "./scoreData";
import { BY_PLACE, bestAt, sorted, type Sorting } from "./scoreTable";

/** How high a row is [pixel]; rows out of sight are not drawn. */
const ROW = 38;
/** How high the head is, which stands above the rows wherever one has scrolled to [pixel]. */
const HEAD = 48;
/** How wide the column of locations is beside many others [pixel]. */
const PLACE = 168;
const GAIN = "\u0000gain";

interface Wanted {
  places: readonly Place[];
  runs: readonly string[];
  ideal: number | null;
  title: string;
  /** How much better one is than another at each place, and what that is called. */
  gain: { name: string; values: readonly (number | null)[] } | null;
  chosen: string;
  onPick: (id: string) => void;
}

/** One metric at all places by configuration: sorted, searched, saved. */
export function ScoreTable({ places, runs, ideal, title, gain, chosen, onPick }: Wanted) {
  const [sorting, setSorting] = useState<Sorting>({ by: BY_PLACE, down: false });
  const [text, setText] = useState("");
  const box = useRef<HTMLDivElement>(null);
  const wanted = text.trim().toLowerCase();
  const all = useMemo(() => (gain ? places.map((place, at) => ({ ...place, values: { ...place.values, [GAIN]: gain.values[at] ?? null } })) : places), [places, gain]);
  const rows = useMemo(
    () => (sorted(all, sorting) as Place[]).filter((place) => !wanted || place.id.toLowerCase().includes(wanted) || place.name.toLowerCase().includes(wanted)),
    [all, sorting, wanted],
  );
  const view = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => ROW, overscan: 12, scrollPaddingEnd: HEAD });
  useEffect(() => {
    const at = rows.findIndex((place) => place.id === chosen);
    if (at >= 0) view.scrollToIndex(at, { align: "auto" });
  }, [chosen, rows]);
  const inSight = view.getVirtualItems();
  const before = inSight[0]?.start ?? 0;
  const after = view.getTotalSize() - (inSight.at(-1)?.end ?? 0);
  const columns = [...runs.map((name) => [name, name] as const), ...(gain ? [[GAIN, gain.name] as const] : [])];
  const width = columns.length + 1;

  function head(by: string, name: string) {
    const isThis = sorting.by === by;
    return (
      <th key={by} scope="col" className={by === BY_PLACE ? "" : "number"} style={by === BY_PLACE ? { width: columns.length > 2 ? PLACE : "46%" } : undefined} aria-sort={isThis ? (sorting.down ? "descending" : "ascending") : "none"}>
        <button className="scores-sort" title={name} onClick={() => setSorting({ by, down: isThis ? !sorting.down : by !== BY_PLACE })}>
          <span>{name}</span> <span aria-hidden="true">{isThis ? (sorting.down ? "↓" : "↑") : "↕"}</span>
        </button>
      </th>
    );
  }

  function save() {
    const names = ["location", "name", "longitude", "latitude", ...columns.map(([, name]) => name)];
    saveTable([names, ...rows.map((place) => [place.id, place.name, place.longitude, place.latitude, ...columns.map(([by]) => place.values[by])])], fileName(title));
  }

  return (
    <div className="stack score-table">
      <div className="row">
        {places.length > 10 && <input type="search" className="score-search" aria-label="Search a location" placeholder="location" value={text} onChange={(event) => setText(event.target.value)} />}
        <span className="small soft grow" role="status">
          {wanted ? `${count(rows.length)} of ${count(places.length)} locations` : `${count(places.length)} ${places.length === 1 ? "location" : "locations"}`}
        </span>
        <button className="button small" onClick={save}>CSV</button>
      </div>
      <div ref={box} className="scroll scores-table" tabIndex={0} role="region" aria-label={`${title} at the locations`}>
        <table aria-rowcount={rows.length + 1} style={{ minWidth: PLACE + 84 * columns.length }}>
          <thead>
            <tr aria-rowindex={1}>
              {head(BY_PLACE, "location")}
              {columns.map(([by, name]) => head(by, name))}
            </tr>
          </thead>
          <tbody>
            {before > 0 && <tr aria-hidden="true"><td colSpan={width} className="score-gap" style={{ height: before }} /></tr>}
            {inSight.map((item) => {
              const place = rows[item.index];
              if (!place) return null;
              const best = bestAt(place, runs, ideal);
              return (
                <tr key={place.id} aria-rowindex={item.index + 2} className={place.id === chosen ? "score-row chosen" : "score-row"} onClick={() => onPick(place.id)}>
                  <th scope="row" title={`${place.id} ${place.name}`}>
                    <button className="score-pick" aria-pressed={place.id === chosen} onClick={(event) => { event.stopPropagation(); onPick(place.id); }}>
                      {place.id}
                      {place.name && <span className="small faint"> {place.name}</span>}
                    </button>
                  </th>
                  {columns.map(([by]) => (
                    <td key={by} className={best === by ? "number scores-best" : "number"}>
                      {number(place.values[by])}
                    </td>
                  ))}
                </tr>
              );
            })}
            {after > 0 && <tr aria-hidden="true"><td colSpan={width} className="score-gap" style={{ height: after }} /></tr>}
          </tbody>
        </table>
      </div>
      {!rows.length && <p className="empty">No location has this in its name.</p>}
    </div>
  );
}
