import { describe, expect, it } from "vitest";
import { timeLabels } from "./usePlot";

const moments = (...texts: string[]) => texts.map((text) => Date.parse(`${text}Z`) / 1000);

describe("moments of an axis", () => {
  it("are hours of 24 with the day below where it is new", () => {
    expect(timeLabels(moments("2015-12-01T12:00", "2015-12-02T00:00", "2015-12-02T12:00"), 43_200)).toEqual(["12:00\n1 Dec 2015", "00:00\n2 Dec 2015", "12:00"]);
  });

  it("are days, months and years with the year below where it is new", () => {
    expect(timeLabels(moments("2015-12-31T00:00", "2016-01-02T00:00"), 172_800)).toEqual(["31 Dec\n2015", "2 Jan\n2016"]);
    expect(timeLabels(moments("2015-11-01T00:00", "2015-12-01T00:00", "2016-01-01T00:00"), 28 * 86_400)).toEqual(["Nov\n2015", "Dec", "Jan\n2016"]);
    expect(timeLabels(moments("2015-01-01T00:00", "2016-01-01T00:00"), 365 * 86_400)).toEqual(["2015", "2016"]);
  });
});
