import { expect, it } from "vitest";
import { unitNote } from "./unitNote";

it("tells of a number that is not in its declared unit, and of no other", () => {
  expect(unitNote("RAIN_RATE", "m")).toContain("mm/h");
  expect([unitNote("RAIN_RATE", "mm h-1"), unitNote("Q_OUT", "m")]).toEqual(["", ""]);
});
