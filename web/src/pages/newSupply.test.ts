import { describe, expect, it } from "vitest";
import { requirementOf, whyNot } from "./newSupply";

const request = {
  where: { hydrofabric: "logan", places: ["cat-2"] }, period: { start: "2015-10-01", end: "2015-10-05" }, formulation: "cfe", parameters: { fallbacks: "upstream" },
};

describe("what a run from a place needs", () => {
  it("is a package of its basin, period and formulation", () => {
    expect(requirementOf(request, ["cat-2", "cat-1", "cat-2"])).toEqual({
      category: "CONFIG", format: "NGEN_JOB_COMPOSITE_CONFIG", catchments: ["cat-1", "cat-2"], start: "2015-10-01", end: "2015-10-05",
      formulation: "cfe", parameters: { fallbacks: "upstream", hydrofabric: "logan" },
    });
  });

  it("is not asked for while something is not chosen", () => {
    expect(requirementOf(request, [])).toBeNull();
    expect(requirementOf({ ...request, formulation: "" }, ["cat-1"])).toBeNull();
    expect(requirementOf({ ...request, period: { start: "2015-10-05", end: "2015-10-01" } }, ["cat-1"])).toBeNull();
    expect(requirementOf({ ...request, period: { start: "soon", end: "2015-10-01" } }, ["cat-1"])).toBeNull();
  });
});

it("says why a plan is not possible", () => {
  const refused = [{ derivation: "run-package", reason: "it needs FORCING, which nothing fulfils", hint: "add such a dataset" }];
  expect(whyNot({ possible: false, objections: [], refused })).toContain("run-package: it needs FORCING, which nothing fulfils (add such a dataset)");
  expect(whyNot({ possible: true, refused: [] })).toBe("");
  expect(whyNot(null)).toBe("");
});
