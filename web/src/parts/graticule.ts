/** Lines of equal longitude and latitude, by which one sees where places lie without a map below them. */

import type { Feature, MultiLineString } from "geojson";

export type Bounds = [west: number, south: number, east: number, north: number];

const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30] as const;
const LINES = 6;
const [WEST, SOUTH, EAST, NORTH] = [-180, -85, 180, 85];

/** The box around places, never without a width; null where no place is known. */
export function boundsOf(points: readonly (readonly [number, number])[]): Bounds | null {
  if (!points.length) return null;
  const [longitudes, latitudes] = [points.map(([longitude]) => longitude), points.map(([, latitude]) => latitude)];
  const least = (values: readonly number[]) => values.reduce((one, other) => Math.min(one, other));
  const most = (values: readonly number[]) => values.reduce((one, other) => Math.max(one, other));
  const [west, south, east, north] = [least(longitudes), least(latitudes), most(longitudes), most(latitudes)];
  const margin = Math.max((east - west) * 0.04, (north - south) * 0.04, 0.05);
  return [Math.max(west - margin, WEST), Math.max(south - margin, SOUTH), Math.min(east + margin, EAST), Math.min(north + margin, NORTH)];
}

/** Degrees between lines, so that a few cross a box. */
export function stepOf([west, south, east, north]: Bounds): number {
  const width = Math.max(east - west, north - south);
  return STEPS.find((step) => width / step <= LINES) ?? 30;
}

/** The lines in a box and around it. */
export function graticuleOf(bounds: Bounds): Feature<MultiLineString> {
  const step = stepOf(bounds);
  const around = step * 40;
  const [west, south, east, north] = bounds;
  const at = (from: number, to: number, least: number, most: number) => {
    const first = Math.max(Math.ceil((from - around) / step), Math.ceil(least / step));
    const last = Math.min(Math.floor((to + around) / step), Math.floor(most / step));
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, number) => Number(((first + number) * step).toFixed(6)));
  };
  const [longitudes, latitudes] = [at(west, east, WEST, EAST), at(south, north, SOUTH, NORTH)];
  const ends = (values: readonly number[]) => [values[0] ?? 0, values.at(-1) ?? 0] as const;
  const [[left, right], [bottom, top]] = [ends(longitudes), ends(latitudes)];
  const lines = [
    ...longitudes.map((longitude) => [[longitude, bottom], [longitude, top]]),
    ...latitudes.map((latitude) => [[left, latitude], [right, latitude]]),
  ];
  return { type: "Feature", properties: {}, geometry: { type: "MultiLineString", coordinates: lines } };
}
