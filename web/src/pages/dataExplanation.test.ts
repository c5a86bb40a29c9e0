import { describe, expect, it } from "vitest";
import { askedOf, type Examination, type Finding, type Fulfilment, nearestFirst, type Plan, reasonsOf, stepsOf, verdictOf } from "./dataExplanation";

const period = (begin: string, end: string) => ({ variable: "TIME", begin, end });
const places = (...values: string[]) => ({ variable: "CATCHMENT_ID", values });

const late: Finding = {
  index: "TIME",
  state: "missing",
  wanted: period("2015-12-01 00:00:00", "2017-01-01 00:00:00"),
  held: period("2015-10-01 00:00:00", "2015-12-31 06:00:00"),
  missing: [period("2015-12-31 06:00:00", "2017-01-01 00:00:00")],
  text: "TIME: covers less",
};
const fits: Finding = { index: "CATCHMENT_ID", state: "satisfied", wanted: places("cat-27"), held: places("cat-27"), missing: [], text: "" };

function examined(dataset: string, ...findings: Finding[]): Examination {
  return { dataset, fulfils: false, category_fits: true, format: "AORC_CSV", format_verdict: "exact", expired: false, findings, reasons: [] };
}

describe("reasons", () => {
  it("name what fits and how much time is missing", () => {
    expect(reasonsOf(examined("a@1", fits, late))).toEqual([
      { fits: true, what: "catchments", text: "has all that is asked for" },
      { fits: false, what: "period", text: "2015-12-31 06:00 to 2017-01-01 00:00 is missing (366 d 18 h)" },
    ]);
  });
  it("count the places that are missing and name some", () => {
    const wanted = { variable: "CATCHMENT_ID", runs: { "cat-": "1-30" } };
    const finding: Finding = { index: "CATCHMENT_ID", state: "missing", wanted, held: places("cat-1"), missing: [{ variable: "CATCHMENT_ID", runs: { "cat-": "2-30" } }], text: "" };
    expect(reasonsOf(examined("a@1", finding))[0]?.text).toBe("29 of 30 missing: cat-2, cat-3, cat-4, cat-5, cat-6 and 24 more");
  });
  it("say what a dataset does not tell", () => {
    expect(reasonsOf(examined("a@1", { ...fits, state: "missing", held: null }))[0]?.text).toBe("it does not say which catchments it covers");
  });
  it("fall back on the words of the server", () => {
    const finding: Finding = { ...fits, state: "incomparable", text: "CATCHMENT_ID: states x, which cannot be compared" };
    expect(reasonsOf(examined("a@1", finding))[0]?.text).toBe("states x, which cannot be compared");
  });
  it("tell of category, format and expiry", () => {
    const all = reasonsOf({ ...examined("a@1"), category_fits: false, format_verdict: "convertible", expired: true });
    expect(all.map((reason) => reason.what)).toEqual(["category", "format", "expiry"]);
    expect(all[1]?.text).toBe("it is aorc csv, which can be converted");
    expect(reasonsOf({ ...examined("a@1"), format_verdict: "compatible" })).toEqual([]);
    expect(reasonsOf({ ...examined("a@1"), format_verdict: "unfit" })[0]?.text).toMatch(/not what is asked for/);
  });
});

it("the nearest dataset comes first", () => {
  const found = nearestFirst([examined("b@1", late, { ...late, index: "X" }), examined("c@1", late, fits), { ...examined("d@1", fits), fulfils: true }, examined("a@1", late)]);
  expect(found.map((item) => item.dataset)).toEqual(["d@1", "a@1", "c@1", "b@1"]);
});

const nothing: Fulfilment = { fulfilled: false, requirement: { category: "FORCING", format: null, text: "", continuous: [], discrete: [] }, parts: [], uncovered: [], examined: [] };
const part = (dataset: string) => ({ dataset, format: "AORC_CSV", boxes: [] });

it("a verdict says who has it, or that nobody does", () => {
  expect(verdictOf(nothing)).toBe("There is no dataset of this kind (weather) that comes near.");
  expect(verdictOf({ ...nothing, examined: [examined("a@1")] })).toBe("No dataset has all of it.");
  expect(verdictOf({ ...nothing, parts: [part("a@1")] })).toBe("a@1 has a part of it.");
  expect(verdictOf({ ...nothing, fulfilled: true, parts: [part("a@1")] })).toBe("a@1 has all of it.");
  expect(verdictOf({ ...nothing, fulfilled: true, parts: [part("a@1"), part("b@1")] })).toBe("2 datasets have all of it together.");
});

it("a plan is a tree of what is there, derived, and missing", () => {
  const base: Plan = { requirement: "", role: "", ready: false, possible: true, datasets: [], fulfilment: nothing, objections: [], seconds: 0, derive: null, refused: [] };
  const plan: Plan = {
    ...base,
    requirement: "FORCING",
    derive: {
      derivation: "forcing-from-grid",
      seconds: 12,
      cached: null,
      inputs: [
        { ...base, requirement: "HYDROFABRIC", role: "hydrofabric", ready: true, datasets: ["logan@1"] },
        { ...base, requirement: "GRID", role: "grid_of_forcing" },
      ],
    },
  };
  expect(stepsOf(plan)).toEqual([
    { depth: 0, what: "FORCING", how: "derive", by: ["forcing from grid"], seconds: 12 },
    { depth: 1, what: "hydrofabric: HYDROFABRIC", how: "have", by: ["logan@1"], seconds: 0 },
    { depth: 1, what: "grid of forcing: GRID", how: "missing", by: [], seconds: 0 },
  ]);
});

it("ids of digits are gauges, the rest catchments, and nothing stands twice", () => {
  const question = { category: "FORCING", format: "", places: "cat-27, 10109001;cat-27\ncat-5", start: "2015-12-01", end: "", variables: "  a b " };
  expect(askedOf(question)).toEqual({ category: "FORCING", catchments: ["cat-27", "cat-5"], gages: ["10109001"], start: "2015-12-01", variables: ["a", "b"] });
});
