import { expect, it } from "vitest";
import { addressOfFile, cellsOf, isReadable, read } from "./datasetPreview";

const bytes = (text: string) => new TextEncoder().encode(text);

it("tables are read as tables, without the line that is cut", () => {
  expect(read("a.csv", bytes("time,flow\n1,2\n3,"), true)).toEqual({ kind: "table", notes: [], header: ["time", "flow"], rows: [["1", "2"]] });
  expect(read("a.tsv", bytes("time\tflow\n1\t2\n"), false)).toEqual({ kind: "table", notes: [], header: ["time", "flow"], rows: [["1", "2"]] });
});

it("what stands before a table as remarks is no part of it", () => {
  expect(read("a.csv", bytes("# of a gauge\ntime,flow\n1,2\n"), false)).toEqual({ kind: "table", notes: ["# of a gauge"], header: ["time", "flow"], rows: [["1", "2"]] });
  expect(read("a.csv", bytes("# only, remarks\n"), false).kind).toBe("text");
});

it("a file of one column stays text", () => {
  expect(read("a.csv", bytes("one\ntwo\n"), false)).toEqual({ kind: "text", text: "one\ntwo\n" });
});

it("documents are laid out where they are whole", () => {
  expect(read("a.json", bytes('{"a":1}'), false)).toEqual({ kind: "text", text: '{\n  "a": 1\n}' });
  expect(read("a.json", bytes('{"a":'), true)).toEqual({ kind: "text", text: '{"a":\n…' });
  expect(read("a.json", bytes('{"a":'), false)).toEqual({ kind: "text", text: '{"a":' });
});

it("a character that is cut in two is left out", () => {
  expect(read("a.txt", bytes("m³").slice(0, 2), true)).toEqual({ kind: "text", text: "m\n…" });
});

it("what is no text is not shown", () => {
  expect(read("a.txt", Uint8Array.of(1, 0, 2), false).kind).toBe("none");
  expect(read("a.txt", Uint8Array.of(0xff, 0xfe), false).kind).toBe("none");
  expect(isReadable("streamflow.nc")).toBe(false);
  expect(isReadable("config/run.yaml")).toBe(true);
  expect(isReadable("LICENSE")).toBe(true);
});

it("cells in quotation marks keep what divides others", () => {
  expect(cellsOf('"a, ""b""",c,', ",")).toEqual(['a, "b"', "c", ""]);
});

it("the address of a file keeps its folders", () => {
  expect(addressOfFile("a@1", "config/a b.json")).toBe("/v1/data/datasets/a%401/files/config/a%20b.json");
});
