import { describe, expect, it } from "vitest";
import { addLines } from "./LogView";

describe("addLines", () => {
  it("goes on with a line that was cut off", () => {
    const first = addLines([], "one\ntw");
    expect(addLines(first, "o\nthree\n")).toEqual(["one", "two", "three", ""]);
  });
});
