import { expect, it } from "vitest";
import { isMarked } from "./MapMarks";

it("lines that mark are drawn only where something of their layer is marked", () => {
  const nothing = { chosen: [], above: [] };
  expect(isMarked("catchments", nothing, null)).toBe(false);
  expect(isMarked("catchments", nothing, { layer: "flowpaths", id: "wb-1" })).toBe(false);
  expect(isMarked("flowpaths", nothing, { layer: "flowpaths", id: "wb-1" })).toBe(true);
  expect(isMarked("catchments", { chosen: [], above: ["cat-1"] }, null)).toBe(true);
  expect(isMarked("flowpaths", { chosen: [], above: ["cat-1"] }, null)).toBe(false);
  expect(isMarked("catchments", { chosen: [{ layer: "catchments", id: "cat-1" }], above: [] }, null)).toBe(true);
});
