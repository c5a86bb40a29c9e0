/** Places with a colour each, over lines of longitude and latitude: all that is drawn comes with the page. */

import type { Feature, FeatureCollection, Point as PointShape } from "geojson";
import type { ExpressionSpecification, GeoJSONSource, MapGeoJSONFeature, PointLike } from "maplibre-gl";
import { colour } from "../app/theme";
import { type Bounds, graticuleOf } from "./graticule";
import { Drawn, ScaleControl } from "./MapLibre";

export interface Point {
  id: string;
  longitude: number;
  latitude: number;
  /** A number of the palette, or less than 0 where there is no value. */
  colour: number;
}

interface Told {
  onPick: (id: string) => void;
  onHover: (id: string) => void;
}

const NEAR = 6;
/** Pixels around the places; buttons stand above. */
const ROOM = { top: 52, right: 24, bottom: 24, left: 24 };
const [PLACES, LINES, CHOSEN] = ["places", "lines", "chosen"] as const;
const MOST_COLOURS = 8;

export class ScoreMapDrawing {
  private readonly map: Drawn;
  private readonly ready: Promise<void>;
  private palette = "scale";
  private points: readonly Point[] = [];
  private hovered = "";
  private isGone = false;

  constructor(container: HTMLElement, private readonly bounds: Bounds, count: number, label: string, private readonly told: Told) {
    const nothing: FeatureCollection = { type: "FeatureCollection", features: [] };
    const size = count > 1_000 ? 3 : count > 200 ? 4.5 : 6.5;
    const radius = (more: number): ExpressionSpecification => ["interpolate", ["linear"], ["zoom"], 2, size + more, 8, size * 1.6 + more, 14, 10 + more];
    this.map = new Drawn({
      container,
      style: {
        version: 8,
        sources: { [PLACES]: { type: "geojson", data: nothing }, [LINES]: { type: "geojson", data: graticuleOf(bounds) } },
        layers: [
          { id: "ground", type: "background", paint: {} },
          { id: LINES, type: "line", source: LINES, paint: { "line-width": 1 } },
          { id: PLACES, type: "circle", source: PLACES, layout: { "circle-sort-key": ["get", "colour"] }, paint: { "circle-radius": radius(0), "circle-stroke-width": count > 1_000 ? 0.5 : 1 } },
          { id: CHOSEN, type: "circle", source: PLACES, filter: ["==", ["get", "id"], ""], paint: { "circle-radius": radius(2), "circle-stroke-width": 3 } },
        ],
      },
      bounds,
      fitBoundsOptions: { padding: ROOM, maxZoom: 10 },
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      // a page is scrolled past a map without moving it
      cooperativeGestures: true,
      fadeDuration: 0,
      maxZoom: 14,
      locale: { "Map.Title": label },
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.map.addControl(new ScaleControl({ unit: "metric" }), "bottom-left");
    this.ready = new Promise((resolve) => this.map.once("style.load", () => resolve()));
    this.map.on("mousemove", (event) => this.hover(this.at(event.point)));
    this.map.on("mouseout", () => this.hover(""));
    this.map.on("click", (event) => this.told.onPick(this.at(event.point)));
    window.addEventListener("dmod-theme", this.recolour);
    this.later(this.recolour);
  }

  remove(): void {
    this.isGone = true;
    window.removeEventListener("dmod-theme", this.recolour);
    this.map.remove();
  }

  /** Show places by the colours of a palette: `scale`, `diverge`. */
  show(points: readonly Point[], palette: string): void {
    this.later(() => {
      this.points = points;
      this.palette = palette;
      const features = points.map((point): Feature => ({
        type: "Feature",
        properties: { id: point.id, colour: point.colour },
        geometry: { type: "Point", coordinates: [point.longitude, point.latitude] },
      }));
      (this.map.getSource(PLACES) as GeoJSONSource).setData({ type: "FeatureCollection", features });
      this.recolour();
    });
  }

  /** Mark a place, and bring it into sight. */
  choose(id: string): void {
    this.later(() => {
      this.map.setFilter(CHOSEN, ["==", ["get", "id"], id]);
      const point = this.points.find((one) => one.id === id);
      if (point && !this.map.getBounds().contains([point.longitude, point.latitude])) this.map.jumpTo({ center: [point.longitude, point.latitude] });
    });
  }

  zoom(by: number): void {
    this.map.zoomTo(this.map.getZoom() + by, { duration: isStill() ? 0 : 250 });
  }

  all(): void {
    this.map.fitBounds(this.bounds, { padding: ROOM, maxZoom: 10, duration: isStill() ? 0 : 400 });
  }

  /** The map as it stands, once it is drawn anew: what was drawn before is not kept. */
  picture(take: (canvas: HTMLCanvasElement) => void): void {
    this.map.once("render", () => take(this.map.getCanvas()));
    this.map.triggerRepaint();
  }

  private later(act: () => void): void {
    void this.ready.then(() => {
      if (!this.isGone) act();
    });
  }

  private at(point: { x: number; y: number }): string {
    const box: [PointLike, PointLike] = [[point.x - NEAR, point.y - NEAR], [point.x + NEAR, point.y + NEAR]];
    if (!this.map.getLayer(PLACES)) return "";
    const away = (feature: MapGeoJSONFeature) => {
      const [longitude = 0, latitude = 0] = (feature.geometry as PointShape).coordinates;
      const there = this.map.project([longitude, latitude]);
      return Math.hypot(there.x - point.x, there.y - point.y);
    };
    const [nearest] = this.map.queryRenderedFeatures(box, { layers: [PLACES] }).sort((one, other) => away(one) - away(other));
    return String(nearest?.properties["id"] ?? "");
  }

  private hover(id: string): void {
    if (id === this.hovered) return;
    this.hovered = id;
    this.map.getCanvas().style.cursor = id ? "pointer" : "";
    this.told.onHover(id);
  }

  private recolour = (): void => {
    const { map } = this;
    const colours = Array.from({ length: MOST_COLOURS }, (_, at) => [at, colour(`${this.palette}-${at}`) || colour("sunk")]).flat();
    map.setPaintProperty("ground", "background-color", colour("sunk"));
    map.setPaintProperty(LINES, "line-color", colour("line"));
    const by = ["match", ["get", "colour"], ...colours, colour("sunk")] as unknown as ExpressionSpecification;
    for (const layer of [PLACES, CHOSEN]) map.setPaintProperty(layer, "circle-color", by);
    map.setPaintProperty(PLACES, "circle-stroke-color", colour("soft"));
    map.setPaintProperty(CHOSEN, "circle-stroke-color", colour("ink"));
  };
}

function isStill(): boolean {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}
