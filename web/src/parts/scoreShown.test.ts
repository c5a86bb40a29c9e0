import { describe, expect, it } from "vitest";
import { measureOf, measureText, scoreSearchOf, scoreShownOf, wordsOf } from "./scoreShown";

const KGE = { name: "kge", title: "Kling-Gupta efficiency", unit: "-", range: "(-∞, 1]", ideal: 1, meaning: "" };

describe("the address of scores", () => {
  it("says what is looked at, and keeps what else it says", () => {
    const before = new URLSearchParams("of=a%401&of=b%401&metric=nse&place=07");
    const after = scoreSearchOf(before, { metric: "csi", threshold: "Flood", place: "", facet: "season", part: "DJF" });
    expect(after.getAll("of")).toEqual(["a@1", "b@1"]);
    expect(scoreShownOf(after)).toEqual({ metric: "csi", threshold: "Flood", facet: "season", part: "DJF", place: "", run: "", against: "" });
  });
});

describe("a metric", () => {
  const measures = [{ metric: "kge", threshold: "" }, { metric: "csi", threshold: "Low" }, { metric: "csi", threshold: "Flood" }];

  it("is the one asked for, else the first that fits", () => {
    expect(measureOf(measures, { metric: "csi", threshold: "Flood" })).toBe(measures[2]);
    expect(measureOf(measures, { metric: "csi", threshold: "" })).toBe(measures[1]);
    expect(measureOf(measures, { metric: "lost", threshold: "" })).toBe(measures[0]);
    expect(measureOf([], { metric: "kge", threshold: "" })).toEqual({ metric: "", threshold: "" });
    expect(measures.map(measureText)).toEqual(["kge", "csi @ Low", "csi @ Flood"]);
  });

  it("has its title and what is perfect; a skill is perfect at one", () => {
    expect(wordsOf("kge", [KGE])).toEqual({ title: KGE.title, ideal: 1, about: KGE });
    expect(wordsOf("skill:percent_bias", [{ ...KGE, name: "percent_bias", title: "Percent bias", ideal: 0 }])).toMatchObject({ title: "skill in Percent bias", ideal: 1 });
    expect(wordsOf("own", [KGE])).toMatchObject({ title: "own", ideal: null });
  });
});
