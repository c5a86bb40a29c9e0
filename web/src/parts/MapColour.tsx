import { useEffect, useMemo } from "react";
import type { Shown } from "../pages/map";
import { choiceOf } from "../pages/dataRecord";
import { belonging, type DatasetRecord } from "../pages/mapBelonging";
import { type MapDescription, useAttribute, useRuns } from "../pages/mapData";
import { attributeUnit } from "./attributes";
import { number } from "./format";
import type { MapDrawing, Thing } from "./MapDrawing";
import { MapLegend } from "./MapLegend";
import { MapResult } from "./MapResult";
import { coloursOfAll, type ScaleKind, scaleOf } from "./MapScale";
import { Trouble } from "./Trouble";

/** What the map knows of a thing that is pointed at. */
export type ValueOf = (thing: Thing) => string | null;

export interface ColourProps {
  description: MapDescription;
  fabric: DatasetRecord | undefined;
  shown: Shown;
  change: (part: Partial<Shown>) => void;
  drawing: MapDrawing | null;
  tell: (valueOf: ValueOf | null) => void;
}

const KINDS: readonly ScaleKind[] = ["quantile", "linear"];

/** Chooses what the map is coloured by, and says what the colours mean. */
export function MapColour(props: ColourProps) {
  const { description, fabric, shown, change } = props;
  const runs = useRuns();
  const known = runs.data ?? [];
  const same = fabric ? known.filter((run) => belonging(run, fabric) === "same") : known;
  const others = fabric ? known.filter((run) => belonging(run, fabric) === "names") : [];
  const value = shown.run ? `run ${shown.run}` : shown.attribute ? `attribute ${shown.attribute}` : "";
  const isListed = !shown.run || [...same, ...others].some((run) => run.reference === shown.run);

  function choose(text: string) {
    const [kind, name] = [text.slice(0, text.indexOf(" ")), text.slice(text.indexOf(" ") + 1)];
    const nothing = { attribute: "", run: "", layer: "", variable: "", at: null };
    change({ ...nothing, ...(kind === "run" ? { run: name } : kind === "attribute" ? { attribute: name } : {}) });
  }

  return (
    <section className="card map-colour" aria-label="Colours">
      <div className="map-fields">
        <div className="field grow">
          <label htmlFor="map-colour">Colour by</label>
          <select id="map-colour" value={value} onChange={(event) => choose(event.target.value)}>
            <option value="">nothing</option>
            {!isListed && <option value={value}>{shown.run}</option>}
            <Runs label="Results of this hydrofabric" runs={same} />
            <Runs label="Results whose catchments have such names" runs={others} />
            <optgroup label="Attributes of catchments">
              {description.attributes.map((name) => (
                <option key={name} value={`attribute ${name}`}>
                  {name}
                </option>
              ))}
            </optgroup>
          </select>
        </div>
        {value && (
          <div className="row map-kinds" role="group" aria-label="Classes">
            {KINDS.map((kind) => (
              <button key={kind} className="button small" aria-pressed={shown.scale === kind} title={kind === "quantile" ? "as many in each class" : "classes of the same width"} onClick={() => change({ scale: kind })}>
                {kind}
              </button>
            ))}
          </div>
        )}
      </div>
      {shown.run ? <MapResult key={shown.run} {...props} /> : shown.attribute ? <Attribute {...props} /> : null}
    </section>
  );
}

function Runs({ label, runs }: { label: string; runs: readonly DatasetRecord[] }) {
  if (!runs.length) return null;
  return (
    <optgroup label={label}>
      {runs.map((run) => (
        <option key={run.reference} value={`run ${run.reference}`}>
          {choiceOf(run.reference, run.description)}
        </option>
      ))}
    </optgroup>
  );
}

function Attribute({ description, shown, drawing, tell }: ColourProps) {
  const found = useAttribute(description.dataset, shown.attribute);
  const scale = useMemo(() => (found.data ? scaleOf(found.data.values, shown.scale) : null), [found.data, shown.scale]);
  useEffect(() => {
    if (drawing && found.data && scale) drawing.paint("catchments", found.data.catchments, coloursOfAll(scale, found.data.values));
  }, [drawing, found.data, scale]);
  useEffect(() => () => drawing?.clear(), [drawing]);
  useEffect(() => {
    const rows = new Map(found.data?.catchments.map((id, row) => [id, row]));
    tell((thing) => {
      const row = thing.layer === "catchments" ? rows.get(thing.id) : undefined;
      return row === undefined ? null : `${shown.attribute} ${number(found.data?.values[row])} ${attributeUnit(shown.attribute)}`;
    });
    return () => tell(null);
  }, [found.data, shown.attribute, tell]);
  if (found.isError) return <Trouble problem={found.error} retry={() => void found.refetch()} />;
  if (!found.data) return <div className="skeleton map-legend-wait" />;
  return <MapLegend scale={scale} unit={attributeUnit(shown.attribute)} isSample={false} name={shown.attribute} />;
}
