import { describe, expect, it } from "vitest";
import { Problem } from "../api/problem";
import { findingOf, gaugeOf, headlineOf, notesOf, pairsInWords, type PlaceScores, type Scored, stepInWords } from "./resultsScores";

const scores: PlaceScores = {
  dataset: "found@1", layer: "rivers", place: "wb-2", variable: "flow", observed: "gauge@1", gauge: "99",
  pairs: 719, step: 3600, start: 1_443_657_600, end: 1_446_246_000,
  scores: { kge: 0.8312, nse: null, percent_bias: -4.56 }, undefined: { nse: "observed flow is constant" },
  notes: ["1 of 720 intervals have no complete observation and are left out"],
};
const one: Scored = { run: "found@1", scores, error: null, isPending: false };

describe("scores against chosen observations", () => {
  it("say how much was compared, and when", () => {
    expect(pairsInWords(scores)).toBe("719 pairs of 1 h, 2015-10-01 00:00 to 2015-10-30 23:00 UTC");
    expect(pairsInWords({ ...scores, pairs: 1, step: 86_400 })).toMatch(/^1 pair of 1 d,/);
    expect([900, 7200, 45].map(stepInWords)).toEqual(["15 min", "2 h", "45 s"]);
  });

  it("tell first what people ask for first, and leave out what has no value", () => {
    expect(headlineOf(scores)).toBe("KGE 0.831 · bias -4.56 %");
  });

  it("tell notes once, and whose they are where they are not of all", () => {
    expect(notesOf([one])).toEqual([...scores.notes, "nse has no value: observed flow is constant"]);
    const other: Scored = { ...one, run: "old@1", scores: { ...scores, undefined: {} } };
    expect(notesOf([one, other])).toEqual([...scores.notes, "found@1: nse has no value: observed flow is constant"]);
    expect(notesOf([{ ...one, scores: undefined }])).toEqual([]);
    const all = Object.fromEntries(["kge", "nse", "r", "beta"].map((name) => [name, "there is only one pair"]));
    expect(notesOf([{ ...one, scores: { ...scores, notes: [], undefined: all } }])).toEqual(["4 metrics have no value: there is only one pair"]);
  });

  it("say in plain words why there are none", () => {
    expect(findingOf(new Problem(422, "the series share no interval", "give another"))).toBe("The series share no interval. Give another.");
    expect(findingOf(new Problem(422, "no unit"))).toBe("No unit.");
  });

  it("are of the gauge that was asked for, else of the run's own", () => {
    expect(gaugeOf(["1", "USGS-2"], "1", "2")).toBe("1");
    expect(gaugeOf(["1", "USGS-2"], "", "gage-2")).toBe("USGS-2");
    expect(gaugeOf(["1", "USGS-2"], "7", "")).toBe("1");
    expect(gaugeOf([], "7", "")).toBe("");
  });
});
