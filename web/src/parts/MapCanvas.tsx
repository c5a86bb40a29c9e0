import { useEffect, useRef, useState } from "react";
import type { MapDescription } from "../pages/mapData";
import type { Look } from "../pages/map";
import type { MapDrawing, Padding, Thing } from "./MapDrawing";

export interface CanvasProps {
  description: MapDescription;
  look: Look | null;
  padding: () => Padding;
  onDrawing: (drawing: MapDrawing | null) => void;
  onPick: (thing: Thing | null) => void;
  onHover: (thing: Thing | null) => void;
  onMove: (longitude: number, latitude: number, zoom: number) => void;
}

/** The map itself; what draws it comes when it is needed. */
export function MapCanvas(props: CanvasProps) {
  const { description } = props;
  const container = useRef<HTMLDivElement>(null);
  const now = useRef(props);
  now.current = props;
  const [trouble, setTrouble] = useState("");
  const [canDraw] = useState(() => document.createElement("canvas").getContext("webgl2") !== null);
  const drawn = useRef<MapDrawing | null>(null);

  useEffect(() => {
    if (!canDraw) return;
    let gone = false;
    let drawing: MapDrawing | null = null;
    void begin().catch((error: unknown) => setTrouble(error instanceof Error ? error.message : String(error)));

    async function begin() {
      const { MapDrawing: Drawing } = await import("./MapDrawing");
      if (gone || !container.current) return;
      const reference = encodeURIComponent(description.dataset);
      const [west = -180, south = -85, east = 180, north = 85] = description.bounds;
      drawing = new Drawing(
        container.current,
        {
          tiles: `${window.location.origin}/v1/maps/${reference}/tiles/{z}/{x}/{y}`,
          bounds: [west, south, east, north],
          deepest: description.deepest_zoom,
          first: description.layers.find((layer) => layer.name === "catchments")?.first_zoom ?? 0,
        },
        {
          onPick: (thing) => now.current.onPick(thing),
          onHover: (thing) => now.current.onHover(thing),
          onMove: (longitude, latitude, zoom) => now.current.onMove(longitude, latitude, zoom),
          onTrouble: setTrouble,
        },
        now.current.look,
        now.current.padding(),
      );
      drawing.map.on("sourcedata", (event) => { if ("tile" in event) setTrouble(""); });
      drawn.current = drawing;
      now.current.onDrawing(drawing);
    }

    return () => {
      gone = true;
      now.current.onDrawing(null);
      drawing?.remove();
    };
  }, [canDraw, description]);

  return (
    <>
      <div ref={container} className="map-canvas" />
      {!canDraw && (
        <p className="notice warn map-trouble">This browser has no WebGL 2, by which maps are drawn. Search, and what is said of a place, work without it.</p>
      )}
      {trouble && (
        <div className="notice warn map-trouble small" role="status">
          A part of the map is missing: {trouble}.{" "}
          <button className="button small" onClick={() => drawn.current?.reload()}>
            Try again
          </button>
        </div>
      )}
    </>
  );
}
