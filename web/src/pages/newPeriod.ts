/** Which hours can be chosen: what data cover, in whole hours, the last one included. */

import { valueAt, type Request } from "./newRequest";
import { type DatasetRecord } from "./newDatasets";

const HOUR = 3_600_000;

/** First and last hour [ms since 1970, UTC], both included. */
export interface Hours {
  first: number;
  last: number;
}

/** A time as a request may have it; null where it is none: `2015-10-01`, `2015-10-01 06:00`, `…T06:00:00Z`. */
export function timeOf(text: string): number | null {
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.0+)?)?)?(?:Z|\+00:?00)?$/.exec(text.trim());
  if (!match) return null;
  const [, day, hour = "00", minute = "00", second = "00"] = match;
  const found = Date.parse(`${day}T${hour}:${minute}:${second}Z`);
  // Date takes 31 February for 3 March
  return Number.isNaN(found) || new Date(found).toISOString().slice(0, 10) !== day ? null : found;
}

/** A time as people write it: `2015-10-01 06:00`. */
export function textOf(time: number): string {
  return new Date(time).toISOString().slice(0, 16).replace("T", " ");
}

/** The hours that a dataset covers; the catalog's ranges end where the next hour begins. */
export function hoursOf(dataset: DatasetRecord): Hours | null {
  const range = dataset.domain.continuous.find((item) => item.variable === "TIME");
  const first = range ? timeOf(range.begin) : null;
  const end = range ? timeOf(range.end) : null;
  if (first === null || end === null || end - HOUR < first) return null;
  return { first, last: end - HOUR };
}

/** Ranges in order, those that touch or overlap made one. */
export function united(ranges: Hours[]): Hours[] {
  const found: Hours[] = [];
  for (const range of [...ranges].sort((a, b) => a.first - b.first)) {
    const before = found.at(-1);
    if (before && range.first <= before.last + HOUR) before.last = Math.max(before.last, range.last);
    else found.push({ ...range });
  }
  return found;
}

export function chosenHours(request: Request): { start: number | null; end: number | null } {
  const read = (path: string) => {
    const value = valueAt(request, path);
    return typeof value === "string" ? timeOf(value) : null;
  };
  return { start: read("period.start"), end: read("period.end") };
}

export function lengthInWords({ first, last }: Hours): string {
  const hours = Math.round((last - first) / HOUR) + 1;
  if (hours < 48) return `${hours} ${hours === 1 ? "hour" : "hours"}`;
  const days = hours / 24;
  if (days < 60) return `${Number(days.toFixed(1))} days`;
  return days < 700 ? `${Math.round(days)} days` : `${Number((days / 365.25).toFixed(1))} years`;
}

export function inWords(hours: Hours): string {
  return `${textOf(hours.first)} to ${textOf(hours.last)} UTC, ${lengthInWords(hours)}`;
}

/** What is wrong with a period, by the field it concerns, where data cover only some ranges. */
export function periodFaults(request: Request, covered: Hours[]): { field: string; text: string }[] {
  const { start, end } = chosenHours(request);
  if (!covered.length) return [];
  if (start !== null && end !== null && start <= end) {
    if (covered.some((range) => start >= range.first && end <= range.last)) return [];
    const home = covered.find((range) => start >= range.first && start <= range.last);
    if (home) return [{ field: "period.end", text: `is not covered; from this start on the last hour is ${textOf(home.last)}` }];
  }
  return ([["period.start", start], ["period.end", end]] as const).flatMap(([field, time]) => {
    if (time === null || covered.some((range) => time >= range.first && time <= range.last)) return [];
    return [{ field, text: `is not covered; covered is ${covered.map(inWords).join("; and ")}` }];
  });
}

/** Periods that are worth a button: the whole, its last year, month and week. */
export function offers(range: Hours): { text: string; hours: Hours }[] {
  const found = [{ text: "all of it", hours: range }];
  for (const [text, days] of [["last year", 365], ["last 30 days", 30], ["last 7 days", 7]] as const) {
    const first = range.last - days * 24 * HOUR + HOUR;
    if (first > range.first) found.push({ text, hours: { first, last: range.last } });
  }
  const day = range.first + 24 * HOUR - HOUR;
  if (day < range.last) found.push({ text: "first day", hours: { first: range.first, last: day } });
  return found;
}
