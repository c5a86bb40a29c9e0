import { expect, it } from "vitest";
import { boundsOf, graticuleOf, stepOf } from "./graticule";

it("a box has a width even around one place, and none is around no place", () => {
  const [west, south, east, north] = boundsOf([[-111, 41]])!;
  expect(west).toBeLessThan(-111);
  expect(east).toBeGreaterThan(-111);
  expect(north - south).toBeGreaterThan(0);
  expect(boundsOf([])).toBeNull();
});

it("a few lines cross a box, at round numbers", () => {
  expect(stepOf([-125, 25, -67, 49])).toBe(10);
  expect(stepOf([-111.2, 41, -111, 41.1])).toBe(0.05);
  const lines = graticuleOf([-125, 25, -67, 49]).geometry.coordinates;
  expect(lines.every((line) => line.flat().every((value) => value % 10 === 0))).toBe(true);
  expect(lines.flat().every(([longitude = 0, latitude = 0]) => Math.abs(longitude) <= 180 && Math.abs(latitude) <= 85)).toBe(true);
});
