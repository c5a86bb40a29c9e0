import { describe, expect, it } from "vitest";
import { Problem } from "../api/problem";
import { nameFor, patiently, placed, type Progress, type Receiver, sendAll } from "./uploading";

const SIZE = 1_000_000;

/** Takes pieces as the server does: only where a file ends. */
function receiver(fails: (call: number) => Error | "lost" | null = () => null) {
  const files = new Map<string, string>();
  let calls = 0;
  const found: Receiver & { files: Map<string, string> } = {
    files,
    begin: () => Promise.resolve("1"),
    received: () => Promise.resolve(new Map([...files].map(([path, text]) => [path, text.length]))),
    async send(_upload, path, start, piece, size) {
      calls += 1;
      const failure = fails(calls);
      if (failure && failure !== "lost") throw failure;
      const there = files.get(path) ?? "";
      if (start !== there.length) throw new Problem(409, `${path} has ${there.length} bytes here`);
      if (start + piece.size > size) throw new Problem(422, "more than the file has");
      files.set(path, there + (await piece.text()));
      if (failure === "lost") throw new TypeError("network");
      return files.get(path)?.length ?? 0;
    },
  };
  return found;
}

const text = Array.from({ length: SIZE / 10 }, (_, index) => String(index).padStart(10, "0")).join("");
const sources = [{ path: "a/one.csv", file: new Blob([text]) }, { path: "empty.csv", file: new Blob([]) }, { path: "two.csv", file: new Blob(["xyz"]) }];
const options = (given: Receiver, told: (progress: Progress) => void = () => undefined) => ({
  signal: new AbortController().signal, told, receiver: given, pause: () => Promise.resolve(),
});

describe("sending files", () => {
  it("sends all of each in order, and says how far it is", async () => {
    const [server, seen] = [receiver(), [] as number[]];
    await sendAll("1", sources, options(server, (progress) => seen.push(progress.sent)));
    expect(Object.fromEntries(server.files)).toEqual({ "a/one.csv": text, "empty.csv": "", "two.csv": "xyz" });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(SIZE + 3);
  });

  it("goes on after failures, and after an answer that was lost", async () => {
    const server = receiver((call) => (call === 1 ? new TypeError("network") : call === 3 ? "lost" : call === 4 ? new Problem(503, "busy") : null));
    const waited: string[] = [];
    await sendAll("1", sources, options(server, (progress) => progress.waiting && waited.push(progress.waiting)));
    expect(server.files.get("a/one.csv")).toBe(text);
    expect(waited).toEqual(["the server cannot be reached", "the server cannot be reached", "busy"]);
  });

  it("gives up after a while, and goes on when it is asked again", async () => {
    let isDown = false;
    const server = receiver((call) => (call > 1 && (isDown || call === 2) ? ((isDown = true), new TypeError("network")) : null));
    await expect(sendAll("1", sources, options(server))).rejects.toThrow("network");
    const before = server.files.get("a/one.csv")?.length ?? 0;
    expect(before).toBeGreaterThan(0);
    const next = receiver();
    for (const [path, content] of server.files) next.files.set(path, content);
    await sendAll("1", sources, options(next));
    expect(next.files.get("a/one.csv")).toBe(text);
  });

  it("throws at once what waiting cannot help", async () => {
    let calls = 0;
    const server = receiver((call) => ((calls = call), new Problem(413, "too large")));
    await expect(sendAll("1", sources, options(server))).rejects.toThrow("too large");
    expect(calls).toBe(1);
  });

  it("refuses a file that is shorter than what the server has", async () => {
    const server = receiver();
    server.files.set("two.csv", "longer");
    await expect(sendAll("1", [sources[2]!], options(server))).rejects.toThrow("6 bytes on the server");
  });

  it("stops when it is told to", async () => {
    const controller = new AbortController();
    controller.abort();
    await expect(sendAll("1", sources, { ...options(receiver()), signal: controller.signal })).rejects.toThrow(/abort/i);
  });
});

describe("what may be done twice", () => {
  const waiting = (waits: (why: string) => void) => ({ signal: new AbortController().signal, waits, pause: () => Promise.resolve() });

  it("is done again while nobody answers", async () => {
    const said: string[] = [];
    let calls = 0;
    const act = () => ((calls += 1), calls < 3 ? Promise.reject(new TypeError("network")) : Promise.resolve(calls));
    expect(await patiently(act, waiting((why) => said.push(why)))).toBe(3);
    expect(said).toEqual(["the server cannot be reached", "the server cannot be reached"]);
  });

  it("is not done again where it is refused", async () => {
    let calls = 0;
    const act = () => ((calls += 1), Promise.reject(new Problem(403, "not allowed")));
    await expect(patiently(act, waiting(() => undefined))).rejects.toThrow("not allowed");
    expect(calls).toBe(1);
  });
});

describe("what files are called", () => {
  const file = new File([], "x");
  it("leaves the folder away that holds them all", () => {
    expect(placed([{ path: "run/b.csv", file }, { path: "run/config/a.ini", file }]).map((item) => item.path)).toEqual(["b.csv", "config/a.ini"]);
    expect(placed([{ path: "run/b.csv", file }, { path: "c.csv", file }]).map((item) => item.path)).toEqual(["c.csv", "run/b.csv"]);
  });

  it.each([
    ["My Basin (v2).gpkg", "my-basin-v2"], ["forcing.tar.gz", "forcing"], ["run/config/a.ini", "run"], ["Isère.nc", "ise-re"], ["__x.csv", "x"],
  ])("makes a name of %s", (path, name) => {
    expect(nameFor([{ path }])).toBe(name);
  });
});
