import { useEffect, useMemo, useRef, useState } from "react";
import { count, number } from "./format";
import { boundsOf, stepOf } from "./graticule";
import { colourOf, legendOf } from "./MapScale";
import type { Place } from "./scoreData";
import { type ScoreScale } from "./scoreColours";
import { fileName, saveFigure } from "./scoreExport";
import type { ScoreMapDrawing } from "./ScoreMapDrawing";

/** So few places need no large map. */
const FEW = 3;

interface Wanted {
  places: readonly Place[];
  /** In the order of the places. */
  values: readonly (number | null)[];
  scale: ScoreScale | null;
  title: string;
  /** What the ends of the colours mean, where they lie on both sides of a middle. */
  ends: readonly [low: string, high: string] | null;
  chosen: string;
  onPick: (id: string) => void;
}

/** All places on a map, coloured by a score; the table says the same to those who do not see it. */
export function ScoreMap({ places, values, scale, title, ends, chosen, onPick }: Wanted) {
  const container = useRef<HTMLDivElement>(null);
  const [drawing, setDrawing] = useState<ScoreMapDrawing | null>(null);
  const [hovered, setHovered] = useState("");
  const [trouble, setTrouble] = useState("");
  const [canDraw] = useState(() => document.createElement("canvas").getContext("webgl2") !== null);
  const pick = useRef(onPick);
  pick.current = onPick;
  const points = useMemo(() => places.flatMap(({ id, longitude, latitude }, at) => (longitude === null || latitude === null ? [] : [{ id, longitude, latitude, at }])), [places]);
  const where = useMemo(() => boundsOf(points.map((point) => [point.longitude, point.latitude])), [points]);
  const box = where?.join() ?? "";

  useEffect(() => {
    if (!canDraw || !where) return;
    let gone = false;
    let made: ScoreMapDrawing | null = null;
    void import("./ScoreMapDrawing")
      .then(({ ScoreMapDrawing: Drawing }) => {
        if (gone || !container.current) return;
        const label = `Map of ${count(points.length)} locations; the table has the same scores. Arrow keys move the map, plus and minus zoom`;
        made = new Drawing(container.current, where, points.length, label, { onPick: (id) => pick.current(id), onHover: setHovered });
        setDrawing(made);
      })
      .catch((error: unknown) => setTrouble(error instanceof Error ? error.message : String(error)));
    return () => {
      gone = true;
      setDrawing(null);
      made?.remove();
    };
    // a new box is a new map; other scores of the same places are not
  }, [canDraw, box]);
  useEffect(() => {
    drawing?.show(points.map((point) => ({ ...point, colour: scale ? colourOf(scale, values[point.at]) : -1 })), scale?.palette ?? "scale");
  }, [drawing, points, values, scale]);
  useEffect(() => drawing?.choose(chosen), [drawing, chosen]);

  if (!where) return null;
  const rows = scale ? legendOf(scale, true).map((row) => ({ colour: `${scale.palette}-${row.colour}`, text: row.text })) : [];
  const keys = [...rows, { colour: "sunk", text: "no value" }];
  const at = places.findIndex((place) => place.id === hovered);
  const over = places[at];
  return (
    <figure className="score-map" aria-label={`Map: ${title}`}>
      <div className={places.length > FEW ? "score-map-box" : "score-map-box few"}>
        <div ref={container} className="score-map-canvas" />
        {!canDraw && <p className="notice warn score-map-over">This browser has no WebGL 2, by which maps are drawn. The table has all of it.</p>}
        {trouble && <p className="notice warn score-map-over">The map could not be drawn: {trouble}.</p>}
        {over && (
          <p className="small score-map-hover">
            <strong>{number(values[at])}</strong> {over.id} {over.name}
          </p>
        )}
        {drawing && (
          <div className="score-map-acts">
            <button className="button small" aria-label="Zoom in" onClick={() => drawing.zoom(1)}>+</button>
            <button className="button small" aria-label="Zoom out" onClick={() => drawing.zoom(-1)}>−</button>
            <button className="button small" onClick={() => drawing.all()}>All</button>
            <button className="button small" onClick={() => drawing.picture((canvas) => saveFigure(canvas, title, keys, fileName(title, "map")))}>PNG</button>
          </div>
        )}
      </div>
      <figcaption className="small">
        {ends && <p className="soft">Below 0 {ends[0]}, above 0 {ends[1]}.</p>}
        <ul className="score-legend" aria-label={`Colours: ${title}`}>
          {keys.map((key) => (
            <li key={key.text}>
              <i aria-hidden="true" style={{ background: `var(--${key.colour})` }} />
              {key.text}
            </li>
          ))}
        </ul>
        <p className="faint">
          Lines are {stepOf(where)}° apart.
          {points.length < places.length && ` ${count(places.length - points.length)} of ${count(places.length)} locations carry no coordinates.`}
        </p>
      </figcaption>
    </figure>
  );
}
