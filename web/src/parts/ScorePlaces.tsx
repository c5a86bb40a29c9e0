import { useMemo } from "react";
import type { Place } from "./scoreData";
import { aroundScale, gains, scoreScale } from "./scoreColours";
import { ScoreMap } from "./ScoreMap";
import type { ScoreShown } from "./scoreShown";
import { ScoreTable } from "./ScoreTable";
import { valuesOf } from "./scoreTable";

interface Wanted {
  places: readonly Place[];
  runs: readonly string[];
  ideal: number | null;
  title: string;
  shown: ScoreShown;
  change: (part: Partial<ScoreShown>) => void;
}

/** All places, on a map and in a table: what is chosen in one is chosen in the other. */
export function ScorePlaces({ places, runs, ideal, title, shown, change }: Wanted) {
  const run = runs.includes(shown.run) ? shown.run : (runs[0] ?? "");
  const against = shown.against !== run && runs.includes(shown.against) ? shown.against : "";
  const differing = useMemo(() => (against ? gains(places, run, against, ideal) : null), [places, run, against, ideal]);
  const values = useMemo(() => differing ?? places.map((place) => place.values[run] ?? null), [differing, places, run]);
  // one scale for all configurations, so that their maps can be compared
  const scale = useMemo(
    () => (differing ? aroundScale(differing.filter((value) => value !== null), 0) : scoreScale(runs.flatMap((name) => valuesOf(places, name)), ideal)),
    [differing, places, runs.join("\n"), ideal],
  );
  const name = ideal === null ? `${run} − ${against}` : `${run} better than ${against} by`;
  const gain = useMemo(() => (differing ? { name, values: differing } : null), [differing, name]);
  const pick = (id: string) => change({ place: id === shown.place ? "" : id });
  const ends = !against ? null : ideal === null ? ([`${run} has less`, `${run} has more`] as const) : ([`${against} is better`, `${run} is better`] as const);
  const isPlaced = places.some((place) => place.longitude !== null && place.latitude !== null);
  return (
    <>
      {!isPlaced && <p className="notice">{places.length === 1 ? "The location carries" : "The locations of these scores carry"} no coordinates, so there is no map of them.</p>}
      {runs.length > 1 && <div className="row">
        <label className="row">
          {isPlaced ? "map of" : "look at"}
          <select className="scores-run" value={run} onChange={(event) => change({ run: event.target.value, ...(event.target.value === against ? { against: "" } : {}) })}>
            {runs.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <label className="row">
          against
          <select className="scores-run" value={against} onChange={(event) => change({ run, against: event.target.value })}>
            <option value="">nothing</option>
            {runs.filter((one) => one !== run).map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
      </div>}
      <div className="columns">
        {isPlaced && (
          <div className="half">
            <ScoreMap places={places} values={values} scale={scale} title={against ? `${title}: ${name}` : `${title} of ${run}`} ends={ends} chosen={shown.place} onPick={(id) => (id ? pick(id) : change({ place: "" }))} />
          </div>
        )}
        <div className={isPlaced ? "half" : ""}>
          <ScoreTable places={places} runs={runs} ideal={ideal} title={title} gain={gain} chosen={shown.place} onPick={pick} />
        </div>
      </div>
    </>
  );
}
