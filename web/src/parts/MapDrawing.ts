/** The map as it is drawn: shapes from the gateway, what is marked, and what is coloured. */

import type { ExpressionSpecification, GeoJSONFeature, PointLike, Tile } from "maplibre-gl";
import { token } from "../api/session";
import { colour } from "../app/theme";
import { Drawn } from "./MapLibre";
import { isMarked, type Marks, type Thing } from "./MapMarks";
import { COLOURS } from "./MapScale";
import { MapPaint } from "./MapPaint";
import { EDGES, type Ground, layersOf, type Palette, SOURCE, styleOf, type TileLayer } from "./MapStyle";

export type { Marks, Thing };
export type Bounds = readonly [number, number, number, number];
export type Padding = { top: number; right: number; bottom: number; left: number };

export interface Told {
  onPick: (thing: Thing | null) => void;
  onHover: (thing: Thing | null) => void;
  onMove: (longitude: number, latitude: number, zoom: number) => void;
  onTrouble: (message: string) => void;
}

/** Pixels around a pointer in which small things count as pointed at. */
const NEAR: readonly (readonly [string, number])[] = [["gauges", 7], ["nexuses", 5], ["flowpaths", 4], ["catchments", 0]];
const NOTHING: Marks = { chosen: [], above: [] };

export class MapDrawing {
  readonly map: Drawn;
  private marked = NOTHING;
  private hovered: Thing | null = null;
  private isMoving = false;
  private readonly hidden = new Set<string>();
  private readonly colours: MapPaint;
  private readonly ready: Promise<void>;
  private readonly missing: { z: number; x: number; y: number }[] = [];
  private isGone = false;

  constructor(
    container: HTMLElement,
    private readonly ground: Ground,
    private readonly told: Told,
    look: readonly [number, number, number] | null,
    padding: Padding,
  ) {
    this.map = new Drawn({
      container,
      style: styleOf(paletteOf(), ground),
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      maxZoom: 18,
      fadeDuration: 0,
      locale: { "Map.Title": "Map of the hydrofabric: arrow keys move it, plus and minus zoom" },
      ...(look ? { center: [look[0], look[1]], zoom: look[2] } : { bounds: [...ground.bounds], fitBoundsOptions: { padding } }),
      transformRequest: (url) => ({ url, headers: { Authorization: `Bearer ${token() ?? ""}` } }),
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.ready = new Promise((resolve) => this.map.once("style.load", () => resolve()));
    this.colours = new MapPaint(this.map);
    this.listen();
    window.addEventListener("dmod-theme", this.recolour);
  }

  remove(): void {
    this.isGone = true;
    this.colours.stop();
    window.removeEventListener("dmod-theme", this.recolour);
    this.map.remove();
  }

  fit(bounds: Bounds, padding: Padding, closest = 14): void {
    const duration = window.matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 500;
    this.map.fitBounds([...bounds], { padding, maxZoom: closest, duration });
  }

  /** Ask again for tiles that could not be had. */
  reload(): void {
    const missing = this.missing.splice(0);
    for (const name of [SOURCE, EDGES]) if (this.map.getSource(name)) this.map.refreshTiles(name, missing);
  }

  mark(marks: Marks): void {
    void this.ready.then(() => {
      if (this.isGone) return;
      for (const thing of this.marked.chosen) this.set(thing, { chosen: false });
      for (const id of this.marked.above) this.set({ layer: "catchments", id }, { above: false });
      for (const id of marks.above) this.set({ layer: "catchments", id }, { above: true });
      for (const thing of marks.chosen) this.set(thing, { chosen: true });
      this.marked = marks;
      this.drawWhatIsMarked();
    });
  }

  paint(layer: TileLayer, ids: readonly string[], colours: Int8Array): void {
    void this.ready.then(() => {
      if (this.isGone) return;
      this.show("flowpaths-edge", layer === "flowpaths");
      this.colours.show(layer, ids, colours);
    });
  }

  clear(): void {
    void this.ready.then(() => {
      if (this.isGone) return;
      this.show("flowpaths-edge", false);
      this.colours.clear();
    });
  }

  /** Lines of no width are drawn all the same, all 100,000 of them: those that mark nothing are left out. */
  private drawWhatIsMarked(): void {
    for (const layer of ["catchments", "flowpaths"] as const) this.show(`${layer}-mark`, isMarked(layer, this.marked, this.hovered));
  }

  private show(layer: string, isShown: boolean): void {
    if (this.hidden.has(layer) === !isShown) return;
    if (isShown) this.hidden.delete(layer);
    else this.hidden.add(layer);
    this.map.setPaintProperty(layer, "line-opacity", isShown ? 1 : 0);
  }

  private set(thing: Thing, state: Record<string, unknown>): void {
    for (const source of [SOURCE, EDGES]) this.map.setFeatureState({ source, sourceLayer: thing.layer, id: thing.id }, state);
  }

  private point(thing: Thing, hover: boolean): void {
    const source = thing.layer === "catchments" || thing.layer === "flowpaths" ? EDGES : SOURCE;
    this.map.setFeatureState({ source, sourceLayer: thing.layer, id: thing.id }, { hover });
  }

  private recolour = (): void => {
    const palette = paletteOf();
    this.map.setPaintProperty("ground", "background-color", palette.page);
    for (const layer of layersOf(palette, this.ground.first)) {
      for (const [name, value] of Object.entries(layer.paint ?? {})) {
        if (name.endsWith("color")) this.map.setPaintProperty(layer.id, name as "fill-color", value as ExpressionSpecification);
      }
    }
  };

  private listen(): void {
    const { map, told } = this;
    let waiting = false;
    // while the map moves, what lies under the pointer is not looked for, and nothing is marked for it
    map.on("movestart", () => {
      this.isMoving = true;
      this.hover(null);
    });
    void this.ready.then(() => {
      if (this.isGone) return;
      this.show("flowpaths-edge", false);
      this.drawWhatIsMarked();
    });
    map.on("mousemove", (event) => {
      if (waiting || this.isMoving) return;
      waiting = true;
      requestAnimationFrame(() => {
        waiting = false;
        if (!this.isGone && !this.isMoving) this.hover(this.at(event.point));
      });
    });
    map.on("mouseout", () => this.hover(null));
    map.on("click", (event) => told.onPick(this.at(event.point)));
    map.on("moveend", () => {
      this.isMoving = false;
      const middle = map.getCenter();
      told.onMove(middle.lng, middle.lat, map.getZoom());
    });
    map.on("error", (event) => {
      const { tile } = event as { tile?: Tile };
      if (tile) this.missing.push({ z: tile.tileID.canonical.z, x: tile.tileID.canonical.x, y: tile.tileID.canonical.y });
      told.onTrouble(troubleOf(event.error));
    });
  }

  private hover(thing: Thing | null): void {
    if (thing?.id === this.hovered?.id && thing?.layer === this.hovered?.layer) return;
    if (this.hovered) this.point(this.hovered, false);
    if (thing) this.point(thing, true);
    this.hovered = thing;
    this.drawWhatIsMarked();
    this.map.getCanvas().style.cursor = thing ? "pointer" : "";
    this.told.onHover(thing);
  }

  /** What is at a point of the screen: the smallest kind of thing first. */
  private at(point: { x: number; y: number }): Thing | null {
    for (const [layer, near] of NEAR) {
      if (!this.map.getLayer(layer)) return null;
      const box: [PointLike, PointLike] = [[point.x - near, point.y - near], [point.x + near, point.y + near]];
      const found = near ? this.map.queryRenderedFeatures(box, { layers: [layer] }) : this.map.queryRenderedFeatures([point.x, point.y], { layers: [layer] });
      const id = idOf(found[0]);
      if (id) return { layer: layer as TileLayer, id };
    }
    return null;
  }
}

/** What went wrong with a tile, in a few words. */
function troubleOf(error: { message: string; status?: unknown }): string {
  if (typeof error.status !== "number") return error.message;
  return error.status ? `the server answered ${error.status}` : "the server cannot be reached";
}

function idOf(feature: GeoJSONFeature | undefined): string {
  const id: unknown = feature?.properties["id"];
  return typeof id === "string" ? id : "";
}

function paletteOf(): Palette {
  const names = ["page", "card", "line", "soft", "ink", "accent", "accent-soft", "river", "observed", "missing"] as const;
  const found = Object.fromEntries(names.map((name) => [name, colour(name)])) as Record<(typeof names)[number], string>;
  return { ...found, scale: Array.from({ length: COLOURS }, (_, at) => colour(`scale-${at}`)) };
}
