import { expect, it } from "vitest";
import { originOf, rangeOf } from "./newFormulations";

it.each([
  [{ minimum: 0, maximum: 21.94, choices: [] }, "0 to 21.94"],
  [{ minimum: null, maximum: 5, choices: [] }, "at most 5"],
  [{ minimum: 0, maximum: null, choices: [] }, "at least 0"],
  [{ minimum: null, maximum: null, choices: [] }, ""],
  [{ minimum: null, maximum: null, choices: ["Schaake", "Xinanjiang"] }, "Schaake or Xinanjiang"],
])("%j can be %j", (parameter, text) => {
  expect(rangeOf(parameter)).toBe(text);
});

it("says where a value comes from", () => {
  expect(originOf({ source: "mean.slope", default: "1.0" })).toBe("mean.slope; else 1.0");
  expect(originOf({ source: "mean.slope", default: null })).toBe("mean.slope");
  expect(originOf({ source: "", default: "2.0" })).toBe("2.0");
});
