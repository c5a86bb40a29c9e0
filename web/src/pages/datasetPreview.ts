/** The first bytes of a file as something to look at. */

import { fetched } from "../api/client";

export interface DatasetFile {
  path: string;
  size: number;
  sha256: string;
}

export const FIRST = 16_384;
const ROWS = 40;
const TEXTS = /\.(txt|csv|tsv|json|geojson|jsonl|ya?ml|toml|ini|md|log|xml|rdb|namelist|config|dat|py|html?)$/i;

export type Preview = { kind: "table"; notes: string[]; header: string[]; rows: string[][] } | { kind: "text"; text: string } | { kind: "none"; reason: string };

/** Whether a file's first bytes are worth a look. */
export function isReadable(path: string): boolean {
  return TEXTS.test(path) || !/\.[A-Za-z0-9]{1,9}$/.test(path);
}

export function addressOfFile(reference: string, path: string): string {
  return `/v1/data/datasets/${encodeURIComponent(reference)}/files/${path.split("/").map(encodeURIComponent).join("/")}`;
}

/** Fetch the first kilobytes of a file, and read them. */
export async function previewed(reference: string, file: DatasetFile, signal: AbortSignal): Promise<Preview> {
  if (!file.size) return { kind: "none", reason: "The file is empty." };
  const response = await fetched(addressOfFile(reference, file.path), { signal, headers: { Range: `bytes=0-${FIRST - 1}` } });
  return read(file.path, new Uint8Array(await response.arrayBuffer()), file.size > FIRST);
}

/** Read the first bytes of a file; `isCut` where there are more. */
export function read(path: string, content: Uint8Array, isCut: boolean): Preview {
  if (content.includes(0)) return { kind: "none", reason: "The file is no text: download it to look at it." };
  let text: string;
  try {
    // a cut may go through a character, which is then left out
    text = new TextDecoder("utf-8", { fatal: true }).decode(content, { stream: isCut });
  } catch {
    return { kind: "none", reason: "The file is no text in UTF-8: download it to look at it." };
  }
  if (/\.(csv|tsv)$/i.test(path)) {
    const table = tableOf(text, /\.tsv$/i.test(path) ? "\t" : ",", isCut);
    if (table) return table;
  }
  if (/\.(json|geojson)$/i.test(path) && !isCut) {
    try {
      return { kind: "text", text: JSON.stringify(JSON.parse(text), null, 2) };
    } catch {
      return { kind: "text", text };
    }
  }
  return { kind: "text", text: isCut ? `${text}\n…` : text };
}

function tableOf(text: string, by: string, isCut: boolean): Preview | null {
  const lines = text.split(/\r?\n/);
  if (isCut || lines.at(-1) === "") lines.pop();
  const begin = lines.findIndex((line) => !line.startsWith("#"));
  if (begin < 0) return null;
  const [header, ...rows] = lines.slice(begin, begin + ROWS + 1).map((line) => cellsOf(line, by));
  if (!header || header.length < 2) return null;
  return { kind: "table", notes: lines.slice(0, begin), header, rows };
}

/** The cells of a line, those in quotation marks as well. */
export function cellsOf(line: string, by: string): string[] {
  const cells: string[] = [];
  let cell = "";
  let quoted = false;
  for (let at = 0; at < line.length; at += 1) {
    const sign = line[at];
    if (sign === '"') {
      if (quoted && line[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else quoted = !quoted;
    } else if (sign === by && !quoted) {
      cells.push(cell);
      cell = "";
    } else cell += sign;
  }
  return [...cells, cell];
}
