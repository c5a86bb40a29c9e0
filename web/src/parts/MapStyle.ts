/** The style of the map, made of the page's colours: no sprites, no glyphs, nothing from outside. */

import type { ExpressionSpecification, LayerSpecification, StyleSpecification, VectorSourceSpecification } from "maplibre-gl";
import { COLOURS, MISSING } from "./MapScale";

export const SOURCE = "fabric";
/** The same tiles for lines that are marked: a new colour of a shape must not send the edges of all shapes anew. */
export const EDGES = "edges";
/** Layers of the tiles. */
export const TILES = ["catchments", "flowpaths", "nexuses", "gauges"] as const;
export type TileLayer = (typeof TILES)[number];

export type Palette = Record<"page" | "card" | "line" | "soft" | "ink" | "accent" | "accent-soft" | "river" | "observed" | "missing", string> & {
  scale: readonly string[];
};

export interface Ground {
  tiles: string;
  bounds: [number, number, number, number];
  deepest: number;
  /** Zoom from which on catchments are drawn. */
  first: number;
}

const is = (state: string): ExpressionSpecification => ["boolean", ["feature-state", state], false];

/** The colour of a value where there is one; otherwise another. */
function coloured(palette: Palette, otherwise: ExpressionSpecification | string): ExpressionSpecification {
  const colours = Array.from({ length: COLOURS }, (_, at) => [at, palette.scale[at] ?? palette.missing]).flat();
  return ["match", ["number", ["feature-state", "colour"], -9], MISSING, palette.missing, ...colours, otherwise] as unknown as ExpressionSpecification;
}

/** Pixels of a river, by the area that drains through it [km²]. */
const WIDTH: ExpressionSpecification = ["interpolate", ["linear"], ["ln", ["max", ["to-number", ["get", "drained"], 1], 1]], 0, 0.7, 4, 1.2, 8, 2.6, 13, 6];

const IS_COLOURED: ExpressionSpecification = ["!=", ["number", ["feature-state", "colour"], -9], -9];
const ROUND = { "line-cap": "round", "line-join": "round" } as const;
/** Pixels that a coloured river is wider, and its edge beyond that. */
const [MORE, EDGE] = [2, 1.6];

const wide = (factor: number): ExpressionSpecification => ["+", ["*", factor, WIDTH], ["case", IS_COLOURED, MORE, 0]];
const edge = (factor: number): ExpressionSpecification => ["case", IS_COLOURED, ["+", ["*", factor, WIDTH], MORE + EDGE], 0];

function zoomed(...stops: [number, ExpressionSpecification | number][]): ExpressionSpecification {
  return ["interpolate", ["linear"], ["zoom"], ...stops.flat()] as unknown as ExpressionSpecification;
}

export function styleOf(palette: Palette, ground: Ground): StyleSpecification {
  const source: VectorSourceSpecification = { type: "vector", tiles: [ground.tiles], minzoom: 0, maxzoom: ground.deepest, bounds: ground.bounds, promoteId: "id" };
  return {
    version: 8,
    sources: { [SOURCE]: source, [EDGES]: source },
    layers: [{ id: "ground", type: "background", paint: { "background-color": palette.page } }, ...layersOf(palette, ground.first)],
  };
}

export function layersOf(palette: Palette, first: number): LayerSpecification[] {
  const of = (layer: TileLayer, source = SOURCE) => ({ source, "source-layer": layer });
  return [
    {
      id: "catchments",
      type: "fill",
      ...of("catchments"),
      paint: {
        "fill-color": coloured(palette, ["case", ["any", is("chosen"), is("above")], palette["accent-soft"], palette.card]),
        "fill-antialias": false,
      },
    },
    {
      id: "catchments-line",
      type: "line",
      ...of("catchments", EDGES),
      paint: { "line-color": palette.line, "line-width": 1, "line-opacity": zoomed([first, 0.1], [first + 3, 1]) },
    },
    {
      // what is coloured has an edge, or it could not be told from the ground
      id: "flowpaths-edge",
      type: "line",
      ...of("flowpaths"),
      layout: ROUND,
      paint: { "line-color": palette.soft, "line-width": zoomed([4, edge(0.5)], [10, edge(1)], [14, edge(1.7)]) },
    },
    {
      id: "flowpaths",
      type: "line",
      ...of("flowpaths"),
      layout: ROUND,
      paint: { "line-color": coloured(palette, palette.river), "line-width": zoomed([4, wide(0.5)], [10, wide(1)], [14, wide(1.7)]) },
    },
    {
      id: "catchments-mark",
      type: "line",
      ...of("catchments", EDGES),
      layout: { "line-join": "round" },
      paint: {
        "line-color": ["case", is("chosen"), palette.accent, is("hover"), palette.ink, palette.accent],
        "line-width": ["case", is("chosen"), 3, is("hover"), 2, is("above"), 0.8, 0],
      },
    },
    {
      id: "flowpaths-mark",
      type: "line",
      ...of("flowpaths", EDGES),
      layout: ROUND,
      paint: {
        "line-color": ["case", is("chosen"), palette.accent, palette.ink],
        "line-width": ["case", is("chosen"), 5, is("hover"), 4, 0],
      },
    },
    {
      id: "nexuses",
      type: "circle",
      ...of("nexuses"),
      paint: {
        "circle-color": coloured(palette, palette.card),
        "circle-stroke-color": ["case", is("chosen"), palette.accent, palette.soft],
        "circle-stroke-width": ["case", is("chosen"), 3, is("hover"), 3, 1.2],
        "circle-radius": zoomed([first + 2, 1.5], [first + 4, 3.5], [first + 8, 6]),
      },
    },
    {
      id: "gauges",
      type: "circle",
      ...of("gauges"),
      paint: {
        "circle-color": palette.observed,
        "circle-stroke-color": ["case", is("chosen"), palette.accent, is("hover"), palette.ink, palette.card],
        "circle-stroke-width": zoomed([first - 2, ["case", is("chosen"), 4, is("hover"), 3, 0]], [first, ["case", is("chosen"), 4, is("hover"), 3, 1.5]]),
        "circle-radius": zoomed([first - 3, 1], [first, 3], [first + 2, 5], [first + 8, 8]),
      },
    },
  ];
}
