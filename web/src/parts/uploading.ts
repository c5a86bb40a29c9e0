/** Files on their way to the server: in pieces, each file growing from its beginning, and what was cut off goes on. */

import { api, fetched, got } from "../api/client";
import { asProblem, Problem } from "../api/problem";

/** A file, and the path that it is to have in the dataset. */
export interface Source {
  path: string;
  file: Blob;
}

/** How far it has come. */
export interface Progress {
  path: string;
  sent: number;
  total: number;
  /** Why it waits at present; "" while it sends. */
  waiting: string;
}

/** What the server does with uploads. */
export interface Receiver {
  begin(): Promise<string>;
  received(upload: string): Promise<Map<string, number>>;
  send(upload: string, path: string, start: number, piece: Blob, size: number, signal: AbortSignal): Promise<number>;
}

const LEAST = 256 << 10;
const MOST = 8 << 20;
const PATIENCE = 6;

export const gateway: Receiver = {
  async begin() {
    return (await got(api.POST("/v1/data/uploads"))).upload;
  },
  async received(upload) {
    const found = await got(api.GET("/v1/data/uploads/{upload}", { params: { path: { upload } } }));
    return new Map(found.files.map((item) => [item.path, item.received]));
  },
  async send(upload, path, start, piece, size, signal) {
    const headers: Record<string, string> = { "Content-Type": "application/octet-stream" };
    if (piece.size) headers["Content-Range"] = `bytes ${start}-${start + piece.size - 1}/${size}`;
    const place = path.split("/").map(encodeURIComponent).join("/");
    const response = await fetched(`/v1/data/uploads/${upload}/files/${place}`, { method: "PUT", headers, body: piece, signal });
    return ((await response.json()) as { received: number }).received;
  },
};

export function isCancelled(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

interface Waiting {
  signal: AbortSignal;
  waits: (why: string) => void;
  pause?: (milliseconds: number) => Promise<void>;
}

interface Sending {
  signal: AbortSignal;
  told: (progress: Progress) => void;
  receiver?: Receiver;
  pause?: (milliseconds: number) => Promise<void>;
}

/** Do what may be done twice, again and again while nobody answers. */
export async function patiently<T>(act: () => Promise<T>, { signal, waits, pause = sleep }: Waiting): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    signal.throwIfAborted();
    try {
      return await act();
    } catch (error) {
      const problem = asProblem(error);
      if (isCancelled(error) || !problem.isPassing || failures > PATIENCE) throw error;
      waits(problem.message);
      await pause(Math.min(500 * 2 ** failures, 20_000));
    }
  }
}

/** Send files to an upload, from where the server has them; return when it has all of each.
 *
 * A piece that is lost is sent again by itself for about a minute; then the problem is thrown, and the
 * same call goes on from there.
 */
export async function sendAll(upload: string, sources: Source[], { signal, told, receiver = gateway, pause = sleep }: Sending): Promise<void> {
  const total = sources.reduce((sum, { file }) => sum + file.size, 0);
  const waits = (waiting: string) => told({ path: "", sent: 0, total, waiting });
  let there = await patiently(() => receiver.received(upload), { signal, waits, pause });
  let before = 0;
  let length = LEAST;
  let failures = 0;
  for (const { path, file } of sources) {
    let done = there.get(path);
    while (done === undefined || done < file.size) {
      signal.throwIfAborted();
      told({ path, sent: before + (done ?? 0), total, waiting: "" });
      const began = performance.now();
      try {
        const start: number = done ?? 0;
        done = await receiver.send(upload, path, start, file.slice(start, start + length), file.size, signal);
        failures = 0;
        // pieces that take about a second: progress is seen on a slow line, and a quick one is used
        const took = performance.now() - began;
        length = took < 700 ? Math.min(length * 2, MOST) : took > 3_000 ? Math.max(length / 2, LEAST) : length;
      } catch (error) {
        const problem = waitable(error);
        failures += 1;
        if (!problem || failures > PATIENCE) throw error;
        told({ path, sent: before + (done ?? 0), total, waiting: problem.message });
        length = LEAST;
        await pause(Math.min(500 * 2 ** failures, 20_000));
        signal.throwIfAborted();
        there = await receiver.received(upload).catch((again: unknown) => {
          if (!waitable(again)) throw again;
          return there;
        });
        done = there.get(path) ?? done;
      }
    }
    if (done > file.size) throw new Problem(409, `${path} has ${done} bytes on the server, and ${file.size} here`, "has the file changed? begin anew");
    before += file.size;
  }
  told({ path: "", sent: total, total, waiting: "" });
}

/** The problem, if trying again may help: nobody answers, too much is asked, or another start is right. */
function waitable(error: unknown): Problem | null {
  if (isCancelled(error)) return null;
  const problem = asProblem(error);
  return problem.isPassing || problem.status === 408 || problem.status === 409 ? problem : null;
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Paths of files in a dataset: a folder that holds them all is no part of them. */
export function placed(files: { path: string; file: File }[]): Source[] {
  const folders = new Set(files.map(({ path }) => (path.includes("/") ? (path.split("/")[0] ?? "") : "")));
  const [only = ""] = folders;
  const cut = folders.size === 1 && only ? only.length + 1 : 0;
  return files.map(({ path, file }) => ({ path: path.slice(cut), file })).sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** A name for a dataset of files: of the folder or of the first file, as the catalog takes names. */
export function nameFor(files: { path: string }[]): string {
  const [first] = files;
  if (!first) return "";
  const folder = files.every(({ path }) => path.includes("/")) ? (first.path.split("/")[0] ?? "") : "";
  const stem = folder || (first.path.split("/").at(-1) ?? "").replace(/(\.(tar\.gz|tgz|zip|gpkg|nc4?|csv|json|geojson|ya?ml|rdb|txt|parquet))+$/i, "");
  return stem
    .normalize("NFKD")
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+|-+$/g, "")
    .toLowerCase()
    .slice(0, 80);
}
