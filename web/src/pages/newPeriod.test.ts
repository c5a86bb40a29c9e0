import { describe, expect, it } from "vitest";
import { countOf, type DatasetRecord } from "./newDatasets";
import { hoursOf, inWords, lengthInWords, offers, periodFaults, textOf, timeOf, united } from "./newPeriod";

const at = (text: string) => timeOf(text) ?? Number.NaN;
const hours = (first: string, last: string) => ({ first: at(first), last: at(last) });

function dataset(begin: string, end: string, runs: Record<string, string> = {}): DatasetRecord {
  const domain = { data_format: "X", continuous: [{ variable: "TIME", begin, end }], discrete: [{ variable: "CATCHMENT_ID", values: ["a"], runs }] };
  return { name: "a", version: 1, category: "FORCING", description: "", size: 1, files: 1, created: "", domain };
}

describe("times", () => {
  it.each([
    ["2015-10-01", "2015-10-01 00:00"], ["2015-10-01 06:00", "2015-10-01 06:00"], ["2015-10-01T06:30:00Z", "2015-10-01 06:30"],
    ["2015-10-01 06:00:00+00:00", "2015-10-01 06:00"],
  ])("reads %s", (text, shown) => {
    expect(textOf(at(text))).toBe(shown);
  });

  it.each(["", "2015", "2015-02-30", "2015-13-01", "2015-10-01T06:00:00-07:00", "yesterday"])("does not read %j", (text) => {
    expect(timeOf(text)).toBeNull();
  });
});

it("takes the end of a range for the beginning of the next hour", () => {
  expect(hoursOf(dataset("2015-10-01 00:00:00", "2015-12-31 06:00:00"))).toEqual(hours("2015-10-01", "2015-12-31 05:00"));
  expect(hoursOf(dataset("2015-10-01 00:00:00", "2015-10-01 00:00:00"))).toBeNull();
});

it("makes one of ranges that touch", () => {
  const found = united([hours("2016-01-01", "2016-01-02"), hours("2015-01-01", "2015-01-31 23:00"), hours("2015-02-01", "2015-03-01")]);
  expect(found).toEqual([hours("2015-01-01", "2015-03-01"), hours("2016-01-01", "2016-01-02")]);
});

describe("a period that is not covered", () => {
  const covered = [hours("2015-01-01", "2015-03-01"), hours("2016-01-01", "2016-02-01")];
  const faults = (start: string, end: string) => periodFaults({ period: { start, end } }, covered);

  it("is none within a range", () => {
    expect(faults("2015-01-01", "2015-03-01")).toEqual([]);
    expect(periodFaults({ period: { start: "1990-01-01", end: "1991-01-01" } }, [])).toEqual([]);
  });

  it("is told by its end, where it begins well", () => {
    expect(faults("2015-02-01", "2016-01-15")).toMatchObject([{ field: "period.end", text: expect.stringContaining("2015-03-01 00:00") as string }]);
  });

  it("is told by its start, where that is out", () => {
    expect(faults("2014-12-31", "2015-02-01").map((fault) => fault.field)).toEqual(["period.start"]);
    expect(faults("2015-06-01", "2015-07-01").map((fault) => fault.field)).toEqual(["period.start", "period.end"]);
  });
});

it("says lengths in words", () => {
  expect(lengthInWords(hours("2015-01-01 00:00", "2015-01-01 00:00"))).toBe("1 hour");
  expect(lengthInWords(hours("2015-01-01 00:00", "2015-01-07 23:00"))).toBe("7 days");
  expect(lengthInWords(hours("2015-01-01 00:00", "2017-12-31 23:00"))).toBe("3 years");
  expect(inWords(hours("2015-01-01", "2015-01-01 23:00"))).toBe("2015-01-01 00:00 to 2015-01-01 23:00 UTC, 24 hours");
});

it("offers periods that lie within what is covered", () => {
  const range = hours("2015-10-01", "2015-12-31 05:00");
  const found = offers(range);
  expect(found.map((offer) => offer.text)).toEqual(["all of it", "last 30 days", "last 7 days", "first day"]);
  for (const offer of found) expect(offer.hours.first >= range.first && offer.hours.last <= range.last && offer.hours.first <= offer.hours.last).toBe(true);
  expect(lengthInWords(found[2]?.hours ?? range)).toBe("7 days");
});

it("counts ids in runs", () => {
  expect(countOf(dataset("", "", { "cat-": "1-60,63", "wb-": "7" }), "CATCHMENT_ID")).toBe(63);
  expect(countOf(dataset("", ""), "GAGE_ID")).toBe(0);
});
