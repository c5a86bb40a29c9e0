import { describe, expect, it } from "vitest";
import { lookOf, rounded, searchOf, type Shown, shownOf } from "./map";
import { belonging, recordOf } from "./mapBelonging";

const NOTHING: Shown = { fabric: "", place: "", attribute: "", run: "", layer: "", variable: "", at: null, scale: "quantile", look: null };

describe("the address of the map", () => {
  it("shows the same to whoever opens it", () => {
    const shown: Shown = { ...NOTHING, fabric: "logan@2", place: "cat-27", run: "a@1", layer: "rivers", variable: "flow", at: 1443657600, scale: "linear", look: [-111.5, 41.9, 9.25] };
    expect(shownOf(searchOf(shown))).toEqual(shown);
    expect(shownOf(new URLSearchParams(searchOf({ ...NOTHING, attribute: "mean.slope" }).toString()))).toEqual({ ...NOTHING, attribute: "mean.slope" });
  });

  it("is empty where nothing was chosen", () => {
    expect(searchOf(NOTHING).toString()).toBe("");
    expect(shownOf(new URLSearchParams())).toEqual(NOTHING);
  });

  it("colours by one thing only", () => {
    expect(shownOf(new URLSearchParams("run=a&attribute=slope")).attribute).toBe("");
  });

  it("takes no notice of what cannot be", () => {
    const shown = shownOf(new URLSearchParams("at=yesterday&scale=round&look=1,2"));
    expect([shown.at, shown.scale, shown.look]).toEqual([null, "quantile", null]);
    for (const text of ["", "a,b,c", "200,0,3", "0,89,3", "0,0,99", ",,", "1,2,3,4"]) expect(lookOf(text)).toBeNull();
  });

  it("says where one looks to about ten metres", () => {
    expect(rounded(-111.123456, 41.98765432, 9.87654)).toEqual([-111.1235, 41.9877, 9.88]);
  });
});

function record(fabric: string[], runs: Record<string, string>, values: string[] = []) {
  const discrete = [
    { variable: "HYDROFABRIC_ID", values: fabric },
    { variable: "CATCHMENT_ID", ...(values.length ? { values } : { runs }) },
  ];
  return recordOf({ name: "a", version: 2, domain: { data_format: "F", discrete } });
}

describe("results", () => {
  const fabric = record(["f"], { "cat-": "10-20,30-40" });
  it("belong to their own hydrofabric", () => {
    expect(belonging(record(["f"], {}), fabric)).toBe("same");
  });
  it("of a part of it have catchments of the same names", () => {
    expect(belonging(record(["g"], { "cat-": "1-5,35" }), fabric)).toBe("names");
    expect(belonging(record(["g"], {}, ["cat-12"]), fabric)).toBe("names");
  });
  it("of elsewhere do not belong to it", () => {
    expect(belonging(record(["g"], { "cat-": "21-29" }), fabric)).toBe("none");
    expect(belonging(record(["g"], { "wb-": "10-20" }), fabric)).toBe("none");
    expect(belonging(recordOf({ name: "a", version: 1 }), fabric)).toBe("none");
  });
  it("are called by name and version", () => {
    expect(fabric.reference).toBe("a@2");
  });
});
