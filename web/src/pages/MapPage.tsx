import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Link, useSearchParams } from "react-router";
import { isLeaving } from "../app/leaving";
import { useLink } from "../app/live";
import { MapCanvas } from "../parts/MapCanvas";
import { MapColour, type ValueOf } from "../parts/MapColour";
import type { MapDrawing, Marks, Padding, Thing } from "../parts/MapDrawing";
import { MapPanel } from "../parts/MapPanel";
import { MapSearch } from "../parts/MapSearch";
import { Trouble } from "../parts/Trouble";
import { useTitle } from "../parts/useTitle";
import { rounded, searchOf, type Shown, shownOf } from "./map";
import type { DatasetRecord } from "./mapBelonging";
import { ExampleHint } from "../parts/ExampleHint";
import { type Feature, type MapDescription, type Upstream, useFabrics, useFeature, useMap, useUpstream } from "./mapData";
import "./map.css";

/** Zoom at which what was found is shown: near, and what lies around it too. */
const FOUND = 12;

type Change = (part: Partial<Shown>, isStep?: boolean) => void;

export function MapPage() {
  const [search, setSearch] = useSearchParams();
  const shown = useMemo(() => shownOf(search), [search]);
  const latest = useRef(shown);
  latest.current = shown;
  // several changes may come before the address has taken the first
  const change: Change = useCallback(
    (part, isStep = false) => {
      latest.current = { ...latest.current, ...part };
      if (isStep || !isLeaving()) setSearch(searchOf(latest.current), { replace: !isStep });
    },
    [setSearch],
  );
  const known = useFabrics();
  const all = [...known.fabrics, ...known.packages];
  const reference = shown.fabric || (all[0]?.reference ?? "");
  const record = all.find((one) => one.reference === reference || one.reference.startsWith(`${reference}@`));
  const map = useMap(reference);
  useTitle(shown.place ? `${shown.place}, ${reference}` : "Map");

  const isEmpty = !known.isPending && !known.error && !reference;
  return (
    <div className="map-page">
      <h1 className="visually-hidden">Map</h1>
      {map.data?.state === "ready" ? (
        <Stage key={map.data.dataset} description={map.data} record={record} shown={shown} change={change}>
          <Choice reference={record?.reference ?? reference} fabrics={known.fabrics} packages={known.packages} change={change} />
        </Stage>
      ) : (
        <div className="map-over">
          <div className="map-left">
            <section className="card map-top">
              <Choice reference={record?.reference ?? reference} fabrics={known.fabrics} packages={known.packages} change={change} />
            </section>
          </div>
          {(known.error ?? map.error) && (
            <div className="map-middle">
              {known.error && <Trouble problem={known.error} retry={known.retry} />}
              {map.error && <Trouble problem={map.error} retry={() => void map.refetch()} />}
            </div>
          )}
          {map.data?.state === "drawing" && <Drawing reference={reference} />}
          {isEmpty && (
            <div className="card map-middle">
              <h2>There is no hydrofabric yet</h2>
              <p className="soft">A hydrofabric is a GeoPackage of catchments, rivers and nexuses. Once it is among the data, it is drawn here.</p>
              <p className="soft">
                <ExampleHint />
              </p>
              <p>
                <Link className="button primary" to="/data">
                  Add data
                </Link>
              </p>
            </div>
          )}
        </div>
      )}
    </div>
  );
}

function Drawing({ reference }: { reference: string }) {
  return (
    <div className="card map-middle" role="status">
      <div className="map-waves" aria-hidden="true">
        <i />
        <i />
        <i />
      </div>
      <h2>{reference} is being drawn</h2>
      <p className="soft">The first time a hydrofabric is looked at, its shapes are prepared for every zoom. One of 100,000 catchments takes a minute or two; this page goes on by itself.</p>
    </div>
  );
}

function Choice({ reference, fabrics, packages, change }: { reference: string; fabrics: DatasetRecord[]; packages: DatasetRecord[]; change: Change }) {
  const group = (label: string, records: DatasetRecord[]) =>
    records.length > 0 && (
      <optgroup label={label}>
        {records.map((one) => (
          <option key={one.reference} title={one.description}>
            {one.reference}
          </option>
        ))}
      </optgroup>
    );
  const isListed = [...fabrics, ...packages].some((one) => one.reference === reference);
  return (
    <div className="field">
      <label htmlFor="map-fabric">Hydrofabric</label>
      <select
        id="map-fabric"
        value={reference}
        onChange={(event) => change({ fabric: event.target.value, place: "", attribute: "", run: "", layer: "", variable: "", at: null, look: null }, true)}
      >
        {!isListed && <option value={reference}>{reference || "…"}</option>}
        {group("Hydrofabrics", fabrics)}
        {group("Run packages", packages)}
      </select>
    </div>
  );
}

interface StageProps {
  description: MapDescription;
  record: DatasetRecord | undefined;
  shown: Shown;
  change: Change;
  children: React.ReactNode;
}

function Stage({ description, record, shown, change, children }: StageProps) {
  const reference = description.dataset;
  const { place } = shown;
  const [drawing, setDrawing] = useState<MapDrawing | null>(null);
  const [hovered, setHovered] = useState<Thing | null>(null);
  const [valueOf, setValueOf] = useState<{ of: ValueOf } | null>(null);
  const tell = useCallback((of: ValueOf | null) => setValueOf(of && { of }), []);
  const feature = useFeature(reference, place);
  const upstream = useUpstream(reference, place);
  const link = useLink();
  const shouldFit = useRef(Boolean(place) && !shown.look);
  const isColoured = Boolean(shown.run || shown.attribute);
  const closeness = shown.look?.[2] ?? drawing?.map.getZoom();
  const isFar = closeness !== undefined && closeness < (description.layers.find((layer) => layer.name === "catchments")?.first_zoom ?? 0);
  const close = useCallback(() => change({ place: "" }, true), [change]);
  const take = (id: string) => change({ fabric: shown.fabric || reference, place: id }, true);
  const zoom = useCallback((bounds: readonly number[], closest?: number) => {
    const [west, south, east, north] = bounds;
    if (west !== undefined && south !== undefined && east !== undefined && north !== undefined) drawing?.fit([west, south, east, north], paddingOf(true, true), closest);
  }, [drawing]);

  useEffect(() => drawing?.mark(marksOf(place, feature.data, upstream.data)), [drawing, place, feature.data, upstream.data]);
  useEffect(() => {
    if (!drawing || !shouldFit.current || !upstream.data) return;
    shouldFit.current = false;
    if (upstream.data.bounds) zoom(upstream.data.bounds);
  }, [drawing, upstream.data, zoom]);
  const wasLost = useRef(false);
  useEffect(() => {
    if (link === "live" && wasLost.current) drawing?.reload();
    wasLost.current = link === "lost";
  }, [drawing, link]);
  useEffect(() => {
    if (!place) return;
    const onKey = (event: KeyboardEvent) => event.key === "Escape" && close();
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [close, place]);

  return (
    <>
      <MapCanvas
        description={description}
        look={shown.look}
        padding={() => paddingOf(Boolean(place), isColoured)}
        onDrawing={setDrawing}
        onPick={(thing) => (thing ? take(thing.id) : place && close())}
        onHover={setHovered}
        onMove={(longitude, latitude, zoomed) => change({ look: rounded(longitude, latitude, zoomed) })}
      />
      <div className={place ? "map-over with-panel" : "map-over"}>
        <div className="map-left">
          <section className="card map-top" aria-label="Hydrofabric and search">
            {children}
            <MapSearch
              fabric={reference}
              onTake={(hit) => {
                take(hit.id);
                if (hit.bounds) zoom(hit.bounds, FOUND);
              }}
            />
          </section>
          <MapColour description={description} fabric={record} shown={shown} change={change} drawing={drawing} tell={tell} />
        </div>
        <div className="map-zoom" role="group" aria-label="Zoom">
          <button className="button" aria-label="Zoom in" onClick={() => drawing?.map.zoomIn()}>+</button>
          <button className="button" aria-label="Zoom out" onClick={() => drawing?.map.zoomOut()}>−</button>
          <button className="button" aria-label="Whole hydrofabric" title="Whole hydrofabric" onClick={() => zoom(description.bounds)}>
            <svg viewBox="0 0 24 24" width="18" height="18" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" aria-hidden="true">
              <path d="M4 9V4h5m6 0h5v5m0 6v5h-5m-6 0H4v-5" />
            </svg>
          </button>
        </div>
        {!hovered && isFar && <p className="map-hover map-far small">Zoom in to see catchments</p>}
        {hovered && (
          <p className="map-hover small" aria-hidden="true">
            <strong>{hovered.id}</strong> {valueOf?.of(hovered)}
          </p>
        )}
        {place && (
          <MapPanel
            fabric={reference}
            place={place}
            feature={feature.data}
            upstream={upstream.data}
            problem={feature.error ?? upstream.error}
            results={resultsOf(shown, feature.data)}
            onTake={take}
            onZoom={zoom}
            onClose={close}
          />
        )}
      </div>
    </>
  );
}

function marksOf(place: string, feature: Feature | undefined, upstream: Upstream | undefined): Marks {
  if (!place || !feature) return { chosen: [], above: [] };
  const layers = feature.kind === "gauge" ? [] : (["catchments", "flowpaths", "nexuses"] as const);
  const chosen: Thing[] = feature.ids.flatMap((id) => layers.map((layer) => ({ layer, id })));
  if (feature.kind === "gauge") chosen.push({ layer: "gauges", id: place.replace(/^gage-/, "") });
  return { chosen, above: upstream?.catchments ?? [] };
}

const LAYERS: Record<string, string> = { catchment: "catchments", flowpath: "rivers", nexus: "nexuses" };

/** Where the results of the chosen run are looked at, at this place. */
function resultsOf(shown: Shown, feature: Feature | undefined): string {
  const layer = LAYERS[feature?.kind ?? ""];
  if (!shown.run || !feature || !layer) return "";
  return `/results?${new URLSearchParams({ run: shown.run, layer, place: feature.ids[0] ?? "" })}`;
}

/** Leave room for what lies over the map. */
function paddingOf(withPanel: boolean, withLegend: boolean): Padding {
  if (window.innerWidth <= 760) return { top: 110, right: 24, bottom: withPanel || withLegend ? window.innerHeight * 0.42 : 80, left: 24 };
  return { top: 40, right: withPanel ? 400 : 80, bottom: 40, left: window.innerWidth > 1000 ? 360 : 40 };
}
