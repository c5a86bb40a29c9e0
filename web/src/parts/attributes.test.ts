import { expect, it } from "vitest";
import { attributeText, attributeUnit } from "./attributes";

it("says the units that a hydrofabric does not state", () => {
  expect(["mean.elevation", "areasqkm", "mean.refkdt"].map(attributeUnit)).toEqual(["cm", "km²", ""]);
});

it("writes a distribution as classes with their shares, and all else as it is", () => {
  expect(attributeText('[{"v":6.247,"frequency":0.2671},{"v":10.648,"frequency":0.7329}]')).toBe("6.247 (27 %), 10.65 (73 %)");
  expect([attributeText(57_720.4), attributeText("nex-1"), attributeText("[{broken"), attributeText('[{"a":1}]'), attributeText(null)]).toEqual(["57,720", "nex-1", "[{broken", '[{"a":1}]', "–"]);
});
