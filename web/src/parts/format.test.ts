import { describe, expect, it } from "vitest";
import { ago, bytes, moment, number, span, unitInWords } from "./format";

describe("format", () => {
  it("writes numbers with the digits that matter", () => {
    expect([number(0), number(1234.5678), number(175.81221), number(3.5e-18), number(null), number(12345.6)]).toEqual(["0", "1235", "175.8", "3.50e-18", "–", "12,346"]);
  });
  it("writes lengths of time in words", () => {
    expect([span(850), span(27_800), span(200_000), span(7_500_000), span(180_000_000)]).toEqual(["850 ms", "27.8 s", "3 min 20 s", "2 h 5 min", "2 d 2 h"]);
  });
  it("writes units as people do, and leaves what is no unit", () => {
    expect(["m3 s-1", "mm h-1", "kg m-2 s-1", "W m-2", "mm s^-1", "m", "K", "s-1", "km2"].map(unitInWords)).toEqual(["m³/s", "mm/h", "kg/(m² s)", "W/m²", "mm/s", "m", "K", "1/s", "km²"]);
    expect(["", "1", "-", "m³/s", "days since 1970-01-01"].map(unitInWords)).toEqual(["", "1", "-", "m³/s", "days since 1970-01-01"]);
  });
  it("writes sizes in powers of a thousand", () => {
    expect([bytes(999), bytes(15_181_992), bytes(24e9)]).toEqual(["999 B", "15.2 MB", "24 GB"]);
  });
  it("writes moments in UTC", () => {
    expect([moment("2026-11-26T07:37:03.205456Z"), moment(1443657600), moment(null)]).toEqual(["2026-11-26 07:37", "2015-10-01 00:00", "–"]);
  });
  it("says how long ago", () => {
    expect(ago("2026-11-26T07:00:00Z", Date.parse("2026-11-26T07:03:20Z"))).toBe("3 min 20 s ago");
  });
});
