import { describe, expect, it } from "vitest";
import { boundInWords, boxInWords, elementsInWords, placesInShort, rangeInWords, sizeOf, someOf, variablesOf } from "./dataDomain";

const time = { variable: "TIME", begin: "2015-10-01 00:00:00", end: "2015-12-31 06:00:00" };
const runs = { variable: "CATCHMENT_ID", runs: { "cat-": "1-60,62" } };

describe("sets", () => {
  it("are counted through their runs", () => {
    expect(sizeOf(runs)).toBe(61);
    expect(sizeOf({ variable: "CATCHMENT_ID", values: ["cat-x"], runs: { "cat-": "1-2", "wb-": "7" } })).toBe(4);
  });
  it("are spelled out as far as wanted", () => {
    expect(someOf({ variable: "CATCHMENT_ID", runs: { "cat-": "8-9,12" } }, 9)).toEqual(["cat-8", "cat-9", "cat-12"]);
    expect(someOf(runs, 2)).toEqual(["cat-1", "cat-2"]);
  });
  it("are said by their ends where they are numbered", () => {
    expect(elementsInWords(runs)).toBe("61 catchments: cat-1 to cat-62");
  });
  it("are said by name where they are few", () => {
    expect(elementsInWords({ variable: "GAGE_ID", values: ["10109001"] })).toBe("gauge 10109001");
    expect(elementsInWords({ variable: "VARIABLE", values: ["a", "b", "c", "d"] })).toBe("4 variables: a, b, c, d");
    expect(elementsInWords({ variable: "VARIABLE", values: ["a", "b", "c", "d", "e"] })).toBe("5 variables: a, b, c …");
  });
  it("without elements stand for everything", () => {
    expect(elementsInWords({ variable: "CATCHMENT_ID", values: [] })).toBe("every catchment");
    expect(elementsInWords({ variable: "GAGE_ID", values: ["7"], excluded: true })).toBe("every gauge but 7");
  });
  it("of an index that has no noun are called by its name", () => {
    expect(elementsInWords({ variable: "FILE_NAME", values: ["x", "y"] })).toBe("2 file names: x, y");
  });
});

describe("ranges", () => {
  it("leave out seconds that say nothing", () => {
    expect(rangeInWords(time)).toBe("2015-10-01 00:00 to 2015-12-31 06:00");
    expect(boundInWords("2015-10-01T00:00:30+00:00")).toBe("2015-10-01 00:00:30");
  });
  it("may have no end", () => {
    expect(rangeInWords({ ...time, begin: "-inf", end: "inf" })).toBe("the beginning to no end");
  });
  it("of numbers are named", () => {
    expect(rangeInWords({ variable: "LENGTH", begin: 1, end: 4 })).toBe("length 1 to 4");
  });
});

it("a box is one line", () => {
  expect(boxInWords({ continuous: [time], discrete: [{ variable: "CATCHMENT_ID", values: ["cat-27"] }] })).toBe("2015-10-01 00:00 to 2015-12-31 06:00 · catchment cat-27");
});

it("places are said shortly", () => {
  const domain = { continuous: [], discrete: [runs, { variable: "GAGE_ID", values: ["10109001"] }, { variable: "FORMULATION", values: ["CFE"] }] };
  expect(placesInShort(domain)).toBe("61 catchments, gauge 10109001");
  expect(placesInShort({ continuous: [], discrete: [] })).toBe("");
});

it("variables have their units, and units alone name variables", () => {
  const held = { data_format: "X", continuous: [], discrete: [{ variable: "VARIABLE", values: ["flow", "depth"] }], units: { flow: "m3 s-1" } };
  expect(variablesOf(held)).toEqual([{ name: "flow", unit: "m3 s-1" }, { name: "depth", unit: "" }]);
  expect(variablesOf({ ...held, discrete: [] })).toEqual([{ name: "flow", unit: "m3 s-1" }]);
});
