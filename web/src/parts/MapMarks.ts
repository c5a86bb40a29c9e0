/** What is marked on the map. */

import type { TileLayer } from "./MapStyle";

export interface Thing {
  layer: TileLayer;
  id: string;
}

/** What was chosen, and what drains to it. */
export interface Marks {
  chosen: readonly Thing[];
  above: readonly string[];
}

/** Whether anything of a layer is marked: lines of no width are drawn too, all 100,000 of them. */
export function isMarked(layer: TileLayer, { chosen, above }: Marks, hovered: Thing | null): boolean {
  if (layer === "catchments" && above.length > 0) return true;
  return hovered?.layer === layer || chosen.some((thing) => thing.layer === layer);
}
