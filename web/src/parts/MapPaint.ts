/** Colours of many places: what is in sight first, and of it only what changes. */

import type { Map as Drawn } from "maplibre-gl";
import { SOURCE, type TileLayer } from "./MapStyle";

/** Places from which on what is out of sight waits. */
const MANY = 4_000;
const LOOKED = 150;
/** What is out of sight follows when nothing has moved for so long, in portions [ms, places, ms]. */
const [QUIET, PORTION, PAUSE] = [1_500, 3_000, 60];
const UNSET = -2;

export class MapPaint {
  private layer: TileLayer | null = null;
  private ids: readonly string[] = [];
  private rows = new Map<string, number>();
  private wanted: Int8Array = new Int8Array();
  private kept: Int8Array = new Int8Array();
  private sight: readonly number[] | null = null;
  private looking: ReturnType<typeof setTimeout> | undefined;
  private filling: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly map: Drawn) {
    map.on("sourcedata", (event) => { if (event.sourceId === SOURCE && "tile" in event) this.lookSoon(); });
    map.on("moveend", () => this.lookSoon());
  }

  /** Colour places by what stands in their order: a number of a colour, or that there is no value. */
  show(layer: TileLayer, ids: readonly string[], colours: Int8Array): void {
    if (layer !== this.layer || ids !== this.ids) {
      this.clear();
      this.layer = layer;
      this.ids = ids;
      this.kept = new Int8Array(ids.length).fill(UNSET);
      this.rows = new Map(ids.length > MANY ? ids.map((id, row) => [id, row]) : []);
      this.sight = this.inSight();
    }
    this.wanted = colours;
    this.apply();
  }

  clear(): void {
    this.stop();
    for (let row = 0; row < this.ids.length; row += 1) {
      if (this.kept[row] !== UNSET) this.map.removeFeatureState({ source: SOURCE, sourceLayer: this.layer ?? "", id: this.ids[row] ?? "" }, "colour");
    }
    this.layer = null;
    this.ids = [];
  }

  stop(): void {
    clearTimeout(this.looking);
    clearTimeout(this.filling);
    this.looking = undefined;
  }

  private apply(): void {
    clearTimeout(this.filling);
    if (!this.sight) {
      for (let row = 0; row < this.ids.length; row += 1) this.set(row);
      return;
    }
    for (const row of this.sight) this.set(row);
    this.filling = setTimeout(() => this.fill(0), QUIET);
  }

  /** Colour what is out of sight, so that it has its colour already when one moves there. */
  private fill(from: number): void {
    let [row, left] = [from, PORTION];
    for (; row < this.ids.length && left > 0; row += 1) if (this.set(row)) left -= 1;
    if (row < this.ids.length) this.filling = setTimeout(() => this.fill(row), PAUSE);
  }

  private set(row: number): boolean {
    const colour = this.wanted[row];
    if (colour === undefined || colour === this.kept[row]) return false;
    this.kept[row] = colour;
    this.map.setFeatureState({ source: SOURCE, sourceLayer: this.layer ?? "", id: this.ids[row] ?? "" }, { colour });
    return true;
  }

  private lookSoon(): void {
    if (this.ids.length <= MANY) return;
    this.looking ??= setTimeout(() => {
      this.looking = undefined;
      this.sight = this.inSight();
      this.apply();
    }, LOOKED);
  }

  /** The rows of places in the tiles in sight; null where all of them are to be coloured at once. */
  private inSight(): number[] | null {
    if (this.ids.length <= MANY || !this.layer) return null;
    const found = new Set<number>();
    for (const feature of this.map.querySourceFeatures(SOURCE, { sourceLayer: this.layer })) {
      const row = this.rows.get(String(feature.id ?? feature.properties["id"]));
      if (row !== undefined) found.add(row);
    }
    return [...found];
  }
}
