import { describe, expect, it } from "vitest";
import { colourOf, MISSING } from "./MapScale";
import { aroundScale, gain, gains, scoreScale } from "./scoreColours";
import type { ScoredPlace } from "./scoreTable";

describe("how much better one is than another", () => {
  it("is by how much it is nearer to the ideal, on either side of it", () => {
    expect(gain(-5, 10, 0)).toBe(5);
    expect(gain(20, 10, 0)).toBe(-10);
    expect(gain(0.8, 0.5, 1)).toBeCloseTo(0.3);
  });

  it("is the difference where there is no ideal, and nothing where one is not known", () => {
    expect(gain(7, 4, null)).toBe(3);
    expect(gain(7, null, null)).toBeNull();
    const places: ScoredPlace[] = [{ id: "1", name: "", values: { a: 0.5, b: 0.25 } }, { id: "2", name: "", values: { a: 0.5 } }];
    expect(gains(places, "a", "b", 1)).toEqual([0.25, null]);
  });
});

describe("colours of scores", () => {
  const rising = Array.from({ length: 101 }, (_, at) => at / 100);

  it("rise where all values lie on one side of the ideal", () => {
    const scale = scoreScale(rising, 1);
    expect(scale?.palette).toBe("scale");
    expect(colourOf(scale!, 0.06)).toBeLessThan(colourOf(scale!, 0.94));
  });

  it("are not pressed together by few values far away", () => {
    const scale = scoreScale([...rising, -1_000_000], 1);
    expect(scale!.breaks[0]).toBeGreaterThan(-1);
    expect(colourOf(scale!, -1_000_000)).toBe(0);
  });

  it("lie on both sides of the ideal where the values do", () => {
    const scale = scoreScale(rising.map((value) => 40 * value - 20), 0);
    expect(scale?.palette).toBe("diverge");
    expect([-30, 0, 30].map((value) => colourOf(scale!, value))).toEqual([0, 3, 6]);
  });

  it("are the middle where nothing differs, and none where nothing is known", () => {
    expect(colourOf(aroundScale([0, 0, 0], 0)!, 0)).toBe(3);
    expect(aroundScale([], 0)).toBeNull();
    expect(scoreScale([], 1)).toBeNull();
    expect(colourOf(aroundScale([1], 0)!, null)).toBe(MISSING);
  });
});
