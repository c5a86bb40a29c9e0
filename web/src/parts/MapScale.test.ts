import { describe, expect, it } from "vitest";
import { COLOURS, colourOf, coloursOfAll, legendOf, MISSING, roundStep, scaleOf, scaleOfSpread } from "./MapScale";

const counted = Array.from({ length: 800 }, (_, at) => at);

describe("classes of a quantile scale", () => {
  it("hold as many values each", () => {
    const scale = scaleOf(counted.map((value) => value ** 3), "quantile");
    const sizes = new Array<number>(COLOURS).fill(0);
    for (const value of counted) sizes[colourOf(scale!, value ** 3)]! += 1;
    expect(sizes).toEqual(new Array(COLOURS).fill(100));
  });

  it("are fewer where many values are equal, and use the whole range of colours", () => {
    const scale = scaleOf([0, 0, 0, 0, 0, 0, 0, 5, 5, 9], "quantile");
    expect(scale?.breaks).toEqual([5]);
    expect(scale?.colours).toEqual([0, COLOURS - 1]);
    expect([0, 4.9, 5, 9].map((value) => colourOf(scale!, value))).toEqual([0, 0, 7, 7]);
  });

  it("are one where all values are equal", () => {
    const scale = scaleOf([3, 3, 3], "quantile");
    expect(scale?.breaks).toEqual([]);
    expect(legendOf(scale!)).toEqual([{ colour: 4, text: "3" }]);
  });
});

describe("classes of a linear scale", () => {
  it("break at round numbers of equal distance", () => {
    expect(scaleOf([0.3, 78], "linear")?.breaks).toEqual([10, 20, 30, 40, 50, 60, 70]);
    expect(scaleOf([-0.31, 0.07], "linear")?.breaks).toEqual([-0.3, -0.25, -0.2, -0.15, -0.1, -0.05, 0, 0.05]);
  });

  it("never need more colours than there are", () => {
    for (const high of [1e-9, 0.013, 1, 8, 9.99, 123, 7e8]) {
      const scale = scaleOf([0, high], "linear");
      expect(new Set(scale!.colours).size).toBe(scale!.colours.length);
      expect(scale!.colours.length).toBeLessThanOrEqual(COLOURS);
    }
  });

  it("takes steps of 1, 2, 2.5 or 5 times a power of ten", () => {
    expect([0.9, 1, 1.3, 2.2, 3, 7, 0.03].map(roundStep)).toEqual([1, 1, 2, 2.5, 5, 10, 0.05]);
  });
});

describe("classes of all values of a result", () => {
  const spread = { least: 0, greatest: 500, low: 0, high: 40, breaks: [0, 0, 1, 2, 4, 8, 16] };

  it("are between the server's breaks, those left out at which no class begins", () => {
    const scale = scaleOfSpread(spread, "quantile");
    expect(scale?.breaks).toEqual([1, 2, 4, 8, 16]);
    expect(legendOf(scale!).at(-1)?.text).toBe("16 to 500");
  });

  it("are of one width between 2 and 98 % of all, and reach to both ends", () => {
    const scale = scaleOfSpread(spread, "linear");
    expect(scale?.breaks).toEqual([5, 10, 15, 20, 25, 30, 35]);
    expect(legendOf(scale!).map((row) => row.text).slice(-2)).toEqual(["30 to 35", "35 to 500"]);
  });

  it("are of the whole range where nearly all values are one", () => {
    expect(scaleOfSpread({ ...spread, high: 0 }, "linear")?.breaks).toEqual([100, 200, 300, 400]);
  });

  it("are none where there is no value", () => {
    expect(scaleOfSpread({ least: null, greatest: null, low: null, high: null, breaks: [] }, "linear")).toBeNull();
  });
});

describe("what has no value", () => {
  it("is neither low nor high", () => {
    const scale = scaleOf([1, null, NaN, 2, Infinity], "linear");
    expect([scale?.low, scale?.high]).toEqual([1, 2]);
    expect([null, undefined, NaN].map((value) => colourOf(scale!, value))).toEqual([MISSING, MISSING, MISSING]);
    expect([...coloursOfAll(scale!, Float32Array.of(1, NaN))]).toEqual([0, MISSING]);
  });

  it("makes no scale where there is nothing else", () => {
    expect(scaleOf([], "quantile")).toBeNull();
    expect(scaleOf([null, NaN], "linear")).toBeNull();
  });

  it("is beyond no end: what a sample did not have has the colour of the last class", () => {
    const scale = scaleOf([10, 80], "linear");
    expect([colourOf(scale!, -5), colourOf(scale!, 500)]).toEqual([0, COLOURS - 1]);
  });
});

describe("a legend", () => {
  it("names each class once, in order, with both ends", () => {
    const rows = legendOf(scaleOf([0, 40], "linear")!);
    expect(rows[0]?.text).toBe("0 to 5");
    expect(rows.at(-1)?.text).toBe("35 to 40");
    expect(rows.map((row) => row.colour)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it("is open at both ends where only a sample is known", () => {
    const rows = legendOf(scaleOf([0, 40], "linear")!, true);
    expect([rows[0]?.text, rows.at(-1)?.text]).toEqual(["below 5", "35 and above"]);
  });

  it("has as many digits as tell its classes apart", () => {
    const rows = legendOf(scaleOf(counted.map((at) => 1000 + at / 800), "quantile")!);
    expect(new Set(rows.map((row) => row.text)).size).toBe(COLOURS);
    expect(rows[1]?.text).not.toBe("1000 to 1000");
  });
});
