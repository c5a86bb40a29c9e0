import { describe, expect, it, vi } from "vitest";
import { bandsOf, hasRanks, type NamedEnsemble, rankAt, rankRows, ranksInWords, rankSteps, reliabilityInWords, reliabilityOf, reliabilityRows, thresholdsOf } from "./scoreEnsembles";

// what draws asks for the screen as soon as it is there
vi.stubGlobal("matchMedia", () => new EventTarget());
const { joined, tint } = await import("./Hydrograph");

const forecast: NamedEnsemble = {
  name: "forecast", configuration: "f", colour: "series-2", members: 3, times: 40, ranks: [0.5, 0.25, 0.25, 0],
  reliability: { Flood: { given: [0, 0.33, null, 1], occurred: [0.1, 0.5, null, 0.75], times: [20, 12, 0, 8], base_rate: 0.35 } },
};
const quantiles = { "0.95": [9, null, 7], "0.05": [1, null, 0], "0.25": [2, null, 2], "0.75": [6, null, 5] };

describe("bands", () => {
  it("pair the quantiles that are as far from the median, the outer first", () => {
    const [outer, inner, ...none] = bandsOf("forecast", { seconds: [0, 1, 2], quantiles }, "series-2");
    expect(none).toEqual([]);
    expect([outer?.name, outer?.low, outer?.high]).toEqual(["forecast 5–95 %", [1, null, 0], [9, null, 7]]);
    expect([inner?.name, inner?.low, inner?.high]).toEqual(["forecast 25–75 %", [2, null, 2], [6, null, 5]]);
  });

  it("are none of a single run, and a median is no band", () => {
    expect(bandsOf("cfe", undefined, "series-1")).toEqual([]);
    expect(bandsOf("f", { seconds: [0], quantiles: { "0.1": [1], "0.5": [2], "0.9": [3] } }, "series-1").map((one) => one.name)).toEqual(["f 10–90 %"]);
  });

  it("stand before the lines, and no lower than a logarithmic axis", () => {
    const [outer] = bandsOf("f", { seconds: [0, 2, 4], quantiles }, "series-2");
    const line = { name: "f", unit: "m3 s-1", seconds: [0, 1, 2, 4], values: [3, 4, 5, 6], colour: "series-2" };
    if (!outer) throw new Error("there is no band");
    const [times, low, high, values] = joined([line], [outer], 0.1);
    expect(times).toEqual([0, 1, 2, 4]);
    expect(low).toEqual([1, undefined, null, 0.1]);
    expect(high).toEqual([9, undefined, null, 7]);
    expect(values).toEqual([3, 4, 5, 6]);
    expect(joined([line])).toEqual([[0, 1, 2, 4], [3, 4, 5, 6]]);
    expect(tint("#1769c2")).toBe("#1769c22e");
  });
});

describe("a rank histogram", () => {
  it("is relative to a flat one, so that ensembles of any size compare", () => {
    expect(rankSteps(forecast.ranks)).toEqual([[0, 25, 50, 75, 100], [2, 1, 1, 0, 0]]);
    expect([-1, 0, 24.9, 25, 99, 100].map((at) => rankAt(forecast.ranks, at))).toEqual([0, 0, 0, 1, 3, 3]);
  });

  it("is told in words, and where there is none", () => {
    expect(ranksInWords(forecast)).toBe("forecast, 3 members at 40 times; below the observation are, from none to all of them: 50 %, 25 %, 25 %, 0 % of the times");
    const empty = { ...forecast, ranks: [null, null, null, null] };
    expect(hasRanks(empty)).toBe(false);
    expect(ranksInWords(empty)).toBe("forecast: no time has all 3 members and an observation");
  });

  it("is saved with every rank", () => {
    expect(rankRows([forecast])).toHaveLength(5);
    expect(rankRows([forecast])[2]).toEqual(["forecast", 3, 1, 0.25]);
  });
});

describe("a reliability diagram", () => {
  it("has a point for each probability that was given, as large as it was often", () => {
    expect(reliabilityOf(forecast, "Flood")).toEqual([
      { given: 0, occurred: 0.1, share: 0.5 },
      { given: 0.33, occurred: 0.5, share: 0.3 },
      { given: 1, occurred: 0.75, share: 0.2 },
    ]);
    expect(reliabilityOf(forecast, "Drought")).toEqual([]);
    expect(thresholdsOf([forecast, { ...forecast, reliability: { Drought: forecast.reliability["Flood"]! } }])).toEqual(["Flood", "Drought"]);
  });

  it("is told in words", () => {
    expect(reliabilityInWords(forecast, "Flood")).toBe("forecast: 0 % said, 10 % occurred; 33 % said, 50 % occurred; 100 % said, 75 % occurred; of all times 35 %");
    expect(reliabilityInWords(forecast, "Drought")).toBe("forecast: no time has all members and an observation");
    expect(reliabilityRows([forecast], "Flood")[2]).toEqual(["forecast", "Flood", 0.33, 0.5, 12]);
  });
});
