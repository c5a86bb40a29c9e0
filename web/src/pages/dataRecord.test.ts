import { expect, it } from "vitest";
import { addressOf, type DatasetRecord, inOrder, patternOf, sharesOf, viewOf } from "./dataRecord";

function dataset(name: string, more: Partial<DatasetRecord> = {}): DatasetRecord {
  return {
    name,
    version: 1,
    uuid: name,
    category: "OUTPUT",
    domain: { data_format: "GENERIC", continuous: [], discrete: [] },
    digest: "",
    size: 10,
    files: 1,
    created: "2026-01-01T00:00:00+00:00",
    expires: null,
    read_only: false,
    description: "",
    owner: "anna",
    access_location: "",
    lineage: { step: "add", software: "", parameters: {}, sources: {}, inputs: [] },
    ...more,
  };
}

it("text is sought in names, and a pattern is taken as it is", () => {
  expect(patternOf(" logan ")).toBe("*logan*");
  expect(patternOf("logan-?")).toBe("logan-?");
  expect(patternOf("  ")).toBe("");
});

it("datasets stand newest first or by name, the latest version before", () => {
  const all = [dataset("b", { created: "2026-01-02T00:00:00+00:00" }), dataset("a"), dataset("b", { version: 2, created: "2026-01-03T00:00:00+00:00" })];
  const names = (order: "new" | "name") => inOrder(all, order).map((one) => `${one.name}@${one.version}`);
  expect(names("new")).toEqual(["b@2", "b@1", "a@1"]);
  expect(names("name")).toEqual(["a@1", "b@2", "b@1"]);
});

it("what can be looked at leads to its page", () => {
  expect(viewOf(dataset("r"))?.to).toBe("/results?run=r%401");
  expect(viewOf(dataset("o", { category: "OBSERVATION" }))?.to).toBe("/results?observed=o%401");
  expect(viewOf(dataset("h", { category: "HYDROFABRIC" }))?.to).toBe("/?fabric=h%401");
  expect(viewOf(dataset("c", { category: "CONFIG" }))).toBeNull();
  expect(addressOf("a b@1")).toBe("/data/a%20b%401");
});

it("bytes are summed by a mark, the most first", () => {
  const all = [dataset("a"), dataset("b", { owner: "grace", size: 50 }), dataset("c", { size: 15 })];
  expect(sharesOf(all, (one) => one.owner)).toEqual([
    { name: "grace", datasets: 1, bytes: 50 },
    { name: "anna", datasets: 2, bytes: 25 },
  ]);
});
