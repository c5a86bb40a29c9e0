import { expect, it } from "vitest";
import { bestAt, BY_PLACE, distributionOf, quantile, sorted, spanOf, summariesOf } from "./scoreTable";

const places = [
  { id: "g10", name: "", values: { a: 0.5, b: 0.9 } },
  { id: "g2", name: "", values: { a: 0.8, b: null } },
  { id: "g1", name: "", values: { a: -3, b: 0.2 } },
];
const order = (by: string, down: boolean) => sorted(places, { by, down }).map((place) => place.id);

it("places are sorted as numbers in their names are", () => {
  expect(order(BY_PLACE, false)).toEqual(["g1", "g2", "g10"]);
  expect(order(BY_PLACE, true)).toEqual(["g10", "g2", "g1"]);
});

it("places without a score stand last either way", () => {
  expect(order("b", true)).toEqual(["g10", "g1", "g2"]);
  expect(order("b", false)).toEqual(["g1", "g10", "g2"]);
});

it("quantiles lie between neighbours", () => {
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
  expect(quantile([7], 0.25)).toBe(7);
  expect(quantile([], 0.5)).toBeNull();
});

it("each configuration has its median", () => {
  expect(summariesOf(places, ["a", "b"]).map(({ count, median }) => [count, median])).toEqual([[3, 0.5], [2, 0.55]]);
});

it("the best is the nearest to the ideal, and none where there is nothing to compare", () => {
  const near = { id: "x", name: "", values: { a: -4, b: 6 } };
  expect(bestAt(near, ["a", "b"], 0)).toBe("a");
  expect(bestAt(near, ["a", "b"], 5)).toBe("b");
  expect(bestAt(near, ["a"], 0)).toBeNull();
  expect(bestAt(near, ["a", "b"], null)).toBeNull();
});

it("a distribution ends with all", () => {
  expect(distributionOf([3, 1, 2, 2])).toEqual({ values: [1, 2, 2, 3], shares: [25, 50, 75, 100] });
});

it("outliers do not press the rest together", () => {
  const values = [-1000, ...Array.from({ length: 99 }, (_one, at) => at / 100)];
  const [low, high] = spanOf(values);
  expect(low).toBeGreaterThan(-3);
  expect(high).toBeGreaterThanOrEqual(0.98);
  const [one, other] = spanOf([0.4]);
  expect(one).toBeLessThan(0.4);
  expect(other).toBeGreaterThan(0.4);
});
