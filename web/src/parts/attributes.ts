/** Attributes of a hydrofabric as people read them. */

import { number } from "./format";

/** Units of attributes that hydrofabrics of NextGen have; they do not state them. */
const UNITS: Readonly<Record<string, string>> = {
  areasqkm: "km²",
  tot_drainage_areasqkm: "km²",
  lengthkm: "km",
  "mean.elevation": "cm",
  elevation_mean: "cm",
  "circ_mean.aspect": "°",
  aspect_circmean: "°",
};

/** The unit of an attribute; "" where it has none or it is not known. */
export function attributeUnit(name: string): string {
  return UNITS[name] ?? "";
}

/** The value of an attribute; a distribution as its classes with their shares. */
export function attributeText(value: number | string | null): string {
  if (typeof value === "number") return number(value, 6);
  if (value === null) return "–";
  return classesIn(value)?.map(({ v, frequency }) => `${number(v)} (${number(100 * frequency, 2)} %)`).join(", ") ?? value;
}

interface Class {
  v: number;
  frequency: number;
}

function classesIn(text: string): Class[] | null {
  if (!text.startsWith("[{")) return null;
  try {
    const found = JSON.parse(text) as Class[];
    return found.every(({ v, frequency }) => typeof v === "number" && typeof frequency === "number") ? found : null;
  } catch {
    return null;
  }
}
