import { expect, it } from "vitest";
import { csvOf, fileName } from "./scoreExport";

it("a table is saved in full, and empty where nothing is known", () => {
  expect(csvOf([["location", "a, b"], ["01", 0.1 + 0.2], ['say "x"', null], ["y", NaN]])).toBe(
    'location,"a, b"\r\n01,0.30000000000000004\r\n"say ""x""",\r\ny,\r\n',
  );
});

it("a file has a name that every system takes", () => {
  expect(fileName("Kling–Gupta @ 75 %", "", "DJF/a")).toBe("Kling-Gupta-@-75-DJF-a");
});
