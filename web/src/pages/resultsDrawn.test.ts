import { describe, expect, it } from "vitest";
import type { View } from "./results";
import { drawnOf, firstLayer, firstPlace, isAtOutlet, mapOf, tableOf } from "./resultsDrawn";

const period = { start: 0, end: 3600, step: 3600, steps: 2 };
const rivers = { name: "rivers", places: 2, variables: { flow: "m3 s-1", velocity: "m s-1" }, ...period };
const basin = { name: "basin", places: 1, variables: { simulated: "m3 s-1", observed: "m3 s-1", rain: "mm h-1" }, ...period };

function view(outlet_flowpaths: string[], layers = [rivers, basin]): View {
  return { dataset: "found@1", layers, summary: { result: { outlet: "nex-3", outlet_flowpaths } } };
}

const one = view(["wb-2"]);
const gauge = { reference: "gauge@1", layer: "gauges", place: "99", variable: "" };
const at = (place: string, variable = "flow") => ({ runs: ["found@1"], views: [one], layer: rivers, place, variable, observed: null });

describe("what is looked at first", () => {
  it("is the river at the outlet", () => {
    expect(firstLayer(one)?.name).toBe("rivers");
    expect(firstPlace(one, "rivers")).toBe("wb-2");
    expect(isAtOutlet(one, "rivers", "wb-2")).toBe(true);
    expect(isAtOutlet(one, "rivers", "wb-1")).toBe(false);
    expect(isAtOutlet(one, "nexuses", "nex-3")).toBe(false);
  });

  it("is the sum of rivers that meet at the outlet, of which none is the whole", () => {
    const two = view(["wb-1", "wb-2"]);
    expect(firstLayer(two)?.name).toBe("basin");
    expect(firstPlace(two, "basin")).toBe("nex-3");
    expect(isAtOutlet(two, "rivers", "wb-2")).toBe(false);
    expect(isAtOutlet(two, "basin", "nex-3")).toBe(true);
  });

  it("is a river where a run has no hydrograph of its outlet", () => {
    expect(firstLayer(view(["wb-1", "wb-2"], [rivers]))?.name).toBe("rivers");
  });
});

describe("what is drawn", () => {
  it("has at the outlet what the run was given as observed, and rain", () => {
    const drawn = drawnOf(at("wb-2"));
    expect(drawn.map((one) => [one.kind, one.wanted.layer, one.wanted.variable])).toEqual([
      ["run", "rivers", "flow"],
      ["observed", "basin", "observed"],
      ["rain", "basin", "rain"],
    ]);
    expect(drawn[2]?.wanted.place).toBe("nex-3");
  });

  it("has elsewhere neither, for both are the outlet's", () => {
    expect(drawnOf(at("wb-1")).map((one) => one.kind)).toEqual(["run"]);
  });

  it("has what was chosen as observed in place of the run's own, beside flow only", () => {
    expect(drawnOf({ ...at("wb-1"), observed: gauge }).map((one) => one.wanted.reference)).toEqual(["found@1", "gauge@1"]);
    expect(drawnOf({ ...at("wb-2", "velocity"), observed: gauge }).map((one) => one.kind)).toEqual(["run", "rain"]);
  });

  it("has nothing twice", () => {
    const rain = drawnOf({ ...at("nex-3", "rain"), layer: basin });
    expect(rain.map((one) => one.kind)).toEqual(["run"]);
    const observed = drawnOf({ ...at("nex-3", "observed"), layer: basin });
    expect(observed.map((one) => one.kind)).toEqual(["run", "rain"]);
  });

  it("has rain once for several runs, and says whose it is", () => {
    const drawn = drawnOf({ ...at("wb-2"), runs: ["old@1", "found@1"], views: [view(["wb-2"], [rivers]), one] });
    expect(drawn.map((one) => one.name)).toEqual(["old@1", "found@1", "observed", "rain of found@1"]);
  });
});

describe("an address", () => {
  it("of a file names all series and the period", () => {
    const wanted = drawnOf({ ...at("wb-2"), observed: gauge }).map((one) => one.wanted);
    const address = new URL(tableOf(wanted, ["2015-10-01T00:00", "2015-10-02T00:00"], "netcdf"), "http://x");
    expect(address.pathname).toBe("/v1/results/found%401/table");
    expect(address.searchParams.getAll("also")).toEqual(["gauge@1/gauges//99", "found@1/basin/rain/nex-3"]);
    expect([address.searchParams.get("form"), address.searchParams.get("start")]).toEqual(["netcdf", "2015-10-01T00:00"]);
  });

  it("of the map names the fabric, the run and what it is coloured by", () => {
    expect(mapOf("found@1", "basin@1", "rivers", "flow", "wb-2")).toBe("/?fabric=basin%401&run=found%401&place=wb-2&layer=rivers&variable=flow");
    expect(mapOf("found@1", "", "basin", "simulated", "nex-3")).toBe("/?run=found%401&place=nex-3");
  });
});
