import { describe, expect, it } from "vitest";
import { Frames } from "./MapFrames";

/** Two places, 100 steps, five steps a stretch; a value tells its step and place. */
function frames(steps = 100) {
  const asked: [number, number][] = [];
  const load = (first: number, count: number) => {
    asked.push([first, count]);
    return Promise.resolve(Float32Array.from({ length: count * 2 }, (_, at) => first + Math.floor(at / 2) + (at % 2) / 2));
  };
  return { asked, frames: new Frames(2, steps, load, 10) };
}

describe("frames", () => {
  it("come in stretches, the next one ahead", async () => {
    const { asked, frames: some } = frames();
    expect(some.at(7)).toBeNull();
    await some.need(7);
    expect([...some.at(7)!]).toEqual([7, 7.5]);
    expect(asked).toEqual([[5, 5], [10, 5]]);
    await some.need(12);
    expect([...some.at(14)!]).toEqual([14, 14.5]);
    expect(asked).toEqual([[5, 5], [10, 5], [15, 5]]);
  });

  it("are asked for once while they come", async () => {
    const { asked, frames: some } = frames();
    await Promise.all([some.need(0), some.need(1), some.need(2)]);
    expect(asked).toEqual([[0, 5], [5, 5]]);
  });

  it("end with the last step", async () => {
    const { asked, frames: some } = frames(7);
    await some.need(6);
    expect(asked).toEqual([[5, 2]]);
    expect([...some.at(6)!]).toEqual([6, 6.5]);
  });

  it("let go what was not looked at for long", async () => {
    const { frames: some } = frames();
    for (let step = 0; step < 60; step += 5) await some.need(step);
    expect(some.at(0)).toBeNull();
    expect(some.at(55)).not.toBeNull();
  });

  it("are asked for again after a failure", async () => {
    let count = 0;
    const some = new Frames(1, 1, () => (count++ ? Promise.resolve(Float32Array.of(4)) : Promise.reject(new Error("gone"))));
    await expect(some.need(0)).rejects.toThrow("gone");
    await some.need(0);
    expect([...some.at(0)!]).toEqual([4]);
  });
});
