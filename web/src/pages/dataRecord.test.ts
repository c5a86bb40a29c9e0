import { expect, it } from "vitest";
import { addressOf, choiceOf, type DatasetRecord, orderOf, patternOf, scoresAddress, sharesOf, SORTS, viewOf } from "./dataRecord";

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

it("a dataset in a list to choose from says what it is", () => {
  expect(choiceOf("run-1@1", "results of dry year (job 1k)")).toBe("run-1@1 · results of dry year (job 1k)");
  expect(choiceOf("run-1@1", "")).toBe("run-1@1");
  expect(choiceOf("run-1@1", "long ".repeat(40))).toHaveLength("run-1@1 · ".length + 70);
});

it("text is sought in names, and a pattern is taken as it is", () => {
  expect(patternOf(" logan ")).toBe("*logan*");
  expect(patternOf("logan-?")).toBe("logan-?");
  expect(patternOf("  ")).toBe("");
});

it("an order is asked of the server, the newest first where none is named", () => {
  expect([orderOf("large"), orderOf("name"), orderOf(null), orderOf("toString")]).toEqual(["large", "name", "new", "new"]);
  expect(SORTS[orderOf(null)]).toEqual({ sort: "created", descending: true });
  expect(SORTS.large).toEqual({ sort: "size", descending: true });
});

it("what can be looked at leads to its page", () => {
  expect(viewOf(dataset("r"))?.to).toBe("/results?run=r%401");
  expect(viewOf(dataset("o", { category: "OBSERVATION" }))?.to).toBe("/results?run=o%401");
  expect(viewOf(dataset("h", { category: "HYDROFABRIC" }))?.to).toBe("/?fabric=h%401");
  expect(viewOf(dataset("e", { category: "EVALUATION" }))?.to).toBe("/scores?of=e%401");
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

it("scores beside one another have an address that names each", () => {
  expect(new URL(scoresAddress(["a@1", "b c@2"]), "http://x").searchParams.getAll("of")).toEqual(["a@1", "b c@2"]);
});
