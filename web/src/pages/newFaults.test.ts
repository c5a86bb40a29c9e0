import { describe, expect, it } from "vitest";
import { Problem } from "../api/problem";
import { faultAt, faultsOf, faultsOfFindings, faultsOfRefusal, fieldOf, missingIn, withMissing } from "./newFaults";

const HINT = "`dmod schema` prints what is allowed";

describe("fields of keys", () => {
  it.each([
    ["period.start", "period.start"], ["where.places.0", "where.places"], ["parameters.x.y", "parameters"], ["Evaluated.warm_up", "evaluation.warm_up"],
    ["resources.paradigm", ""], ["foo", ""], ["outputs.dataset", "outputs.dataset"], ["labels.basin", "labels"],
  ])("%s belongs to %j", (key, field) => {
    expect(fieldOf(key)).toBe(field);
  });
});

describe("findings of a refused request", () => {
  it("stand beside their fields, the others on top", () => {
    const detail =
      "the request cannot be used: 2 things are wrong:\n  resources.memory: '500 XB' is no size; write it like 500 MB or 20 GB (it is '500 XB')\n  foo: there is no such key";
    expect(faultsOf(new Problem(422, detail, HINT))).toEqual([
      { field: "resources.memory", text: "'500 XB' is no size; write it like 500 MB or 20 GB (it is '500 XB')", isMissing: false },
      { field: "", text: "foo: there is no such key", isMissing: false },
    ]);
  });

  it("are one, with the hint of its own", () => {
    const problem = new Problem(422, "package: there is no dataset nope", "`dmod data list` shows what there is");
    expect(faultsOf(problem)).toEqual([{ field: "package", text: "there is no dataset nope (`dmod data list` shows what there is)", isMissing: false }]);
  });

  it("say what has to be chosen yet", () => {
    const detail = "the request cannot be used: the document: where, period, formulation missing; or name a package that is in the catalog";
    const found = faultsOf(new Problem(422, detail, HINT));
    expect(found.map((fault) => [fault.field, fault.isMissing])).toEqual([["where", true], ["period", true], ["formulation", true]]);
    expect(faultsOf(new Problem(422, "the request cannot be used: period.end is missing", HINT))).toMatchObject([{ field: "period.end", isMissing: true }]);
  });

  it("of an evaluation are told without the form that it does not have", () => {
    const detail = "the request cannot be used: 2 things are wrong:\n  Evaluated.warm_up: '10x' is no length of time\n  bool: input should be a valid boolean";
    expect(faultsOf(new Problem(422, detail, HINT))).toEqual([{ field: "evaluation.warm_up", text: "'10x' is no length of time", isMissing: false }]);
  });

  it("keep a colon within what they say", () => {
    const detail = "the request cannot be used: period: the period ends (2015-10-05 00:00:00+00:00) before it starts";
    expect(faultsOf(new Problem(422, detail, HINT))).toMatchObject([{ field: "period", text: "the period ends (2015-10-05 00:00:00+00:00) before it starts" }]);
  });

  it("are none where the server could not be asked", () => {
    expect(faultsOf(new Problem(0, "the server cannot be reached"))).toEqual([]);
  });
});

it("shows what no node can give beside what asks for it", () => {
  const refusal = {
    kind: "unsatisfiable" as const, message: "needs 400 CPUs on one node, the largest (vm) has 2; needs 900 GB on one node, the largest (vm) has 24.7 GB",
    hint: "vm could give 2 CPUs and 24.7 GB", retryable: false, exit_code: null, signal: "", step: "",
  };
  const found = faultsOfRefusal(refusal);
  expect(faultAt(found, "resources.cpus")).toMatch(/^needs 400 CPUs/);
  expect(faultAt(found, "resources.memory")).toMatch(/^needs 900 GB/);
  expect(found[0]).toMatchObject({ field: "", text: `${refusal.message}. ${refusal.hint}` });
  expect(faultsOfRefusal(null)).toEqual([]);
});

it("does not mark as wrong what is only missing", () => {
  expect(faultAt([{ field: "period", text: "period", isMissing: true }], "period")).toBe("");
});

describe("what is missing", () => {
  const fields = (...given: Parameters<typeof missingIn>) => missingIn(...given).map((fault) => fault.field);

  it("depends on the way", () => {
    expect(fields({ kind: "run" }, "package")).toEqual(["package"]);
    expect(fields({ package: "ex" }, "package")).toEqual([]);
    expect(fields({ package: "ex", period: { start: "2015-10-01" } }, "package")).toEqual(["period.end"]);
    expect(fields({ where: { hydrofabric: "logan" } }, "place")).toEqual(["where.places", "formulation", "period.start", "period.end"]);
    expect(fields({ where: { catchments: ["cat-1"] }, realization: "mine", period: { start: "a", end: "b" } }, "place")).toEqual([]);
    expect(fields({ package: "ex", evaluation: { observed: "" } }, "package")).toEqual(["evaluation.observed"]);
  });

  it("is not told twice", () => {
    const missing = missingIn({ where: {} }, "place");
    const server = [
      { field: "where", text: "give either places or catchments", isMissing: false }, { field: "period", text: "period", isMissing: true },
      { field: "resources.memory", text: "is no size", isMissing: false }, { field: "", text: "foo: there is no such key", isMissing: false },
    ];
    expect(withMissing(missing, server).slice(missing.length).map((fault) => fault.text)).toEqual(["is no size", "foo: there is no such key"]);
  });
});

it("puts what the server found in the data beside its fields", () => {
  const found = faultsOfFindings([
    { field: "/period/end", message: "2030 is not covered: the package has forcing for 2015 to 2016 (UTC)", given: "2030", allowed: ["2015 to 2016"], hint: "end by 2016" },
    { field: "/where/places/1", message: "fabric@1 does not have that place", given: "cat-77", allowed: [], hint: "" },
    { field: "/parameters/a~1b", message: "is none", given: "", allowed: [], hint: "" },
    { field: "", message: "nothing makes the data for it", given: "", allowed: [], hint: "" },
  ]);
  expect(found.map((fault) => fault.field)).toEqual(["period.end", "where.places", "parameters", ""]);
  expect(faultAt(found, "period.end")).toBe("2030 is not covered: the package has forcing for 2015 to 2016 (UTC) (end by 2016)");
  expect(faultAt(found, "where.places")).toBe("cat-77: fabric@1 does not have that place");
});
