import { describe, expect, it } from "vitest";
import { draftOf, otherWay, placedIn, presetOf, replaced } from "./newDraft";
import { amountAt, evaluatingOf, meaning, named, nameOf, numberOrText, ordered, placeOf, placesOf, textAt, valueAt, wayOf, withValue, written } from "./newRequest";

it("shows memory and time that a request has as numbers with their units", () => {
  const request = { resources: { memory: 60_000_000, time: 3, cpus: 2 } };
  expect(["resources.memory", "resources.time", "resources.cpus"].map((path) => amountAt(request, path))).toEqual(["60 MB", "3 s", "2"]);
  expect([amountAt({ resources: { memory: "4 GB" } }, "resources.memory"), amountAt({ resources: { memory: 60_000_001 } }, "resources.memory")]).toEqual(["4 GB", "60000001"]);
});

describe("a run that nobody has named", () => {
  it("is called by its place, formulation and period", () => {
    const request = { kind: "run", where: { places: ["gage-1"] }, formulation: "cfe", period: { start: "2015-10-01 00:00", end: "2015-12-30 23:00" } };
    expect(nameOf(request)).toBe("gage-1, cfe, 2015-10-01 to 2015-12-30");
    expect(named(request)).toEqual({ ...request, name: nameOf(request) });
    expect(nameOf({ kind: "run", package: "logan@2" })).toBe("logan@2");
    expect(nameOf({ kind: "run", where: { places: ["cat-1", "cat-2", "cat-3"] } })).toBe("cat-1 and 2 more");
    expect(nameOf({ kind: "run", package: "x".repeat(200) })).toHaveLength(100);
  });

  it("keeps a name that it has, and none where nothing is chosen", () => {
    expect(named({ kind: "run", package: "logan", name: "mine" })).toEqual({ kind: "run", package: "logan", name: "mine" });
    expect(named({ kind: "run" })).toEqual({ kind: "run" });
  });
});

describe("paths of a request", () => {
  it("writes deep and takes emptied mappings away", () => {
    const one = withValue({ kind: "run" }, "resources.cpus", 4);
    expect(one).toEqual({ kind: "run", resources: { cpus: 4 } });
    expect(withValue(one, "resources.cpus", "")).toEqual({ kind: "run" });
    expect(one.resources).toEqual({ cpus: 4 });
  });

  it("keeps keys that the form does not know", () => {
    const request = { kind: "run", resources: { cpus: 2, paradigm: "round-robin" }, notify: { webhook: "https://example.org" } };
    expect(withValue(request, "resources.cpus", undefined)).toEqual({ ...request, resources: { paradigm: "round-robin" } });
  });

  it("writes over what is no mapping", () => {
    expect(withValue({ evaluation: false }, "evaluation.warm_up", "30d")).toEqual({ evaluation: { warm_up: "30d" } });
  });

  it("finds nothing in what every object inherits", () => {
    expect(valueAt({}, "constructor.name")).toBeUndefined();
    expect(textAt({ period: { start: 2015 } }, "period.start")).toBe("2015");
    expect(textAt({ period: { start: null } }, "period.start")).toBe("");
  });
});

describe("what is typed", () => {
  it.each([["4", 4], [" 12 ", 12], ["", undefined], ["four", "four"], ["4.5", "4.5"], ["-1", -1]])("reads %j as a whole number or text", (text, value) => {
    expect(numberOrText(text)).toEqual(value);
  });

  it.each([
    ["0.5", 0.5], ["1e-3", 0.001], ["true", true], ["basin-median", "basin-median"], ["[1, 2]", [1, 2]], ["[1,", "[1,"], ["007", "007"], ["", ""],
  ])("takes a parameter %j for what it means", (text, value) => {
    expect(meaning(text)).toEqual(value);
  });

  it("writes parameters so that they are read back", () => {
    for (const value of [1.5, true, "cfe", [1, 2], { a: 1 }]) expect(meaning(written(value))).toEqual(value);
  });
});

describe("ways", () => {
  it("are told by what stands in the request", () => {
    expect(wayOf({ kind: "run" })).toBeNull();
    expect(wayOf({ package: "ex" })).toBe("package");
    expect(wayOf({ where: { places: ["cat-1"] } })).toBe("place");
    expect(wayOf({ parameters: { a: 1 } })).toBeNull();
  });

  it("can be gone to and fro without a loss", () => {
    const draft = draftOf({ where: { places: ["cat-1"] }, formulation: "cfe", name: "a", resources: { cpus: 2 } });
    const there = otherWay(draft, "package");
    expect(there.request).toEqual({ kind: "run", name: "a", resources: { cpus: 2 } });
    const chosen = { ...there, request: withValue(there.request, "package", "ex") };
    const back = otherWay(chosen, "place");
    expect(back.request).toEqual(draft.request);
    expect(otherWay(back, "package").request).toEqual(chosen.request);
  });

  it("follow a request that comes from elsewhere", () => {
    const draft = draftOf({ package: "ex" });
    expect(replaced(draft, { where: { places: ["cat-1"] } }).way).toBe("place");
    expect(replaced(draft, { kind: "run" }).way).toBe("package");
  });

  it("begin at what the map has chosen", () => {
    const draft = presetOf(new URLSearchParams("fabric=logan&place=cat-1&place=gage-10109001"));
    expect(draft?.way).toBe("place");
    expect(draft && placesOf(draft.request)).toEqual(["cat-1", "gage-10109001"]);
    expect(draft?.request["where"]).toMatchObject({ hydrofabric: "logan" });
    expect(presetOf(new URLSearchParams("package=ex"))?.request["package"]).toBe("ex");
    expect(presetOf(new URLSearchParams(""))).toBeNull();
  });
});

it("puts a place from the map into what was begun", () => {
  const preset = presetOf(new URLSearchParams("fabric=logan&place=cat-1")) ?? draftOf({});
  const begun = draftOf({ package: "ex", resources: { cpus: 2 } });
  expect(placedIn(begun, preset)).toEqual({
    request: { kind: "run", resources: { cpus: 2 }, where: { hydrofabric: "logan", places: ["cat-1"] }, formulation: "cfe" }, way: "place", other: { package: "ex" },
  });
  const placed = draftOf({ where: { places: ["cat-9"] }, realization: "mine" });
  expect(placedIn(placed, preset).request).toEqual({ kind: "run", realization: "mine", where: { hydrofabric: "logan", places: ["cat-1"] } });
});

it("names a gauge as requests do", () => {
  expect(placeOf({ id: "10109001", kind: "gauge" })).toBe("gage-10109001");
  expect(placeOf({ id: "cat-27", kind: "catchment" })).toBe("cat-27");
});

it("tells how a run is evaluated", () => {
  expect(evaluatingOf({})).toBe("found");
  expect(evaluatingOf({ evaluation: true })).toBe("found");
  expect(evaluatingOf({ evaluation: false })).toBe("none");
  expect(evaluatingOf({ evaluation: { warm_up: "3d" } })).toBe("found");
  expect(evaluatingOf({ evaluation: { observed: "usgs" } })).toBe("given");
});

it("orders a request and loses nothing", () => {
  const request = { outputs: { csv: true }, unknown: [1], package: "ex", kind: "run" };
  expect(Object.keys(ordered(request))).toEqual(["kind", "package", "outputs", "unknown"]);
  expect(ordered(request)).toEqual(request);
});
