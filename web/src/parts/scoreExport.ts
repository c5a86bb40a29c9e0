/** Tables and figures as files. */

import { colour } from "../app/theme";

export type Cell = string | number | null | undefined;

/** Rows as CSV (RFC 4180); numbers in full. */
export function csvOf(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

function cell(value: Cell): string {
  if (value === null || value === undefined || (typeof value === "number" && !Number.isFinite(value))) return "";
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function saveTable(rows: readonly (readonly Cell[])[], name: string): void {
  save(new Blob([csvOf(rows)], { type: "text/csv;charset=utf-8" }), `${name}.csv`);
}

function save(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

/** A name of a file, made of words. */
export function fileName(...words: readonly string[]): string {
  return words.filter(Boolean).join(" ").replaceAll(/[^\p{L}\p{N}.@-]+/gu, "-");
}

export interface Key {
  /** A colour of the page: `series-1`. */
  colour: string;
  text: string;
}

const [MARGIN, TITLE, ROW] = [14, 30, 22];

/** A figure as a picture, with what it shows above it and what its colours mean below. */
export function saveFigure(canvas: HTMLCanvasElement | null | undefined, title: string, keys: readonly Key[], name: string): void {
  if (!canvas) return;
  const scale = canvas.clientWidth ? canvas.width / canvas.clientWidth : 1;
  const [width, height] = [canvas.width / scale + 2 * MARGIN, canvas.height / scale];
  const picture = document.createElement("canvas");
  const draw = picture.getContext("2d");
  if (!draw) return;
  draw.font = FONT;
  const places = placesOf(draw, keys, width);
  const rows = Math.max(0, ...places.map((place) => place.row + 1));
  picture.width = Math.round(width * scale);
  picture.height = Math.round((TITLE + height + rows * ROW + 2 * MARGIN) * scale);
  draw.scale(scale, scale);
  draw.fillStyle = colour("card");
  draw.fillRect(0, 0, width, picture.height);
  draw.textBaseline = "middle";
  draw.fillStyle = colour("ink");
  draw.font = `600 ${FONT}`;
  draw.fillText(title, MARGIN, MARGIN + TITLE / 2 - 4, width - 2 * MARGIN);
  draw.drawImage(canvas, MARGIN, MARGIN + TITLE, width - 2 * MARGIN, height);
  draw.font = FONT;
  keys.forEach((key, at) => {
    const place = places[at] ?? { left: 0, row: 0 };
    const middle = MARGIN + TITLE + height + (place.row + 0.5) * ROW + 4;
    draw.fillStyle = colour(key.colour);
    draw.fillRect(place.left, middle - 6, 16, 12);
    draw.strokeStyle = colour("soft");
    draw.strokeRect(place.left, middle - 6, 16, 12);
    draw.fillStyle = colour("ink");
    draw.fillText(key.text, place.left + 22, middle);
  });
  picture.toBlob((content) => { if (content) save(content, `${name}.png`); }, "image/png");
}

const FONT = "13px system-ui, sans-serif";

/** Where each key stands: beside the one before it while there is room. */
function placesOf(draw: CanvasRenderingContext2D, keys: readonly Key[], width: number): { left: number; row: number }[] {
  let [left, row] = [MARGIN, 0];
  return keys.map((key) => {
    const room = 22 + draw.measureText(key.text).width + 18;
    if (left > MARGIN && left + room > width - MARGIN) [left, row] = [MARGIN, row + 1];
    const place = { left, row };
    left += room;
    return place;
  });
}
