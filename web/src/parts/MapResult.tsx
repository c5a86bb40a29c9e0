import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useState } from "react";
import { api, got } from "../api/client";
import { fetchFrames } from "../pages/mapData";
import { type Layer, usePlaces, useViews } from "../pages/results";
import { number, unitInWords } from "./format";
import { MapClock } from "./MapClock";
import type { ColourProps } from "./MapColour";
import { Frames } from "./MapFrames";
import { MapLegend } from "./MapLegend";
import { coloursOfAll, scaleOfSpread } from "./MapScale";
import type { TileLayer } from "./MapStyle";
import { Trouble } from "./Trouble";
import { unitNote } from "./unitNote";

const DRAWN: Record<string, TileLayer> = { catchments: "catchments", rivers: "flowpaths", nexuses: "nexuses", gauges: "gauges" };

/** Colours the map by a result, one moment after the other. */
export function MapResult(props: ColourProps) {
  const { shown, change } = props;
  const view = useViews([shown.run])[0];
  const layers = (view?.data?.layers ?? []).filter((one) => one.name in DRAWN && one.steps > 0);
  const layer = layers.find((one) => one.name === shown.layer) ?? layers.find((one) => one.name === "rivers") ?? layers[0];
  const variable = layer && shown.variable in layer.variables ? shown.variable : (Object.keys(layer?.variables ?? {})[0] ?? "");
  if (view?.isError) return <Trouble problem={view.error} retry={() => void view.refetch()} />;
  if (!view?.data) return <div className="skeleton map-legend-wait" />;
  if (!layer) return <p className="small soft">These results have nothing that can be put on a map.</p>;
  return (
    <>
      <div className="field">
        <label htmlFor="map-variable">Show</label>
        <select
          id="map-variable"
          value={`${layer.name} ${variable}`}
          onChange={(event) => {
            const [name = "", ...rest] = event.target.value.split(" ");
            change({ layer: name, variable: rest.join(" ") });
          }}
        >
          {layers.map((one) => (
            <optgroup key={one.name} label={one.name}>
              {Object.entries(one.variables).map(([name, unit]) => (
                <option key={name} value={`${one.name} ${name}`}>
                  {name}
                  {unit ? ` [${unitInWords(unit)}]` : ""}
                </option>
              ))}
            </optgroup>
          ))}
        </select>
      </div>
      <Moments key={`${layer.name} ${variable}`} {...props} layer={layer} variable={variable} />
    </>
  );
}

function useSpread(run: string, layer: string, variable: string) {
  return useQuery({
    queryKey: ["view", run, "range", layer, variable],
    queryFn: ({ signal }) => got(api.GET("/v1/results/{reference}/range", { params: { path: { reference: run }, query: { layer, variable } }, signal })),
    staleTime: Infinity,
  });
}

function Moments({ shown, change, drawing, tell, layer, variable }: ColourProps & { layer: Layer; variable: string }) {
  const places = usePlaces(shown.run, layer.name);
  const spread = useSpread(shown.run, layer.name, variable);
  const scale = useMemo(() => (spread.data ? scaleOfSpread(spread.data, shown.scale) : null), [spread.data, shown.scale]);
  const [step, setStep] = useState(() => stepOf(layer, shown.at));
  const [, setCame] = useState(0);
  const [problem, setProblem] = useState<unknown>(null);
  const frames = useMemo(
    () => new Frames(layer.places, layer.steps, (first, count) => fetchFrames(shown.run, layer.name, variable, first, count)),
    [layer, shown.run, variable],
  );
  const unit = layer.variables[variable] ?? "";
  const need = useCallback(
    (wanted: number) => {
      const here = frames.at(wanted) !== null;
      void frames.need(wanted).then(() => { if (!here) setCame((n) => n + 1); setProblem(null); }, setProblem);
      return here;
    },
    [frames],
  );
  const values = frames.at(step);
  const ids = places.data?.places;

  useEffect(() => void need(step), [need, step]);
  useEffect(() => {
    if (drawing && values && ids && scale) drawing.paint(DRAWN[layer.name] ?? "catchments", ids, coloursOfAll(scale, values));
  }, [drawing, values, ids, scale, layer.name]);
  useEffect(() => () => drawing?.clear(), [drawing]);
  const rows = useMemo(() => new Map(ids?.map((id, row) => [id, row])), [ids]);
  useEffect(() => {
    tell((thing) => {
      const row = thing.layer === DRAWN[layer.name] ? rows.get(thing.id) : undefined;
      return row === undefined ? null : `${variable} ${number(frames.at(step)?.[row])} ${unitInWords(unit)}`;
    });
    return () => tell(null);
  }, [frames, layer.name, rows, step, tell, unit, variable]);

  const failed = problem ?? places.error ?? spread.error;
  const retry = () => {
    void places.refetch();
    void spread.refetch();
    need(step);
  };
  return (
    <>
      {failed ? <Trouble problem={failed} retry={retry} /> : null}
      <MapClock
        steps={layer.steps}
        step={step}
        secondsOf={(at) => secondsOf(layer, at)}
        isHere={need}
        onStep={setStep}
        onRest={(at) => change({ layer: layer.name, variable, at: secondsOf(layer, at) })}
      />
      {unitNote(variable, unit) && <p className="small soft">{unitNote(variable, unit)}</p>}
      {spread.data ? <MapLegend scale={scale} unit={unit} isSample={!spread.data.whole} name={variable} /> : <div className="skeleton map-legend-wait" />}
    </>
  );
}

function secondsOf(layer: Layer, step: number): number | null {
  return layer.start === null ? null : layer.start + step * (layer.step ?? 0);
}

function stepOf(layer: Layer, at: number | null): number {
  if (at === null || layer.start === null || !layer.step) return 0;
  return Math.min(Math.max(Math.round((at - layer.start) / layer.step), 0), layer.steps - 1);
}
